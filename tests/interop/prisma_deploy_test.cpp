// A plan's phases deployed by the real `prisma migrate deploy`, and what the history table says afterwards.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "src/project/sha256.h"
#include "tests/interop/interop_test.h"
#include "tests/interop/prisma_cli.h"
#include "tests/support/paths.h"

namespace planner::test {
namespace {

namespace fs = std::filesystem;

const fs::path kRename = source_dir() / "tests/interop/rename_name_to_fullname";
constexpr const char* kRows = R"sql(
INSERT INTO "User" (email, name) SELECT i || '@example.com', 'name ' || i FROM generate_series(1, 250) i;
)sql";
constexpr const char* kApplied = R"sql(
SELECT string_agg(migration_name || ' ' || checksum, E'\n' ORDER BY started_at, migration_name) FROM _prisma_migrations
WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL AND applied_steps_count = 1 AND logs IS NULL
)sql";

/// Every migration of the folder as the history table has it after it was applied.
std::string expected_history(const fs::path& migrations) {
  std::string history;
  for (const fs::path& migration : plan_phases(migrations)) {
    if (!history.empty()) history += '\n';
    history += migration.filename().string() + ' ' + project::sha256(read_file(migration / "migration.sql"));
  }
  return history;
}

class PrismaDeploy : public InteropTest, public ::testing::WithParamInterface<PrismaRelease> {
 protected:
  void SetUp() override {
    InteropTest::SetUp();
    if (IsSkipped()) return;
    write_migration("20240101000000_init", read_file(kRename / "before.sql"));
    const PrismaRun run = prisma().deploy(migrations(), url());
    ASSERT_TRUE(run.ok()) << run.output;
    db().exec(kRows);
  }

  PrismaCli prisma() const { return PrismaCli(GetParam()); }

  void expect_renamed() {
    EXPECT_EQ(value(kApplied), expected_history(migrations()));
    EXPECT_EQ(value("SELECT count(*) FROM _prisma_migrations"), "7");
    EXPECT_EQ(value(R"(SELECT count(*) FROM "User" WHERE "fullName" = 'name ' || split_part(email, '@', 1))"),
              "250");
    EXPECT_EQ(value(R"(SELECT indisvalid FROM pg_index WHERE indexrelid = '"User_fullName_idx"'::regclass)"),
              "t");
    const PrismaDifference to_schema = PrismaCli::diff(url(), kRename / "after.prisma");
    EXPECT_TRUE(to_schema.empty) << to_schema.script;
    const PrismaDifference to_migrations = prisma().diff_to_migrations(url(), migrations());
    EXPECT_TRUE(to_migrations.empty) << to_migrations.script;
    const PrismaRun status = prisma().status(migrations(), url());
    EXPECT_TRUE(status.ok()) << status.output;
    EXPECT_NE(status.output.find("Database schema is up to date!"), std::string::npos) << status.output;
  }
};

TEST_P(PrismaDeploy, AppliesAPlanPhaseByPhase) {
  const auto deployments =
      deploy_plan(prisma(), kRename / "plan", migrations(), url(), [&](const PhaseDeployment& phase) {
        SCOPED_TRACE(phase.phase);
        EXPECT_EQ(value(kApplied), expected_history(migrations()));
      });

  ASSERT_EQ(deployments.size(), 6u) << deployments.back().run.output;
  EXPECT_TRUE(deployments.back().run.ok()) << deployments.back().run.output;
  expect_renamed();
}

// A new environment meets the whole history at once.
TEST_P(PrismaDeploy, AppliesAllPhasesInOneDeploy) {
  for (const fs::path& phase : plan_phases(kRename / "plan")) {
    append_migration(migrations(), phase, phase.filename().string());
  }

  const PrismaRun run = prisma().deploy(migrations(), url());

  ASSERT_TRUE(run.ok()) << run.output;
  expect_renamed();
}

TEST_P(PrismaDeploy, IgnoresOtherFilesOfAMigration) {
  const fs::path phase = append_migration(migrations(), kRename / "plan/1_add", "1_add");
  write_file(phase / "rollback.sql", "not SQL");
  write_file(phase / "plan.toml", "not SQL either");
  write_file(migrations() / "plan.toml", "nor here");

  const PrismaRun run = prisma().deploy(migrations(), url());

  EXPECT_TRUE(run.ok()) << run.output;
  EXPECT_EQ(value(kApplied), expected_history(migrations()));
}

TEST_P(PrismaDeploy, RefusesAFolderWithoutMigration) {
  fs::create_directory(migrations() / "20240101000001_plans");

  const PrismaRun run = prisma().deploy(migrations(), url());

  EXPECT_FALSE(run.ok());
  EXPECT_NE(run.output.find("P3015"), std::string::npos) << run.output;
}

TEST_P(PrismaDeploy, AFailedPhaseBlocksUntilItIsResolvedAndIsThenAppliedAgain) {
  db().exec(R"(ALTER TABLE "User" ADD COLUMN "fullName" int)");
  const std::string phase =
      append_migration(migrations(), kRename / "plan/1_add", "1_add").filename().string();

  const PrismaRun failed = prisma().deploy(migrations(), url());
  EXPECT_NE(failed.output.find("Database error code: 42701"), std::string::npos) << failed.output;
  const PrismaRun blocked = prisma().deploy(migrations(), url());
  EXPECT_NE(blocked.output.find("P3009"), std::string::npos) << blocked.output;
  // The DO block left nothing behind: all that is needed is to remove the cause.
  EXPECT_EQ(value("SELECT to_regnamespace('planner') IS NULL"), "t");
  db().exec(R"(ALTER TABLE "User" DROP COLUMN "fullName")");
  const PrismaRun resolved = prisma().resolve_rolled_back(migrations(), url(), phase);
  EXPECT_TRUE(resolved.ok()) << resolved.output;
  const PrismaRun again = prisma().deploy(migrations(), url());

  EXPECT_TRUE(again.ok()) << again.output;
  EXPECT_EQ(value(kApplied), expected_history(migrations()));
}

INSTANTIATE_TEST_SUITE_P(Releases, PrismaDeploy, ::testing::Values(kPrisma6, kPrisma7),
                         [](const ::testing::TestParamInfo<PrismaRelease>& test) {
                           return std::string(test.param.name);
                         });

}  // namespace
}  // namespace planner::test
