#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "src/project/sha256.h"
#include "tests/cli/seat.h"
#include "tests/support/paths.h"

/// What `planner status` says in every state a database can be in, also in those about which Prisma's own
/// status is silent.
namespace planner::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class Status : public Seat {
 protected:
  void deploy_into_existing() {
    const Ran ran = planner({"resolve", "init", "--applied", "--anyway"});
    ASSERT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  }

  nlohmann::json environment() {
    const Ran ran = planner({"status", "--format", "json"});
    const nlohmann::json json = nlohmann::json::parse(ran.out, nullptr, false);
    if (json.is_discarded()) {
      ADD_FAILURE() << ran.out << ran.err;
      return {};
    }
    return json["services"][0]["environments"][0];
  }
};

TEST_F(Status, ANewDatabaseHasEverythingPending) {
  const Ran ran = planner({"status"});
  EXPECT_EQ(ran.exit_code, 1) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("0 applied, 1 pending"));
  EXPECT_THAT(ran.out, HasSubstr("20240101000000_init"));
  EXPECT_THAT(ran.out, HasSubstr("next: planner deploy"));
}

TEST_F(Status, NothingIsToBeDoneAfterADeploy) {
  deploy();
  const Ran ran = planner({"status"});
  EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("1 applied, 0 pending"));
  EXPECT_THAT(ran.out, HasSubstr("nothing is to be done"));
}

TEST_F(Status, ARiskyMigrationIsNotTheNextStepAsItIsWritten) {
  deploy();
  repository_.migration("20240102000000_add_age", "ALTER TABLE \"User\" ADD COLUMN age int;\n");
  EXPECT_THAT(planner({"status"}).out, HasSubstr("next: planner deploy"));
  repository_.migration("20240103000000_index_email", "CREATE INDEX i ON \"User\" (email);\n");
  db().exec("INSERT INTO \"User\" (email, name) SELECT g, g FROM generate_series(1, 20000) g; ANALYZE");
  const Ran ran = planner({"status"});
  EXPECT_THAT(ran.out, HasSubstr("next: planner split index_email"));
  EXPECT_THAT(ran.out, HasSubstr("index_email is pending"));
  EXPECT_EQ(environment()["next"]["command"], "planner split index_email");
  ASSERT_EQ(planner({"split", "index_email", "--release"}).exit_code, 0);
  EXPECT_THAT(planner({"status"}).out, HasSubstr("next: planner deploy"));
}

TEST_F(Status, SaysWhatPrismasOwnStatusHides) {
  repository_.migration("20240103000000_gone", "CREATE TABLE gone (a int);\n");
  deploy();
  std::filesystem::remove_all(repository_.path("prisma/migrations/20240103000000_gone"));
  repository_.write("prisma/migrations/20240101000000_init/migration.sql",
                    std::string(kUserTable) + "-- changed\n");
  repository_.migration("20240104000000_broken", "SELECT 1/0;\n");
  EXPECT_EQ(planner({"deploy"}).exit_code, 1);
  repository_.migration("20240105000000_later", "SELECT 1;\n");
  const Ran ran = planner({"status"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.out, HasSubstr("failed       20240104000000_broken"));
  EXPECT_THAT(ran.out, HasSubstr("division by zero"));
  EXPECT_THAT(ran.out, HasSubstr("edited       20240101000000_init"));
  EXPECT_THAT(ran.out, HasSubstr("missing      20240103000000_gone"));
  EXPECT_THAT(ran.out, HasSubstr("pending      20240105000000_later"));
  EXPECT_THAT(ran.out, HasSubstr("next: planner resolve 20240104000000_broken"));
}

TEST_F(Status, WhatDiffersFromTheFilesIsTheNextStepWhenNothingIsPending) {
  const char* const gone = "CREATE TABLE gone (a int);\n";
  repository_.migration("20240103000000_gone", gone);
  deploy();
  db().exec("CREATE FUNCTION planner_mirror_forgotten() RETURNS int LANGUAGE sql AS 'SELECT 1'");
  EXPECT_EQ(environment()["next"]["situation"], "left-over");
  db().exec(
      "CREATE FUNCTION planner_mirror_x() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'; "
      "CREATE TRIGGER zzz_planner_mirror_x BEFORE INSERT ON gone EXECUTE FUNCTION planner_mirror_x()");
  // From top to bottom the server takes what is said.
  const nlohmann::json left = environment()["objects"];
  for (const nlohmann::json& object : left) db().exec(object["remove"].get<std::string>());
  EXPECT_EQ(environment()["next"]["situation"], "done");
  std::filesystem::remove_all(repository_.path("prisma/migrations/20240103000000_gone"));
  EXPECT_EQ(environment()["next"]["situation"], "missing");
  repository_.migration("20240103000000_gone", gone);
  repository_.write("prisma/migrations/20240101000000_init/migration.sql",
                    std::string(kUserTable) + "-- changed\n");
  EXPECT_EQ(environment()["next"]["situation"], "edited");
  const Ran ran = planner({"status"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.out, HasSubstr("next: restore 20240101000000_init from version control"));
  EXPECT_THAT(ran.out, Not(HasSubstr("nothing is to be done")));
}

TEST_F(Status, TheDeployLockTellsRunningFromFailed) {
  deploy();
  repository_.migration("20240105000000_long", "SELECT 1;\n");
  db().exec(
      "INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ('x', 'y', "
      "'20240105000000_long')");
  EXPECT_THAT(planner({"status"}).out, HasSubstr("failed       20240105000000_long"));
  Connection deployer = connect();
  deployer.exec("SELECT pg_advisory_lock(72707369)");
  const Ran ran = planner({"status"});
  EXPECT_THAT(ran.out, HasSubstr("running      20240105000000_long"));
  EXPECT_THAT(ran.out, HasSubstr("next: wait"));
  EXPECT_THAT(ran.out, Not(HasSubstr("failed ")));
}

TEST_F(Status, InvalidIndexesAndUncheckedConstraintsAreNamed) {
  deploy();
  db().exec("INSERT INTO \"User\" (email, name) VALUES ('a', 'x'), ('a', 'y')");
  EXPECT_THROW(db().exec("CREATE UNIQUE INDEX CONCURRENTLY once ON \"User\" (email)"), DatabaseError);
  db().exec("ALTER TABLE \"User\" ADD CONSTRAINT short CHECK (length(email) < 9) NOT VALID");
  db().exec("CREATE FUNCTION planner_mirror_forgotten() RETURNS int LANGUAGE sql AS 'SELECT 1'");
  const Ran ran = planner({"status"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.out, HasSubstr("index once of User is INVALID"));
  EXPECT_THAT(ran.out, HasSubstr("constraint short of User is NOT VALID"));
  EXPECT_THAT(ran.out, HasSubstr("function planner_mirror_forgotten belongs to no plan of this repository"));
  EXPECT_THAT(ran.out, HasSubstr("next: DROP INDEX CONCURRENTLY \"public\".\"once\""));
}

TEST_F(Status, APlanShowsItsPhases) {
  split_rename();
  nlohmann::json plan = environment()["plans"][0];
  EXPECT_EQ(plan["phases"][0]["state"], "released");
  EXPECT_EQ(plan["phases"][1]["state"], "waiting");
  deploy();
  const nlohmann::json now = environment();
  EXPECT_EQ(now["plans"][0]["phases"][0]["state"], "applied");
  EXPECT_EQ(now["next"]["command"], "planner next rename_name_to_fullname");
  for (const nlohmann::json& object : now["objects"]) EXPECT_EQ(object["leftover"], false) << object;
}

TEST_F(Status, WithoutADatabaseItReadsTheFilesAndSaysSo) {
  const Ran ran = planner({"status"}, {{"DATABASE_URL", std::nullopt}});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("no database was asked"));
}

TEST_F(Status, OneUnreachableEnvironmentDoesNotHideTheOther) {
  deploy();
  const Ran ran = planner({"status", "--database", "gone=postgresql://nobody:secret@127.0.0.1:1/x",
                           "--database", "here=" + url()});
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.out, HasSubstr("gone: could not be read"));
  EXPECT_THAT(ran.out, HasSubstr("here: 1 applied"));
  EXPECT_THAT(ran.out + ran.err, Not(HasSubstr("secret")));
}

TEST_F(Status, AnotherServicesMirrorIsNotLeftOver) {
  repository_.write("planner.toml",
                    "[[service]]\nname = \"app\"\nmigrations = \"prisma/migrations\"\n\n[[service]]\nname = "
                    "\"jobs\"\nmigrations = \"jobs/prisma/migrations\"\n");
  repository_.write("jobs/prisma/migrations/migration_lock.toml", kPrismaLock);
  repository_.write("jobs/prisma/migrations/20240101000009_jobs/migration.sql",
                    "CREATE TABLE jobs (id int);\n");
  split_rename();
  deploy();
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"status"}, std::vector<std::string>{"status", "jobs/prisma/migrations"}}) {
    const Ran ran = planner(command);
    EXPECT_THAT(ran.out, Not(HasSubstr("left over"))) << ran.out;
    EXPECT_THAT(ran.out, Not(HasSubstr("missing"))) << ran.out;
  }
  EXPECT_EQ(planner({"status", "jobs/prisma/migrations"}).exit_code, 0);
  // A mirror that belongs to no plan is.
  db().exec(
      "CREATE FUNCTION planner_mirror_nobody() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'");
  const Ran ran = planner({"status", "jobs/prisma/migrations"});
  EXPECT_EQ(ran.exit_code, 1) << ran.out;
  EXPECT_THAT(ran.out, HasSubstr("planner_mirror_nobody"));
}

TEST_F(Status, JsonIsAsTheSchemaSays) {
  if (run_program({"python3", "-c", "import jsonschema"}).exit_code != 0)
    GTEST_SKIP() << "python3-jsonschema is not installed";
  split_rename();
  deploy();
  const auto valid = [&](const std::vector<std::string>& arguments, const char* schema) {
    RunOptions options;
    const Ran ran = planner(arguments);
    options.input = ran.out;
    const Ran checked =
        run_program({"python3", "-c",
                     "import json, sys, jsonschema\njsonschema.validate(json.load(sys.stdin), "
                     "json.load(open(sys.argv[1])))",
                     (source_dir() / "src/report/schemas" / schema).string()},
                    options);
    EXPECT_EQ(checked.exit_code, 0) << checked.err << ran.out << ran.err;
  };
  valid({"status", "--format", "json"}, "status.schema.json");
  valid({"gate", "rename_name_to_fullname", "2_backfill", "--format", "json"}, "gates.schema.json");
  valid({"next", "rename_name_to_fullname", "--format", "json"}, "gates.schema.json");
}

TEST_F(Status, HistoryPrintsTimesAndDurations) {
  deploy();
  const Ran ran = planner({"history"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("20240101000000_init"));
  EXPECT_THAT(ran.out, HasSubstr("applied"));
  EXPECT_EQ(nlohmann::json::parse(
                planner({"history", "--format", "json"}).out)["databases"][0]["migrations"][0]["state"],
            "applied");
}

TEST_F(Status, TenThousandMigrationsAndAThousandTablesAreNoWait) {
  db().exec(
      "DO $$ BEGIN FOR i IN 1..1000 LOOP EXECUTE format('CREATE TABLE t%s (id int PRIMARY KEY, v text)', i); "
      "END LOOP; END $$");
  deploy_into_existing();
  const std::string sum = project::sha256("SELECT 1;\n");
  for (int i = 0; i < 10000; ++i) {
    repository_.migration(std::to_string(20250101000000 + i) + "_m", "SELECT 1;\n");
  }
  db().exec(
      "INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, started_at, "
      "applied_steps_count) SELECT g, '" +
      sum +
      "', now(), (20250101000000 + g) || '_m', now() + g * interval '1 ms', 1 FROM generate_series(0, 9999) "
      "g");
  const auto start = std::chrono::steady_clock::now();
  const Ran ran = planner({"status"});
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  EXPECT_EQ(ran.exit_code, 0) << ran.out.substr(0, 2000);
  EXPECT_THAT(ran.out, HasSubstr("10001 applied, 0 pending"));
  // An optimised program needs a third of a second; this one is built for tests, on a machine that does other
  // things too.
  EXPECT_LT(seconds, 10);
}

}  // namespace
}  // namespace planner::test
