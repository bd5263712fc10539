// What a migration file may hold, depending on how Prisma sends it. The phases we write rely on the rows
// where both answers are the same; the others are why they may hold nothing else.
#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

#include "tests/interop/interop_test.h"
#include "tests/interop/prisma_cli.h"

namespace planner::test {
namespace {

struct Answer {
  const char* error = "";  // SQLSTATE that the deploy fails with; empty: the migration is applied
  const char* probe = "";  // what the case's probe returns afterwards
};

struct WireCase {
  const char* name;
  const char* script;
  Answer whole;         // the file is one query
  Answer by_statement;  // one query per statement, if sqlparser parses them all
  const char* probe = nullptr;
};

void PrintTo(const WireCase& wire_case, std::ostream* out) { *out << wire_case.name; }

// Rows to copy, an enum to extend and an index to drop.
constexpr const char* kSetup = R"sql(
CREATE TABLE users (id int PRIMARY KEY, name text, full_name text);
INSERT INTO users SELECT i, 'name ' || i FROM generate_series(1, 1000) i;
CREATE INDEX users_name ON users (name);
CREATE TYPE mood AS ENUM ('calm');
CREATE PROCEDURE copy_names() LANGUAGE plpgsql AS $$
BEGIN
  UPDATE users SET full_name = name WHERE id <= 500; COMMIT;
  UPDATE users SET full_name = name WHERE id > 500; COMMIT;
END $$;
)sql";

constexpr const char* kBatches = R"sql(-- batches; each commits
DO $planner$
DECLARE low int := 0;
BEGIN
  WHILE low < 1000 LOOP
    UPDATE users SET full_name = name WHERE id > low AND id <= low + 300;
    low := low + 300;
    COMMIT;
  END LOOP;
END $planner$;
)sql";
constexpr const char* kCountBatches = "SELECT count(DISTINCT xmin::text) FROM users";
constexpr const char* kSomeTable = "SELECT to_regclass('some_table') IS NOT NULL";

const std::vector<WireCase>& wire_cases() {
  static const std::string set_and_batches = std::string("SET lock_timeout = '2s';\n") + kBatches;
  static const std::string batches_and_select = std::string(kBatches) + "SELECT 1;\n";
  static const std::vector<WireCase> cases{
      {"create_index_concurrently_alone",
       "-- header; with a semicolon\nCREATE INDEX CONCURRENTLY i ON users (id);\n",
       {},
       {}},
      {"create_index_concurrently_twice",
       "CREATE INDEX CONCURRENTLY i ON users (id);\nCREATE INDEX CONCURRENTLY j ON users (id);\n",
       {"25001"},
       {}},
      {"create_index_concurrently_after_set",
       "SET lock_timeout = '2s';\nCREATE INDEX CONCURRENTLY i ON users (id);\n",
       {"25001"},
       {}},
      {"create_index_concurrently_after_commit",
       "BEGIN;\nSELECT 1;\nCOMMIT;\nCREATE INDEX CONCURRENTLY i ON users (id);\n",
       {"25001"},
       {}},
      {"create_index_concurrently_in_do",
       "DO $$ BEGIN CREATE INDEX CONCURRENTLY i ON users (id); END $$;\n",
       {"25001"},
       {"25001"}},
      {"drop_index_concurrently_alone", "-- why\nDROP INDEX CONCURRENTLY users_name;\n", {}, {}},
      {"drop_index_concurrently_and_more",
       "DROP INDEX CONCURRENTLY users_name;\nSELECT 1;\n",
       {"25001"},
       {"25001"}},
      {"reindex_concurrently_alone", "REINDEX INDEX CONCURRENTLY users_name;\n", {}, {}},
      {"vacuum_alone", "VACUUM ANALYZE users;\n", {}, {}},
      {"batches_alone", kBatches, {"", "4"}, {"", "4"}, kCountBatches},
      {"batches_after_set", set_and_batches.c_str(), {"2D000", "1"}, {"2D000", "1"}, kCountBatches},
      {"batches_before_select", batches_and_select.c_str(), {"2D000", "1"}, {"2D000", "1"}, kCountBatches},
      {"call_alone", "CALL copy_names();\n", {"", "2"}, {"", "2"}, kCountBatches},
      {"call_after_set",
       "SET lock_timeout = '2s';\nCALL copy_names();\n",
       {"2D000", "1"},
       {"", "2"},
       kCountBatches},
      {"do_is_atomic",
       "DO $$ BEGIN CREATE TABLE some_table (a int); PERFORM 1 / 0; END $$;\n",
       {"22012", "f"},
       {"22012", "f"},
       kSomeTable},
      {"file_is_atomic_only_when_whole",
       "CREATE TABLE some_table (a int);\nSELECT 1 / 0;\n",
       {"22012", "f"},
       {"22012", "t"},
       kSomeTable},
      {"file_stays_whole_when_not_parsed",
       "LOCK TABLE users;\nCREATE TABLE some_table (a int);\nSELECT 1 / 0;\n",
       {"22012", "f"},
       {"22012", "f"},
       kSomeTable},
      {"begin_and_commit",
       "BEGIN;\nCREATE TABLE some_table (a int);\nCOMMIT;\n",
       {"", "t"},
       {"", "t"},
       kSomeTable},
      {"enum_value_added_and_used",
       "ALTER TYPE mood ADD VALUE 'glad';\nCREATE TABLE some_table (m mood DEFAULT 'glad');\n",
       {"55P04", "f"},
       {"", "t"},
       kSomeTable},
  };
  return cases;
}

using Parameters = std::tuple<WireCase, PrismaRelease>;

class PrismaWire : public InteropTest, public ::testing::WithParamInterface<Parameters> {};

TEST_P(PrismaWire, AnswersAsMeasured) {
  const auto& [wire_case, release] = GetParam();
  const Answer& expected = release.wire == kPrisma6.wire ? wire_case.whole : wire_case.by_statement;
  write_migration("20240101000000_setup", kSetup);
  write_migration("20240101000001_case", wire_case.script);

  SCOPED_TRACE(wire_case.script);

  const PrismaRun run = PrismaCli(release).deploy(migrations(), url());

  if (*expected.error == '\0') {
    EXPECT_TRUE(run.ok()) << run.output;
  } else {
    EXPECT_FALSE(run.ok());
    EXPECT_NE(run.output.find("Migration name: 20240101000001_case\n\nDatabase error code: " +
                              std::string(expected.error)),
              std::string::npos)
        << run.output;
  }
  if (wire_case.probe != nullptr) {
    EXPECT_EQ(value(wire_case.probe), expected.probe);
  }
}

INSTANTIATE_TEST_SUITE_P(Matrix, PrismaWire,
                         ::testing::Combine(::testing::ValuesIn(wire_cases()),
                                            ::testing::Values(kPrisma6, kPrisma7)),
                         [](const ::testing::TestParamInfo<Parameters>& test) {
                           return std::string(std::get<0>(test.param).name) + "_" +
                                  std::string(std::get<1>(test.param).name);
                         });

class PrismaSession : public InteropTest, public ::testing::WithParamInterface<PrismaRelease> {};

// Everything of one deploy runs in one session.
TEST_P(PrismaSession, SettingsLeakIntoLaterMigrationsUnlessTheyAreLocalToADoBlock) {
  write_migration("20240101000000_local",
                  "DO $$ BEGIN PERFORM set_config('lock_timeout', '2s', true); END $$;\n");
  write_migration("20240101000001_look",
                  "CREATE TABLE after_local AS SELECT current_setting('lock_timeout') AS t;\n");
  write_migration("20240101000002_set", "SET lock_timeout = '3s';\n");
  write_migration("20240101000003_look",
                  "CREATE TABLE after_set AS SELECT current_setting('lock_timeout') AS t;\n");

  const PrismaRun run = PrismaCli(GetParam()).deploy(migrations(), url());

  ASSERT_TRUE(run.ok()) << run.output;
  EXPECT_EQ(value("SELECT t FROM after_local"), "0");
  EXPECT_EQ(value("SELECT t FROM after_set"), "3s");
}

TEST_P(PrismaSession, BeginWithoutCommitLosesEverythingAlthoughTheDeploySaysApplied) {
  write_migration("20240101000000_open", "BEGIN;\nCREATE TABLE lost (a int);\n");
  const PrismaCli prisma(GetParam());

  EXPECT_TRUE(prisma.deploy(migrations(), url()).ok());

  EXPECT_EQ(value("SELECT to_regclass('lost') IS NULL"), "t");
  const PrismaRun again = prisma.deploy(migrations(), url());
  EXPECT_FALSE(again.ok());
  EXPECT_NE(again.output.find("P3009"), std::string::npos) << again.output;
}

INSTANTIATE_TEST_SUITE_P(Releases, PrismaSession, ::testing::Values(kPrisma6, kPrisma7),
                         [](const ::testing::TestParamInfo<PrismaRelease>& test) {
                           return std::string(test.param.name);
                         });

}  // namespace
}  // namespace planner::test
