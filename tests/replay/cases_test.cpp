#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "planner/replay/replay.h"
#include "planner/sql/parse.h"
#include "src/database/live_schema.h"
#include "tests/replay/comparison.h"
#include "tests/support/files.h"
#include "tests/support/paths.h"
#include "tests/support/postgres.h"

/// Small cases per kind of operation, each run by a server and by replay: the same statements are refused
/// with the same SQLSTATE, and both end with the same schema.
namespace planner {
namespace {

struct Case {
  std::string name;
  std::string sql;
};

/// cases/*.sql: every `-- case: what it is about` begins one.
std::vector<Case> cases_in(const std::filesystem::path& file) {
  std::vector<Case> out;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("-- case: ")) {
      out.push_back({line.substr(9), {}});
    } else if (!out.empty()) {
      out.back().sql += line + "\n";
    }
  }
  return out;
}

class ReplayCases : public test::PostgresTest {
 protected:
  void clean() { db().exec(test::kCleanDatabase); }

  void check(const Case& one) {
    clean();
    Schema schema;
    const ParsedFile file = parse_file(one.sql);
    for (const Statement& statement : file.statements) {
      const std::string text =
          one.sql.substr(statement.span.begin, statement.span.end - statement.span.begin);
      EXPECT_EQ(statement.problem, ParseProblem::None) << one.name << ": " << statement.error;
      std::string refused;
      std::string message;
      try {
        db().exec(text);
      } catch (const DatabaseError& error) {
        refused = error.sqlstate();
        message = error.fields.message;
      }
      const auto problems = replay_statement(schema, statement.operations);
      const std::string answer = problems.empty() ? std::string() : problems.front().sqlstate;
      EXPECT_EQ(answer, refused) << one.name << "\n  " << text << "\n  PostgreSQL: " << message
                                 << "\n  replay: "
                                 << (problems.empty() ? "accepts it" : problems.front().message);
      if (!problems.empty() && answer == refused) {
        EXPECT_EQ(problems.front().message, message) << one.name << "\n  " << text;
      }
    }
    end_session(schema);  // the server's temporary objects are nobody else's either
    for (const std::string& sentence : test::disagreements(schema, read_schema(db()))) {
      ADD_FAILURE() << one.name << ": " << sentence << "\n" << one.sql;
    }
  }

  void check_file(const std::string& name) {
    const auto cases = cases_in(test::source_dir() / "tests" / "replay" / "cases" / name);
    EXPECT_FALSE(cases.empty());
    for (const Case& one : cases) check(one);
  }
};

TEST_F(ReplayCases, Tables) { check_file("tables.sql"); }
TEST_F(ReplayCases, Constraints) { check_file("constraints.sql"); }
TEST_F(ReplayCases, Indexes) { check_file("indexes.sql"); }
TEST_F(ReplayCases, Partitions) { check_file("partitions.sql"); }
TEST_F(ReplayCases, Types) { check_file("types.sql"); }
TEST_F(ReplayCases, Renames) { check_file("renames.sql"); }
TEST_F(ReplayCases, Drops) { check_file("drops.sql"); }
TEST_F(ReplayCases, Objects) { check_file("objects.sql"); }
TEST_F(ReplayCases, MoreTables) { check_file("tables2.sql"); }
TEST_F(ReplayCases, MoreTypes) { check_file("types2.sql"); }
TEST_F(ReplayCases, MoreObjects) { check_file("objects2.sql"); }
TEST_F(ReplayCases, Views) { check_file("views.sql"); }
TEST_F(ReplayCases, TablesFromQueries) { check_file("ctas.sql"); }
TEST_F(ReplayCases, WhatLeansOnOthers) { check_file("leaning.sql"); }

}  // namespace
}  // namespace planner
