// planner and the real Prisma CLI on one database: each goes on where the other stopped, and neither can tell
// who was there.
#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "tests/interop/interop_test.h"
#include "tests/interop/prisma_cli.h"
#include "tests/support/paths.h"
#include "tests/support/run_program.h"

namespace planner::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRows =
    "SELECT string_agg(concat_ws(' ', migration_name, checksum, finished_at IS NOT NULL, rolled_back_at IS "
    "NOT NULL, applied_steps_count, "
    "logs IS NULL), E'\\n' ORDER BY started_at) FROM _prisma_migrations";
constexpr const char* kColumns =
    "SELECT string_agg(concat_ws(' ', column_name, data_type, character_maximum_length, is_nullable, "
    "column_default), E'\\n' ORDER BY "
    "ordinal_position) FROM information_schema.columns WHERE table_name = '_prisma_migrations'";

class PlannerAndPrisma : public InteropTest, public ::testing::WithParamInterface<PrismaRelease> {
 protected:
  PrismaCli prisma() const { return PrismaCli(GetParam()); }

  Ran planner(std::vector<std::string> arguments, const std::string& database = "") const {
    RunOptions options;
    options.folder = migrations().parent_path();
    options.environment["DATABASE_URL"] = database.empty() ? url() : database;
    write_file(migrations() / "package.json", "{}");
    return run_planner(std::move(arguments), options);
  }
  Ran deploy() const {
    settings();
    return planner({"deploy", migrations().string()});
  }
  /// How this release of Prisma sends a file.
  void settings() const {
    write_file(migrations() / "planner.toml",
               std::string("deploys_with = \"") +
                   (GetParam().wire == kPrisma6.wire ? "prisma-6.19" : "prisma-7.10") + "\"\n");
  }

  void write_three() const {
    write_migration("20240101000000_one",
                    "CREATE TABLE one (id int PRIMARY KEY, v text);\nCREATE INDEX one_v ON one (v);\n");
    write_migration("20240101000001_two",
                    "-- a comment; with a semicolon\nINSERT INTO one VALUES (1, ';');\n");
    write_migration("20240101000002_three",
                    "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$;\nCREATE "
                    "TABLE three (id int);\n");
  }
};

TEST_P(PlannerAndPrisma, LeaveTheSameTable) {
  write_three();
  const std::string other = another_database();
  ASSERT_EQ(deploy().exit_code, 0);
  const PrismaRun run = prisma().deploy(migrations(), other);
  ASSERT_TRUE(run.ok()) << run.output;
  Connection theirs(other);
  EXPECT_EQ(value(kRows), theirs.exec(kRows).text());
  EXPECT_EQ(value(kColumns), theirs.exec(kColumns).text());
}

TEST_P(PlannerAndPrisma, EachGoesOnWhereTheOtherStopped) {
  write_three();
  ASSERT_EQ(deploy().exit_code, 0);
  write_migration("20240101000003_four", "CREATE TABLE four (id int);\n");
  const PrismaRun run = prisma().deploy(migrations(), url());
  EXPECT_TRUE(run.ok()) << run.output;
  write_migration("20240101000004_five", "CREATE TABLE five (id int);\n");
  const Ran ran = deploy();
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  const PrismaRun status = prisma().status(migrations(), url());
  EXPECT_TRUE(status.ok()) << status.output;
  EXPECT_EQ(value("SELECT count(*) FROM _prisma_migrations WHERE finished_at IS NOT NULL AND "
                  "applied_steps_count = 1"),
            "5");
}

TEST_P(PlannerAndPrisma, AFailureOfOneStopsTheOtherUntilItIsResolved) {
  write_three();
  write_migration("20240101000003_broken", "CREATE TABLE half (id int);\nSELECT 1/0;\n");
  EXPECT_EQ(deploy().exit_code, 1);
  const std::string rows = value(kRows);
  const PrismaRun blocked = prisma().deploy(migrations(), url());
  EXPECT_NE(blocked.output.find("P3009"), std::string::npos) << blocked.output;
  const PrismaRun resolved = prisma().resolve_rolled_back(migrations(), url(), "20240101000003_broken");
  EXPECT_TRUE(resolved.ok()) << resolved.output;

  const std::string other = another_database();
  const PrismaRun failed = prisma().deploy(migrations(), other);
  EXPECT_FALSE(failed.ok());
  Connection theirs(other);
  EXPECT_EQ(rows, theirs.exec(kRows).text());
  const Ran refused = planner({"deploy", migrations().string()}, other);
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.err.find("P3009"), std::string::npos) << refused.err;
}

TEST_P(PlannerAndPrisma, ResolveWritesTheRowsPrismaWrites) {
  write_migration("20240101000000_one", "CREATE TABLE one (id int);\n");
  write_migration("20240101000001_broken", "SELECT 1/0;\n");
  const std::string other = another_database();
  EXPECT_EQ(deploy().exit_code, 1);
  EXPECT_FALSE(prisma().deploy(migrations(), other).ok());
  const fs::path folder = migrations();
  RunOptions options;
  options.folder = folder;
  options.environment["DATABASE_URL"] = url();
  const Ran ran = run_planner({"resolve", "20240101000001_broken", "--rolled-back"}, options);
  EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_TRUE(prisma().resolve_rolled_back(migrations(), other, "20240101000001_broken").ok());
  Connection theirs(other);
  EXPECT_EQ(value(kRows), theirs.exec(kRows).text());
  write_migration("20240101000001_broken", "SELECT 1/0; --\n");
  EXPECT_EQ(deploy().exit_code, 1);
  EXPECT_FALSE(prisma().deploy(migrations(), other).ok());
  const Ran applied = run_planner({"resolve", "20240101000001_broken", "--applied", "--anyway"}, options);
  EXPECT_EQ(applied.exit_code, 0) << applied.out << applied.err;
  EXPECT_TRUE(prisma().resolve_applied(migrations(), other, "20240101000001_broken").ok());
  EXPECT_EQ(value(kRows), theirs.exec(kRows).text());
}

TEST_P(PlannerAndPrisma, DeployAtTheSameTime) {
  settings();
  for (int i = 10; i < 18; ++i) {
    write_migration("202401010000" + std::to_string(i) + "_t",
                    "CREATE TABLE t" + std::to_string(i) + " (id int);\nSELECT pg_sleep(0.05);\n");
  }
  Ran ours;
  std::thread deploying([&] { ours = planner({"deploy", migrations().string()}); });
  const PrismaRun theirs = prisma().deploy(migrations(), url());
  deploying.join();
  EXPECT_EQ(ours.exit_code, 0) << ours.out << ours.err;
  EXPECT_TRUE(theirs.ok()) << theirs.output;
  EXPECT_EQ(value("SELECT count(*) || '/' || count(DISTINCT migration_name) || '/' || count(finished_at) "
                  "FROM _prisma_migrations"),
            "8/8/8");
}

INSTANTIATE_TEST_SUITE_P(Releases, PlannerAndPrisma, ::testing::Values(kPrisma6, kPrisma7),
                         [](const ::testing::TestParamInfo<PrismaRelease>& test) {
                           return std::string(test.param.name);
                         });

}  // namespace
}  // namespace planner::test
