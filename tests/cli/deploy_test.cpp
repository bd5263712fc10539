#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include <csignal>
#include <thread>

#include "src/project/sha256.h"
#include "tests/cli/seat.h"
#include "tests/support/paths.h"

/// `planner deploy`: what it writes, what it refuses, and that stopping it anywhere loses nothing.
namespace planner::test {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class Deploy : public Seat {
 protected:
  void wait_until(const std::string& condition) {
    for (int i = 0; i < 100; ++i) {
      if (value("SELECT " + condition) == "t") return;
      db().exec("SELECT pg_sleep(0.1)");
    }
    ADD_FAILURE() << "never true: " << condition;
  }
};

TEST_F(Deploy, WritesTheRowsPrismaWrites) {
  repository_.migration("20240102000000_two", "CREATE TABLE a (id int);\nCREATE TABLE b (id int);\n");
  deploy();
  EXPECT_EQ(value(kRows), "20240101000000_init true false 1 false\n20240102000000_two true false 1 false");
  EXPECT_EQ(value("SELECT checksum FROM _prisma_migrations WHERE migration_name = '20240101000000_init'"),
            project::sha256(kUserTable));
  EXPECT_EQ(
      value("SELECT bool_and(id ~ '^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$') "
            "FROM _prisma_migrations"),
      "t");
  EXPECT_EQ(value("SELECT bool_and(finished_at >= started_at) FROM _prisma_migrations"), "t");
  const Ran again = planner({"deploy"});
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_THAT(again.out, HasSubstr("No pending migrations"));
}

TEST_F(Deploy, APlanMadeForPublicIsNotAppliedToAnotherSchema) {
  split_rename();
  for (const std::string schema : {"svc", "S.v \"c"}) {
    const std::string encoded = schema == "svc" ? "svc" : "S.v%20%22c";
    const std::map<std::string, std::optional<std::string>> there{
        {"DATABASE_URL", url() + "&schema=" + encoded}};
    const Ran first = planner({"deploy", "--until", "init"}, there);
    ASSERT_EQ(first.exit_code, 0) << first.out << first.err;
    const Ran ran = planner({"deploy"}, there);
    EXPECT_EQ(ran.exit_code, 2) << ran.out << ran.err;
    EXPECT_THAT(ran.err, HasSubstr("was made for \"public\".\"User\""));
    EXPECT_THAT(planner({"status"}, there).out, HasSubstr("1 applied, 1 pending"));
    // Another service's table of that name must not be taken for it.
    db().exec("CREATE TABLE IF NOT EXISTS \"User\" (id int)");
  }
}

TEST_F(Deploy, AWholeFileIsOneTransaction) {
  repository_.migration("20240102000000_half", "CREATE TABLE half (id int);\nSELECT 1/0;\n");
  const Ran ran = planner({"deploy"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.out, HasSubstr("division by zero"));
  EXPECT_EQ(value("SELECT to_regclass('half') IS NULL"), "t");
  EXPECT_EQ(value(kRows), "20240101000000_init true false 1 false\n20240102000000_half false false 0 true");
  const Ran blocked = planner({"deploy"});
  EXPECT_EQ(blocked.exit_code, 2);
  EXPECT_THAT(blocked.err, HasSubstr("P3009"));
}

TEST_F(Deploy, FromPrisma74OnEveryStatementIsItsOwn) {
  repository_.write("package.json", R"({"devDependencies": {"prisma": "7.4.0"}})");
  repository_.migration("20240102000000_half", "CREATE TABLE half (id int);\nSELECT 1/0;\n");
  EXPECT_EQ(planner({"deploy"}).exit_code, 1);
  EXPECT_EQ(value("SELECT to_regclass('half') IS NULL"), "f");
}

TEST_F(Deploy, ATransactionThatIsNeverCommittedIsAFailure) {
  repository_.migration("20240102000000_open", "BEGIN;\nCREATE TABLE lost (id int);\n");
  const Ran ran = planner({"deploy"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.out, HasSubstr("does not commit"));
  EXPECT_EQ(value("SELECT to_regclass('lost') IS NULL"), "t");
}

TEST_F(Deploy, ADatabaseWithTablesAndNoHistoryIsRefused) {
  db().exec("CREATE TABLE theirs (id int)");
  const Ran ran = planner({"deploy"});
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.err, HasSubstr("P3005"));
  EXPECT_EQ(value("SELECT to_regclass('_prisma_migrations') IS NULL"), "t");
}

TEST_F(Deploy, StopsBehindTheMigrationThatUntilNames) {
  repository_.migration("20240102000000_two", "CREATE TABLE two (id int);\n");
  repository_.migration("20240103000000_three", "CREATE TABLE three (id int);\n");
  const Ran dry = planner({"deploy", "--dry-run", "--until", "two"});
  EXPECT_EQ(dry.exit_code, 0) << dry.err;
  EXPECT_THAT(dry.out, HasSubstr("would apply  20240102000000_two"));
  EXPECT_THAT(dry.out, Not(HasSubstr("three")));
  EXPECT_EQ(value("SELECT to_regclass('_prisma_migrations') IS NULL"), "t");
  const Ran ran = planner({"deploy", "--until", "two"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(value("SELECT to_regclass('two') IS NOT NULL AND to_regclass('three') IS NULL"), "t");
  EXPECT_EQ(planner({"deploy", "--until", "nonsense"}).exit_code, 2);
}

TEST_F(Deploy, TheUrlsSchemaIsUsedAndCreated) {
  const Ran ran = planner({"deploy", "--database", url() + "&schema=svc_a"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(value("SELECT count(*) FROM svc_a._prisma_migrations"), "1");
  EXPECT_EQ(value("SELECT to_regclass('svc_a.\"User\"') IS NOT NULL"), "t");
}

TEST_F(Deploy, WaitsForAnotherDeployWithoutQueueingForItsLock) {
  Connection other = connect();
  other.exec("SELECT pg_advisory_lock(72707369)");
  const Ran gave_up = planner({"deploy", "--wait", "1"});
  EXPECT_EQ(gave_up.exit_code, 2);
  EXPECT_THAT(gave_up.err, HasSubstr("waiting: another deploy is running: pid"));
  EXPECT_THAT(gave_up.err, HasSubstr("P1002"));
  Ran waited;
  std::thread deploying([&] { waited = planner({"deploy"}); });
  std::this_thread::sleep_for(std::chrono::milliseconds(700));
  EXPECT_EQ(value("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"), "0");
  other.exec("SELECT pg_advisory_unlock(72707369)");
  deploying.join();
  EXPECT_EQ(waited.exit_code, 0) << waited.err;
  // As `kubectl logs` shows it: whole lines, nothing redrawn, no colour.
  for (const std::string& log : {waited.out, waited.err, gave_up.err}) {
    EXPECT_THAT(log, EndsWith("\n"));
    EXPECT_THAT(log, Not(HasSubstr("\r")));
    EXPECT_THAT(log, Not(HasSubstr("\x1b")));
  }
  EXPECT_THAT(waited.err, StartsWith("planner: waiting: another deploy is running: pid"));
  EXPECT_EQ(std::count(waited.err.begin(), waited.err.end(), '\n'), 1) << waited.err;
}

TEST_F(Deploy, APhaseThatWaitsForItsTableSaysForWhom) {
  split_rename();
  ASSERT_EQ(planner({"deploy", "--until", "init"}).exit_code, 0);
  Connection reader = connect();
  reader.exec("BEGIN; SELECT count(*) FROM \"User\"");
  Ran ran;
  std::thread deploying([&] { ran = planner({"deploy"}); });
  std::this_thread::sleep_for(std::chrono::seconds(5));
  reader.exec("COMMIT");
  deploying.join();
  EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("in use by pid " + std::to_string(reader.backend_pid()) +
                                 " (\"planner\", idle in "
                                 "transaction, its transaction is"));
}

TEST_F(Deploy, ManyDeployersApplyEverythingOnce) {
  for (int i = 10; i < 20; ++i) {
    repository_.migration("202401020000" + std::to_string(i) + "_t",
                          "CREATE TABLE t" + std::to_string(i) + " (id int);\nSELECT pg_sleep(0.05);\n");
  }
  std::vector<std::thread> deployers;
  std::vector<Ran> ran(4);
  for (Ran& one : ran) deployers.emplace_back([&] { one = planner({"deploy"}); });
  for (std::thread& deployer : deployers) deployer.join();
  for (const Ran& one : ran) EXPECT_EQ(one.exit_code, 0) << one.out << one.err;
  EXPECT_EQ(value("SELECT count(*) || '/' || count(DISTINCT migration_name) FROM _prisma_migrations"),
            "11/11");
}

TEST_F(Deploy, PasswordsAreNeverPrinted) {
  db().exec("CREATE ROLE planner_deploy_secret LOGIN PASSWORD 'hunter2'");
  const std::string with_password =
      "postgresql://planner_deploy_secret:hunter2@" + url().substr(url().find("localhost"));
  for (const char* command : {"deploy", "status", "history"}) {
    const Ran ran = planner({command, "--database", with_password});
    EXPECT_THAT(ran.out + ran.err, Not(HasSubstr("hunter2"))) << command;
  }
  db().exec("DROP OWNED BY planner_deploy_secret; DROP ROLE planner_deploy_secret");
}

TEST_F(Deploy, TheListOfProcessesShowsNoPassword) {
  Connection other = connect();
  other.exec("SELECT pg_advisory_lock(72707369)");
  const std::string with_password = "postgresql://postgres:hunter2@" + url().substr(url().find("localhost"));
  Ran ran;
  std::thread waiting([&] { ran = planner({"deploy", "--wait", "3", "--database", with_password}); });
  Ran seen;
  for (int i = 0; i < 30; ++i) {
    seen = run_program({"ps", "-eo", "args"});
    if (seen.out.find("deploy --wait 3 --database postgresql://postgres:***@") != std::string::npos) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  waiting.join();
  if (seen.exit_code == 127) GTEST_SKIP() << "ps is not installed";
  EXPECT_THAT(seen.out, HasSubstr("deploy --wait 3 --database postgresql://postgres:***@"));
  EXPECT_THAT(seen.out, Not(HasSubstr("hunter2")));
  EXPECT_EQ(ran.exit_code, 2);
}

TEST_F(Deploy, TheRolesTimeoutsDoNotEndAPhase) {
  split_rename();
  ASSERT_EQ(planner({"deploy", "--until", "init"}).exit_code, 0);
  db().exec("INSERT INTO \"User\" (email, name) SELECT g, g FROM generate_series(1, 2000) g");
  db().exec(
      "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET statement_timeout = ''30ms''', current_database()); "
      "EXECUTE format('ALTER DATABASE %I SET lock_timeout = ''1ms''', current_database()); "
      "EXECUTE format('ALTER DATABASE %I SET idle_in_transaction_session_timeout = ''1ms''', "
      "current_database()); END $$");
  deploy();
  const Ran next = planner({"next", "rename_name_to_fullname"});
  ASSERT_EQ(next.exit_code, 0) << next.out << next.err;
  db().exec(
      "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.0001); RETURN "
      "NEW; END'");
  db().exec("CREATE TRIGGER slow BEFORE UPDATE ON \"User\" FOR EACH ROW EXECUTE FUNCTION slow()");
  deploy();
  EXPECT_EQ(value("SELECT count(*) FROM \"User\" WHERE \"fullName\" IS DISTINCT FROM name"), "0");
}

TEST_F(Deploy, AnInvalidIndexOfAnInterruptedBuildIsBuiltAgain) {
  repository_.migration("20240102000000_index_email",
                        "CREATE INDEX \"User_email_idx\" ON \"User\"(\"email\");\n");
  const Ran split = planner({"split", "index_email", "--release"});
  ASSERT_EQ(split.exit_code, 0) << split.out << split.err;
  const std::string phase = value("SELECT 1");  // the session is open before the others come
  ASSERT_EQ(planner({"deploy", "--until", "init"}).exit_code, 0);
  db().exec("INSERT INTO \"User\" (email, name) VALUES ('a', 'a')");
  Connection reader = connect();
  reader.exec("BEGIN; UPDATE \"User\" SET name = 'b'");
  Ran killed;
  std::thread deploying([&] { killed = planner({"deploy"}); });
  wait_until("EXISTS (SELECT 1 FROM pg_index WHERE NOT indisvalid)");
  db().exec(
      "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE '%CREATE INDEX CONCURRENTLY%' "
      "AND pid <> pg_backend_pid()");
  deploying.join();
  EXPECT_EQ(killed.exit_code, 1) << killed.out << killed.err;
  EXPECT_EQ(value("SELECT indisvalid FROM pg_index WHERE indexrelid = '\"User_email_idx\"'::regclass"), "f");
  const Ran status = planner({"status"});
  EXPECT_THAT(status.out, HasSubstr("is INVALID"));
  EXPECT_THAT(status.out, HasSubstr("next: planner deploy"));
  reader.exec("COMMIT");
  deploy();
  EXPECT_EQ(value("SELECT indisvalid FROM pg_index WHERE indexrelid = '\"User_email_idx\"'::regclass"), "t");
  EXPECT_EQ(planner({"status"}).exit_code, 0);
}

class DeployHooks : public Deploy {};

TEST_F(DeployHooks, RunInOrderWithTheDatabaseInTheirEnvironment) {
  repository_.write("planner.toml",
                    "[hooks]\nbefore_deploy = 'echo \"before $PLANNER_DATABASE $PGDATABASE\" >> hooks.log'\n"
                    "after_deploy = 'echo \"after $PLANNER_RESULT\" >> hooks.log'\nbefore_drop = 'echo "
                    "\"drop $PLANNER_PLAN $PLANNER_PHASE\" >> hooks.log'\n");
  split_rename();
  for (int phase = 0; phase < 5; ++phase) {
    deploy();
    ASSERT_EQ(planner({"next", "rename_name_to_fullname", "--deployed", "v1"}).exit_code, 0);
  }
  const std::string log = repository_.read("hooks.log");
  const std::string name = value("SELECT current_database()");
  EXPECT_THAT(log, testing::StartsWith("before " + name + " " + name + "\nafter applied\n"));
  EXPECT_THAT(log, testing::EndsWith("drop rename_name_to_fullname 5_drop\nafter applied\n"));
}

TEST_F(DeployHooks, OneThatFailsStopsTheDeploy) {
  repository_.write("planner.toml", "[hooks]\nbefore_deploy = 'echo no backup today >&2; exit 3'\n");
  const Ran ran = planner({"deploy"});
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.err, HasSubstr("no backup today"));
  EXPECT_EQ(value("SELECT to_regclass('\"User\"') IS NULL"), "t");
}

TEST_F(DeployHooks, TheBackupOfTheReadmeIsMadeBeforeAnythingIsDropped) {
  const std::string readme = read_file(source_dir() / "README.md");
  const std::size_t at = readme.find("\n[hooks]\n");
  ASSERT_NE(at, std::string::npos);
  repository_.write("planner.toml", readme.substr(at, readme.find("```", at) - at));
  split_rename();
  ASSERT_EQ(planner({"deploy", "--until", "init"}).exit_code, 0);
  db().exec("INSERT INTO \"User\" (email, name) VALUES ('a', 'kept')");
  const std::filesystem::path programs = find_postgres();
  for (int phase = 0; phase < 5; ++phase) {
    RunOptions options;
    options.folder = repository_.path();
    options.environment["DATABASE_URL"] = url();
    options.environment["PATH"] = programs.string() + ":/usr/bin:/bin";
    const Ran ran = run_planner({"deploy"}, options);
    ASSERT_EQ(ran.exit_code, 0) << ran.out << ran.err;
    ASSERT_EQ(planner({"next", "rename_name_to_fullname", "--deployed", "v1"}).exit_code, 0);
  }
  const std::filesystem::path backup = repository_.path("backup-rename_name_to_fullname.dump");
  ASSERT_TRUE(std::filesystem::exists(backup));
  const Ran listed = run_program(
      {(programs / "pg_restore").string(), "--data-only", "--table=User", "--file=-", backup.string()});
  EXPECT_THAT(listed.out, HasSubstr("kept"));
}

}  // namespace
}  // namespace planner::test
