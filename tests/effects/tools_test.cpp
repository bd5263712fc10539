#include <gtest/gtest.h>

#include "planner/delivery.h"
#include "src/project/lock_files.h"
#include "src/project/prisma.h"
#include "tests/support/files.h"

/// Which tool deploys, and which statements of a file therefore share a transaction.
namespace planner::test {
namespace {

/// Every way the file may arrive: statements of one transaction together, `*` behind a group that is a block.
std::string arrives(const std::string& text, Tool tool) {
  std::string out;
  for (const Delivered& way : deliveries(parse_file(text), text, tool)) {
    std::string groups;
    for (const TransactionGroup& group : way.groups) {
      groups += groups.empty() ? "" : " | ";
      for (std::size_t i = 0; i < group.statements.size(); ++i)
        groups += (i == 0 ? "" : ",") + std::to_string(group.statements[i]);
      if (group.in_block) groups += "*";
      if (group.left_open) groups += " open";
    }
    out += (out.empty() ? "" : " or ") + groups;
  }
  return out;
}

constexpr const char* kTwo = "ALTER TABLE t ADD COLUMN a int; CREATE INDEX i ON t (a);";
constexpr const char* kOne = "CREATE INDEX CONCURRENTLY i ON t (a);";

TEST(Deliveries, PrismaSendsAFileWholeUpTo73AndStatementByStatementFrom74) {
  EXPECT_EQ(arrives(kTwo, Tool::PrismaWhole), "0,1*");
  EXPECT_EQ(arrives(kTwo, Tool::PrismaSplit), "0 | 1");
  EXPECT_EQ(arrives(kTwo, Tool::PrismaUnknown), "0,1* or 0 | 1");
  // One statement is no block, on any version: CONCURRENTLY works.
  EXPECT_EQ(arrives(kOne, Tool::PrismaWhole), "0");
  EXPECT_EQ(arrives(kOne, Tool::PrismaUnknown), "0");
}

TEST(Deliveries, WhatPrismasSplitterDoesNotReadArrivesWhole) {
  EXPECT_EQ(arrives("DO $$ BEGIN NULL; END $$; SELECT 1;", Tool::PrismaSplit), "0,1*");
  EXPECT_EQ(arrives("LOCK TABLE t; ALTER TABLE t ADD COLUMN a int;", Tool::PrismaSplit), "0,1*");
  EXPECT_EQ(arrives("DROP INDEX CONCURRENTLY i; ALTER TABLE t DROP COLUMN a;", Tool::PrismaSplit), "0,1*");
}

TEST(Deliveries, TheFilesOwnTransactionsCount) {
  EXPECT_EQ(arrives("BEGIN; ALTER TABLE t ADD COLUMN a int; COMMIT; SELECT 1;", Tool::Psql), "0,1,2* | 3");
  EXPECT_EQ(
      arrives("ALTER TABLE t ADD COLUMN a int; COMMIT; ALTER TABLE t ADD COLUMN b int;", Tool::PrismaWhole),
      "0,1* | 2*");
  EXPECT_EQ(arrives("BEGIN; ALTER TABLE t ADD COLUMN a int;", Tool::Psql), "0,1* open");
}

TEST(Deliveries, EveryOtherToolsOwnWay) {
  EXPECT_EQ(arrives(kTwo, Tool::Psql), "0 | 1");
  EXPECT_EQ(arrives(kTwo, Tool::GolangMigrate), "0,1*");
  EXPECT_EQ(arrives(kOne, Tool::GolangMigrate), "0");
  EXPECT_EQ(arrives(kTwo, Tool::Flyway), "0,1*");
  EXPECT_EQ(arrives(kOne, Tool::Flyway), "0");
  EXPECT_EQ(arrives(kTwo, Tool::Diesel), "0,1*");
  EXPECT_EQ(arrives(kOne, Tool::Diesel), "0*");
  EXPECT_EQ(arrives(kTwo, Tool::Sqlx), "0,1*");
  EXPECT_EQ(arrives("-- no-transaction\nCREATE INDEX CONCURRENTLY i ON t (a);", Tool::Sqlx), "0");
  EXPECT_EQ(arrives(kTwo, Tool::Drizzle), "0,1*");
  EXPECT_EQ(arrives("-- +goose NO TRANSACTION\n-- +goose Up\nSELECT 1; SELECT 2;", Tool::Goose), "0 | 1");
  EXPECT_EQ(arrives("-- migrate:up transaction:false\nSELECT 1;", Tool::Dbmate), "0");
  EXPECT_EQ(arrives(kTwo, Tool::PlainSql), "0,1* or 0 | 1");
}

struct Repository {
  TemporaryFolder folder;
  std::filesystem::path migrations() const { return folder / "prisma/migrations"; }
  Repository() { write("prisma/migrations/1_a/migration.sql", "SELECT 1;"); }
  void write(const std::string& file, const std::string& text) const { write_file(folder / file, text); }
  project::DetectedTool detected() const {
    return project::detect_prisma_version(migrations(), folder.path());
  }
};

TEST(PrismaVersion, IsReadFromPackageJson) {
  const Repository repository;
  EXPECT_EQ(repository.detected().tool, Tool::PrismaUnknown);
  EXPECT_EQ(repository.detected().evidence, "");
  repository.write("package.json", R"({"devDependencies": {"prisma": "^6.2.0"}})");
  EXPECT_EQ(repository.detected().tool, Tool::PrismaWhole);
  repository.write("package.json", R"({"dependencies": {"@prisma/client": "7.5.1"}})");
  EXPECT_EQ(repository.detected().tool, Tool::PrismaSplit);
  repository.write("package.json", R"({"devDependencies": {"prisma": "^7.0.0"}})");
  EXPECT_EQ(repository.detected().tool, Tool::PrismaUnknown);
}

TEST(PrismaVersion, IsReadFromEveryLockFileWhereTheRangeAllowsBoth) {
  const auto with = [](const std::string& file, const std::string& text) {
    const Repository repository;
    repository.write("package.json", R"({"devDependencies": {"prisma": "^7.0.0"}})");
    repository.write(file, text);
    const project::DetectedTool found = repository.detected();
    return std::string(tool_name(found.tool)) + ": " +
           found.evidence.substr(found.evidence.find(file) == std::string::npos ? 0
                                                                                : found.evidence.find(file));
  };
  EXPECT_EQ(with("package-lock.json", R"({"packages": {"node_modules/prisma": {"version": "7.3.0"}}})"),
            "prisma-7.3: package-lock.json has prisma 7.3.0");
  EXPECT_EQ(with("package-lock.json", R"({"dependencies": {"prisma": {"version": "7.4.0"}}})"),
            "prisma-7.4: package-lock.json has prisma 7.4.0");
  EXPECT_EQ(with("yarn.lock",
                 "# yarn lockfile v1\n\nprisma-extension@^1.0.0:\n  version \"1.0.0\"\n\n"
                 "prisma@^7.0.0, prisma@^7.1.0:\n  version \"7.10.1\"\n  resolved \"x\"\n"),
            "prisma-7.4: yarn.lock has prisma 7.10.1");
  EXPECT_EQ(with("yarn.lock",
                 "__metadata:\n  version: 8\n\n\"prisma@npm:^7.0.0\":\n  version: 7.2.0\n  resolution: "
                 "\"prisma@npm:7.2.0\"\n"),
            "prisma-7.3: yarn.lock has prisma 7.2.0");
  EXPECT_EQ(with("pnpm-lock.yaml",
                 "lockfileVersion: '9.0'\n\npackages:\n\n  '@prisma/client@7.5.0':\n    resolution: {}\n\n"
                 "  prisma@7.5.0:\n    resolution: {}\n\nsnapshots:\n\n  prisma@7.5.0(typescript@5.3.3):\n   "
                 " dependencies: {}\n"),
            "prisma-7.4: pnpm-lock.yaml has prisma 7.5.0");
  EXPECT_EQ(
      with("pnpm-lock.yaml", "lockfileVersion: 5.4\n\npackages:\n\n  /prisma/7.1.0:\n    resolution: {}\n"),
      "prisma-7.3: pnpm-lock.yaml has prisma 7.1.0");
  EXPECT_EQ(with("bun.lock", "{\n  \"packages\": {\n    \"prisma\": [\"prisma@7.4.2\", \"\", {}],\n  }\n}\n"),
            "prisma-7.4: bun.lock has prisma 7.4.2");
  // Two versions that send files differently: both ways are possible.
  EXPECT_EQ(with("pnpm-lock.yaml",
                 "packages:\n\n  prisma@7.2.0:\n    resolution: {}\n\n  prisma@7.5.0:\n    resolution: {}\n"),
            "prisma: pnpm-lock.yaml has prisma 7.2.0, 7.5.0");
}

TEST(PrismaVersion, ALockFileAboveAWorkspaceCounts) {
  TemporaryFolder folder;
  write_file(folder / "packages/api/prisma/migrations/1_a/migration.sql", "SELECT 1;");
  write_file(folder / "packages/api/package.json", R"({"devDependencies": {"prisma": "^7.1.0"}})");
  write_file(folder / "pnpm-lock.yaml", "packages:\n\n  prisma@7.8.0:\n    resolution: {}\n");
  EXPECT_EQ(project::detect_prisma_version(folder / "packages/api/prisma/migrations", folder.path()).tool,
            Tool::PrismaSplit);
}

}  // namespace
}  // namespace planner::test
