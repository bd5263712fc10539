#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "tests/cli/seat.h"
#include "tests/support/paths.h"

/// What happens to files and to outcomes: commands that are killed, disks that are full, answers that never
/// come.
namespace planner::test {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kPlan = "rename_name_to_fullname";
constexpr const char* kOriginal = "prisma/migrations/20240102000000_rename_name_to_fullname/migration.sql";

class FileSurvival : public Seat {
 protected:
  Ran shell(const std::string& script, const std::vector<std::string>& arguments) {
    RunOptions options;
    options.folder = repository_.path();
    options.environment["DATABASE_URL"] = url();
    std::vector<std::string> words{"bash", "-c", script, "bash", planner_program().string()};
    words.insert(words.end(), arguments.begin(), arguments.end());
    return run_program(words, options);
  }
  /// --foreground: without it `timeout` dies of its own signal, and the killed program may still be there.
  Ran killed_after(double seconds, const std::vector<std::string>& arguments) {
    return shell("timeout --foreground -s KILL " + std::to_string(seconds) + " \"$@\"", arguments);
  }
  /// Either the migration is where it was and nothing of a plan is there, or the plan is there as a whole.
  void expect_whole() {
    const bool original = repository_.exists(kOriginal);
    const bool plan = repository_.exists("prisma/plans/rename_name_to_fullname/plan.toml");
    EXPECT_TRUE(original || plan) << "the migration is lost";
    for (const auto& entry : std::filesystem::directory_iterator(repository_.path("prisma/migrations"))) {
      if (entry.is_directory()) {
        EXPECT_TRUE(std::filesystem::exists(entry.path() / "migration.sql")) << entry.path();
      }
    }
  }
  std::vector<std::string> split() const {
    return {"split", kPlan, "--rename", "User.name=fullName", "--release"};
  }
};

TEST_F(FileSurvival, SplitKilledAtRandomMomentsLosesNoMigration) {
  std::mt19937 random{std::random_device{}()};
  std::uniform_real_distribution<double> moment(0.005, 0.15);
  for (int i = 0; i < 12; ++i) {
    std::filesystem::remove_all(repository_.path("prisma"));
    repository_.prisma();
    repository_.migration("20240102000000_rename_name_to_fullname", kPrismaRename);
    const double seconds = moment(random);
    SCOPED_TRACE("killed after " + std::to_string(seconds) + " s");
    (void)killed_after(seconds, split());
    expect_whole();
    EXPECT_THAT(planner({"status"}).exit_code, AnyOf(0, 1));
    const Ran again = planner(split());
    if (again.exit_code != 0) {
      // It had ended: the plan is there, and says so.
      EXPECT_THAT(again.err, HasSubstr(kPlan));
      EXPECT_TRUE(repository_.exists("prisma/plans/rename_name_to_fullname/plan.toml")) << again.err;
    }
    expect_whole();
    EXPECT_FALSE(repository_.exists(kOriginal));
    const Ran next = planner({"next", kPlan, "--dry-run"});
    EXPECT_THAT(next.exit_code, AnyOf(0, 1)) << next.out << next.err;
    for (const auto& entry : std::filesystem::directory_iterator(repository_.path("prisma/plans")))
      EXPECT_EQ(entry.path().filename().string(), kPlan) << "left behind";
  }
}

TEST_F(FileSurvival, AFullDiskLeavesTheHistoryAsItWas) {
  repository_.migration("20240102000000_rename_name_to_fullname", kPrismaRename);
  const std::vector<std::string> before = files_below(repository_.path());
  // A limit on the size of files: writing fails in the middle of one, as on a full disk.
  for (const std::string kilobytes : {"0", "1", "2", "4"}) {
    const Ran ran = shell("trap '' XFSZ; ulimit -f " + kilobytes + "; exec \"$@\" > /dev/null", split());
    EXPECT_EQ(ran.exit_code, 2) << kilobytes << ran.err;
    EXPECT_THAT(ran.err, HasSubstr("annot")) << ran.err;
    EXPECT_TRUE(repository_.exists(kOriginal)) << kilobytes;
    EXPECT_EQ(files_below(repository_.path()), before) << kilobytes;
  }
  EXPECT_EQ(planner(split()).exit_code, 0);
  deploy();
  const std::vector<std::string> released = files_below(repository_.path());
  const Ran next = shell("trap '' XFSZ; ulimit -f 0; exec \"$@\" > /dev/null", {"next", kPlan});
  EXPECT_EQ(next.exit_code, 2) << next.err;
  EXPECT_EQ(files_below(repository_.path()), released);
  EXPECT_EQ(planner({"next", kPlan}).exit_code, 0);
}

TEST_F(FileSurvival, RollbackKilledAtRandomMomentsEndsWhereItShould) {
  split_rename();
  deploy();
  db().exec("INSERT INTO \"User\" (email, name) SELECT 'e' || g, 'n' || g FROM generate_series(1, 500) g");
  // To the very end: the way back of the last phase is several migrations.
  for (int phase = 0; phase < 4; ++phase) {
    ASSERT_EQ(planner({"next", kPlan, "--deployed", "v2"}).exit_code, 0);
    deploy();
  }
  std::mt19937 random{std::random_device{}()};
  std::uniform_real_distribution<double> moment(0.05, 0.8);
  for (int i = 0; i < 10; ++i) {
    (void)killed_after(moment(random), {"rollback", kPlan, "--to", "start", "--now", "--deployed", "v1"});
    EXPECT_THAT(planner({"status"}).exit_code, AnyOf(0, 1));
  }
  for (int i = 0;
       i < 50 && value("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                       "application_name LIKE 'planner%' AND state <> 'idle'") != "0";
       ++i)
    db().exec("SELECT pg_sleep(0.1)");
  const Ran ran = planner({"rollback", kPlan, "--to", "start", "--now", "--deployed", "v1"});
  EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err << planner({"status"}).out;
  const Ran deployed = planner({"deploy"});
  EXPECT_EQ(deployed.exit_code, 0) << deployed.out << deployed.err;
  EXPECT_THAT(deployed.out, HasSubstr("No pending migrations"));
  EXPECT_EQ(value("SELECT count(*) FROM pg_attribute WHERE attrelid = '\"User\"'::regclass AND attname = "
                  "'fullName' AND NOT attisdropped"),
            "0")
      << ran.out << ran.err << planner({"status"}).out;
  EXPECT_EQ(value("SELECT count(*) FROM \"User\" WHERE name = 'n' || substr(email, 2)"), "500");
  EXPECT_EQ(value("SELECT count(*) FROM pg_class WHERE relname LIKE 'planner%'"), "0");
  EXPECT_EQ(
      value("SELECT count(*) FROM _prisma_migrations WHERE finished_at IS NULL AND rolled_back_at IS NULL"),
      "0");
}

TEST_F(FileSurvival, ACommitWhoseAnswerNeverComesIsLookedUp) {
  ScratchServer server(scratch_options());
  const std::string database = server.create_database("app");
  RunOptions options;
  options.folder = repository_.path();
  options.environment["DATABASE_URL"] = database;
  split_rename();
  ASSERT_EQ(run_planner({"deploy", "--until", "init"}, options).exit_code, 0);
  Connection session(database);
  session.exec("SET synchronous_commit = local");
  session.exec("BEGIN; LOCK TABLE \"User\" IN ACCESS SHARE MODE");
  Ran ran;
  std::thread deploying([&] { ran = run_planner({"deploy"}, options); });
  Connection observer(database);
  observer.exec("SET synchronous_commit = local");
  const auto until = [&](const std::string& condition) {
    for (int i = 0; i < 200; ++i) {
      if (observer.exec("SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE " + condition + ")").truth())
        return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return false;
  };
  // While the phase waits for its lock, every COMMIT from now on is made to wait for a standby there is not.
  ASSERT_TRUE(until("query LIKE '%planner_try%' AND state = 'active' AND pid <> pg_backend_pid()"));
  observer.exec("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
  observer.exec("SELECT pg_reload_conf()");
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  session.exec("COMMIT");
  EXPECT_TRUE(until("wait_event = 'SyncRep'"));
  observer.exec("ALTER SYSTEM RESET synchronous_standby_names");
  observer.exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
  observer.exec("SELECT pg_reload_conf()");
  deploying.join();
  EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_EQ(observer.exec("SELECT count(*) FROM _prisma_migrations WHERE finished_at IS NOT NULL").text(),
            "2");
  EXPECT_EQ(observer.exec("SELECT count(*) FROM _prisma_migrations").text(), "2");
  const Ran again = run_planner({"deploy"}, options);
  EXPECT_EQ(again.exit_code, 0) << again.out << again.err;
  EXPECT_THAT(again.out, HasSubstr("No pending migrations"));
}

/// PgBouncer in transaction mode in front of a server, as many hosts have it.
TEST_F(FileSurvival, APoolerInTransactionModeIsToldFromAServer) {
  const char* named = std::getenv("PLANNER_PGBOUNCER");
  std::string program = named == nullptr ? "/usr/sbin/pgbouncer" : named;
  if (!std::filesystem::exists(program)) GTEST_SKIP() << "pgbouncer is not installed";
  const std::string server = url().substr(url().find("host=") + 5);
  std::string folder;
  for (std::size_t i = 0; i < server.size(); ++i) {
    if (server.compare(i, 3, "%2F") == 0) {
      folder += '/';
      i += 2;
    } else {
      folder += server[i];
    }
  }
  const std::string name = value("SELECT current_database()");
  const TemporaryFolder pooler;
  write_file(pooler / "users.txt", "\"postgres\" \"\"\n");
  write_file(pooler / "pgbouncer.ini",
             "[databases]\n" + name + " = host=" + folder +
                 " user=postgres\n[pgbouncer]\npool_mode = transaction\n" +
                 "unix_socket_dir = " + pooler.path().string() +
                 "\nlisten_port = 6432\nauth_type = any\nlogfile = " + (pooler / "log").string() +
                 "\nignore_startup_parameters = extra_float_digits,options,search_path\n");
  std::filesystem::permissions(pooler.path(), std::filesystem::perms::all);
  const std::string ini = (pooler / "pgbouncer.ini").string();
  // It refuses to run as root, and only the server's own user may enter the socket's folder.
  std::string owner = run_program({"stat", "-c", "%U", folder}).out;
  owner.erase(owner.find('\n'));
  const std::string as_user = run_program({"id", "-u"}).out == "0\n" ? " -u " + owner : "";
  const Ran started =
      run_program({"bash", "-c", program + as_user + " " + ini + " >/dev/null 2>&1 & echo $!"});
  const std::string pid = started.out;
  const std::string through =
      "postgresql://postgres@localhost:6432/" + name + "?host=" + pooler.path().string();
  const std::map<std::string, std::optional<std::string>> environment{{"DATABASE_URL", through}};
  Ran ran;
  for (int i = 0; i < 50; ++i) {
    ran = planner({"deploy"}, environment);
    if (ran.err.find("cannot connect") == std::string::npos) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  const Ran looked = planner({"status"}, environment);
  (void)run_program({"kill", pid.substr(0, pid.find('\n'))});
  EXPECT_EQ(ran.exit_code, 2) << ran.out << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("pooler"));
  EXPECT_THAT(ran.err, HasSubstr("give the direct URL"));
  EXPECT_EQ(looked.exit_code, 1) << looked.out << looked.err;
  EXPECT_EQ(value("SELECT to_regclass('_prisma_migrations') IS NULL"), "t");
}

TEST_F(FileSurvival, EveryServiceOnTheDatabaseMustConfirm) {
  repository_.write("planner.toml",
                    "[[service]]\nname = \"app\"\nmigrations = \"prisma/migrations\"\n\n[[service]]\nname = "
                    "\"jobs\"\nmigrations = \"jobs/prisma/migrations\"\n");
  repository_.write("jobs/prisma/migrations/migration_lock.toml", kPrismaLock);
  repository_.write("jobs/prisma/migrations/20240101000009_jobs/migration.sql",
                    "CREATE TABLE jobs (id int);\n");
  split_rename();
  deploy();
  for (int phase = 0; phase < 2; ++phase) {
    ASSERT_EQ(planner({"next", kPlan}).exit_code, 0);
    deploy();
  }
  const Ran half = planner({"next", kPlan, "--deployed", "app=v2"});
  EXPECT_EQ(half.exit_code, 1);
  EXPECT_THAT(half.out, HasSubstr("jobs: nobody has said that it is deployed"));
  EXPECT_THAT(half.out, Not(HasSubstr("app: nobody")));
  EXPECT_THAT(half.out, HasSubstr("planner next rename_name_to_fullname --deployed jobs=RELEASE"));
  EXPECT_EQ(planner({"next", kPlan, "--deployed", "nonsense=v2"}).exit_code, 2);
  const Ran whole = planner({"next", kPlan, "--deployed", "jobs=v7"});
  EXPECT_EQ(whole.exit_code, 0) << whole.out << whole.err;
}

}  // namespace
}  // namespace planner::test
