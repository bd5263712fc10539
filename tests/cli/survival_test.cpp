#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "tests/cli/seat.h"
#include "tests/support/paths.h"

/// Everything that can happen to a release manager between two keys: afterwards the same command ends in the
/// right state.
namespace planner::test {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kPlan = "rename_name_to_fullname";

class Survival : public Seat {
 protected:
  Ran killed_after(double seconds, std::vector<std::string> arguments) {
    RunOptions options;
    options.folder = repository_.path();
    options.environment["DATABASE_URL"] = url();
    std::vector<std::string> words{"timeout", "-s", "KILL", std::to_string(seconds),
                                   planner_program().string()};
    words.insert(words.end(), arguments.begin(), arguments.end());
    return run_program(words, options);
  }
  /// Sessions of a killed program go on until their statement ends.
  void until_quiet() {
    for (int i = 0; i < 100; ++i) {
      if (value("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                "application_name LIKE 'planner%' AND pid <> pg_backend_pid() AND state <> 'idle'") == "0")
        return;
      db().exec("SELECT pg_sleep(0.1)");
    }
  }
};

TEST_F(Survival, DeployKilledAtRandomMomentsEndsInTheSameState) {
  split_rename();
  ASSERT_EQ(planner({"deploy", "--until", "init"}).exit_code, 0);
  db().exec("INSERT INTO \"User\" (email, name) SELECT 'e' || g, 'n' || g FROM generate_series(1, 3000) g");
  std::mt19937 random{std::random_device{}()};
  std::uniform_real_distribution<double> moment(0.02, 0.5);
  for (int phase = 0; phase < 5; ++phase) {
    for (int i = 0; i < 4; ++i) {
      const double seconds = moment(random);
      SCOPED_TRACE("killed after " + std::to_string(seconds) + " s in phase " + std::to_string(phase));
      (void)killed_after(seconds, {"deploy"});
      const Ran status = planner({"status"});
      EXPECT_NE(status.exit_code, 2) << status.out << status.err;
    }
    until_quiet();
    const Ran ran = planner({"deploy"});
    ASSERT_EQ(ran.exit_code, 0) << ran.out << ran.err << planner({"status"}).out;
    (void)killed_after(moment(random), {"next", kPlan, "--deployed", "v1"});
    const Ran next = planner({"next", kPlan, "--deployed", "v1"});
    // Killed behind its work, the phase is released already, and the next one waits for a deploy.
    EXPECT_THAT(next.exit_code, AnyOf(0, 1)) << next.out << next.err;
  }
  until_quiet();
  EXPECT_EQ(planner({"deploy"}).exit_code, 0);
  EXPECT_EQ(value("SELECT count(*) FROM \"User\" WHERE \"fullName\" = 'n' || substr(email, 2)"), "3000");
  EXPECT_EQ(value("SELECT count(*) FROM (SELECT migration_name FROM _prisma_migrations WHERE rolled_back_at "
                  "IS NULL GROUP BY 1 HAVING count(*) > 1) twice"),
            "0");
  EXPECT_EQ(value("SELECT count(*) FROM _prisma_migrations WHERE finished_at IS NULL"), "0");
  const Ran status = planner({"status"});
  EXPECT_EQ(status.exit_code, 0) << status.out;
}

TEST_F(Survival, NextKilledAtRandomMomentsLeavesNoHalfMigration) {
  split_rename();
  deploy();
  std::mt19937 random{std::random_device{}()};
  std::uniform_real_distribution<double> moment(0.01, 0.25);
  for (int i = 0; i < 12; ++i) {
    (void)killed_after(moment(random), {"next", kPlan});
    for (const auto& entry : std::filesystem::directory_iterator(repository_.path("prisma/migrations"))) {
      if (entry.is_directory()) {
        EXPECT_TRUE(std::filesystem::exists(entry.path() / "migration.sql")) << entry.path();
      }
    }
  }
  const Ran ran = planner({"next", kPlan});
  EXPECT_THAT(ran.exit_code, AnyOf(0, 1)) << ran.out << ran.err;
  const Ran deployed = planner({"deploy"});
  EXPECT_EQ(deployed.exit_code, 0) << deployed.out << deployed.err;
  (void)planner({"next", kPlan});
  for (const auto& entry : std::filesystem::directory_iterator(repository_.path("prisma/plans"))) {
    EXPECT_EQ(entry.path().filename().string(), kPlan) << "left behind";
  }
}

TEST_F(Survival, TheServerIsKilledAndComesBack) {
  ScratchServer server(scratch_options());
  const std::string database = server.create_database("app");
  RunOptions options;
  options.folder = repository_.path();
  options.environment["DATABASE_URL"] = database;
  const auto run = [&](const std::vector<std::string>& arguments) {
    return run_planner({arguments}, options);
  };
  split_rename();
  ASSERT_EQ(run({"deploy"}).exit_code, 0);
  {
    Connection session(database);
    session.exec("ALTER TABLE \"User\" DISABLE TRIGGER ALL");
    session.exec("ALTER TABLE \"User\" DROP CONSTRAINT \"planner_not_null_fullName\"");
    session.exec("ALTER TABLE \"User\" DROP CONSTRAINT \"planner_sync_fullName\"");
    session.exec(
        "INSERT INTO \"User\" (email, name) SELECT 'e' || g, 'n' || g FROM generate_series(1, 30000) g");
    session.exec(
        "ALTER TABLE \"User\" ADD CONSTRAINT \"planner_sync_fullName\" CHECK (ROW(\"fullName\")::record *= "
        "ROW(name)::record) NOT VALID, "
        "ADD CONSTRAINT \"planner_not_null_fullName\" CHECK (\"fullName\" IS NOT NULL) NOT VALID");
    session.exec("ALTER TABLE \"User\" ENABLE ALWAYS TRIGGER \"zzz_planner_mirror_fullName\"");
  }
  ASSERT_EQ(run({"next", kPlan}).exit_code, 0);
  Ran deployed;
  std::thread deploying([&] { deployed = run({"deploy"}); });
  std::this_thread::sleep_for(std::chrono::milliseconds(350));
  server.kill();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  server.start();
  deploying.join();
  const Ran again = run({"deploy"});
  EXPECT_EQ(again.exit_code, 0) << deployed.out << deployed.err << again.out << again.err;
  Connection session(database);
  EXPECT_EQ(session.exec("SELECT count(*) FROM \"User\" WHERE \"fullName\" IS DISTINCT FROM name").text(),
            "0");
  EXPECT_EQ(session.exec("SELECT count(*) FROM _prisma_migrations WHERE finished_at IS NULL").text(), "0");
}

TEST_F(Survival, AReadOnlyStandbyIsRefusedAndStatusSaysWhatItIs) {
  ScratchServer::Options with = scratch_options();
  with.settings = {{"wal_level", "replica"}, {"hot_standby", "on"}};
  ScratchServer server(with);
  const std::string database = server.create_database("app");
  RunOptions options;
  options.folder = repository_.path();
  options.environment["DATABASE_URL"] = database;
  ASSERT_EQ(run_planner({"deploy"}, options).exit_code, 0);
  repository_.migration("20240102000000_more", "CREATE TABLE more (id int);\n");
  write_file(server.folder() / "data/standby.signal", "");
  server.restart();
  for (const std::string command : {"deploy", "resolve"}) {
    std::vector<std::string> words{command};
    if (command == "resolve") words.emplace_back("20240102000000_more");
    const Ran ran = run_planner(words, options);
    EXPECT_EQ(ran.exit_code, 2) << command;
    EXPECT_THAT(ran.err, HasSubstr("read-only standby")) << command;
  }
  const Ran status = run_planner({"status"}, options);
  EXPECT_THAT(status.out, HasSubstr("a read-only standby"));
  EXPECT_THAT(status.out, HasSubstr("look at the primary"));
}

TEST_F(Survival, AUserWithOnlyTheRightsThatAreNeededDeploysAWholePlan) {
  const std::string role = "planner_seat_deployer";
  db().exec("DROP ROLE IF EXISTS " + role);
  // The statements of the handbook, with this database and this role in them.
  const std::string handbook = read_file(source_dir() / "examples/docs/handbook.md");
  const std::size_t at = handbook.find("```sql\n", handbook.find("## The rights a deploy needs")) + 7;
  std::string rights = handbook.substr(at, handbook.find("```", at) - at);
  const auto put = [&](const std::string& word, const std::string& instead) {
    for (std::size_t i = rights.find(word); i != std::string::npos; i = rights.find(word, i + instead.size()))
      rights.replace(i, word.size(), instead);
  };
  put("deployer", role);
  put("DATABASE app", "DATABASE " + value("SELECT quote_ident(current_database())"));
  db().exec(rights);
  std::string as_role = url();
  as_role.replace(as_role.find("postgres@"), 9, role + "@");
  split_rename();
  const std::map<std::string, std::optional<std::string>> environment{{"DATABASE_URL", as_role}};
  for (int phase = 0; phase < 5; ++phase) {
    const Ran ran = planner({"deploy"}, environment);
    ASSERT_EQ(ran.exit_code, 0) << ran.out << ran.err;
    ASSERT_EQ(planner({"next", kPlan, "--deployed", "v1"}, environment).exit_code, 0);
  }
  EXPECT_EQ(planner({"status"}, environment).exit_code, 0);
  db().exec("REASSIGN OWNED BY " + role + " TO postgres; DROP OWNED BY " + role + "; DROP ROLE " + role);
}

TEST_F(Survival, OddNamesGoThroughEveryCommand) {
  const std::string table = "It's \"a\" $$; table. \xC3\xBC";
  const std::string quoted = "\"It's \"\"a\"\" $$; table. \xC3\xBC\"";
  repository_.migration(
      "20240101000001_odd",
      "CREATE TABLE " + quoted + " (\"k \"\"1\"\"\" int PRIMARY KEY, \"o'ld\" text NOT NULL);\n");
  repository_.migration("20240102000000_rename_odd",
                        "ALTER TABLE " + quoted + " RENAME COLUMN \"o'ld\" TO \"ne\"\"w %s {}\";\n");
  const Ran split = planner({"split", "rename_odd", "--release"});
  ASSERT_EQ(split.exit_code, 0) << split.out << split.err;
  ASSERT_EQ(planner({"deploy", "--until", "odd"}).exit_code, 0);
  db().exec("INSERT INTO " + quoted + " SELECT g, g FROM generate_series(1, 100) g");
  for (int phase = 0; phase < 5; ++phase) {
    const Ran ran = planner({"deploy"});
    ASSERT_EQ(ran.exit_code, 0) << ran.out << ran.err;
    const Ran status = planner({"status"});
    EXPECT_EQ(status.exit_code, 0) << status.out << status.err;
    if (phase == 0) {
      const Ran filled = planner({"backfill", "run", "rename_odd"});
      EXPECT_EQ(filled.exit_code, 0) << filled.out << filled.err;
    }
    const Ran next = planner({"next", "rename_odd", "--deployed", "v1"});
    ASSERT_EQ(next.exit_code, 0) << next.out << next.err;
  }
  EXPECT_EQ(value("SELECT count(*) FROM " + quoted + " WHERE \"ne\"\"w %s {}\" = \"k \"\"1\"\"\"::text"),
            "100");
}

TEST_F(Survival, AnEditedReleasedPhaseIsDeployedAsWhatItIs) {
  split_rename();
  deploy();
  const Ran next = planner({"next", kPlan});
  ASSERT_EQ(next.exit_code, 0);
  for (const auto& entry : std::filesystem::directory_iterator(repository_.path("prisma/migrations"))) {
    if (entry.path().filename().string().find("2_backfill") != std::string::npos) {
      repository_.write(std::filesystem::relative(entry.path(), repository_.path()) / "migration.sql",
                        "SELECT 1;\n");
    }
  }
  const Ran ran = planner({"deploy"});
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_THAT(ran.err, HasSubstr("edited since planner wrote it"));
}

TEST_F(Survival, OtherLocalesAndTimeZonesChangeNothing) {
  db().exec(
      "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone = ''Asia/Kathmandu''', "
      "current_database()); "
      "EXECUTE format('ALTER DATABASE %I SET datestyle = ''German''', current_database()); "
      "EXECUTE format('ALTER DATABASE %I SET intervalstyle = ''sql_standard''', current_database()); END $$");
  split_rename();
  for (int phase = 0; phase < 5; ++phase) {
    deploy();
    ASSERT_EQ(planner({"next", kPlan, "--deployed", "v1"}).exit_code, 0);
  }
  const Ran status = planner({"status"});
  EXPECT_EQ(status.exit_code, 0) << status.out;
}

}  // namespace
}  // namespace planner::test
