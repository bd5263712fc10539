// A database and a migrations folder for each test of the real Prisma CLI.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "tests/interop/prisma_cli.h"
#include "tests/support/files.h"
#include "tests/support/postgres.h"

namespace planner::test {

/// Skips when the Prisma CLI cannot run here.
class InteropTest : public PostgresTest {
 protected:
  InteropTest() { write_file(migrations() / "migration_lock.toml", "provider = \"postgresql\"\n"); }

  void SetUp() override {
    if (const auto& reason = PrismaCli::unavailable()) GTEST_SKIP() << *reason;
  }

  /// An empty history, as `prisma migrate dev` begins it.
  const std::filesystem::path& migrations() const { return migrations_.path(); }

  void write_migration(const std::string& name, std::string_view sql) const {
    write_file(migrations() / name / "migration.sql", sql);
  }

  /// The first value of the answer as text; NULL is empty.
  std::string value(std::string_view sql) { return db().exec(sql).value().value_or(""); }

 private:
  TemporaryFolder migrations_;
};

}  // namespace planner::test
