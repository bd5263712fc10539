#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "planner/replay.h"
#include "planner/schema_diff.h"
#include "planner/sql/parse.h"
#include "src/database/live_schema.h"
#include "tests/support/files.h"
#include "tests/support/paths.h"
#include "tests/support/postgres.h"

/// Every real history, replayed and applied to a server: both must end with the same schema, object by object.
namespace planner {
namespace {

/// drizzle splits its files at this comment, and the pieces need no semicolon.
std::vector<std::string> pieces(const std::string& text, bool drizzle) {
  static const std::string kBreak = "--> statement-breakpoint";
  std::vector<std::string> out;
  std::size_t begin = 0;
  for (std::size_t end = text.find(kBreak); drizzle && end != std::string::npos; end = text.find(kBreak, begin)) {
    out.push_back(text.substr(begin, end - begin));
    begin = end + kBreak.size();
  }
  out.push_back(text.substr(begin));
  return out;
}

class Histories : public test::PostgresTest {};

TEST_F(Histories, EndWithTheSchemaThatPostgresqlEndsWith) {
  PLANNER_SHARED_OR_SKIP(shared);
  const auto histories = nlohmann::json::parse(test::read_file(shared / "corpus" / "histories.json"));
  for (const auto& history : histories) {
    const std::string folder = history.at("folder");
    const std::string name = folder + "." + std::string(history.at("history"));
    SCOPED_TRACE(name);
    Connection connection(another_database());
    Schema schema;
    for (const auto& migration : history.at("migrations")) {
      if (!migration.at("up").is_string()) continue;
      const std::string path = migration.at("up");
      const std::string text = test::read_file(shared / "corpus" / folder / path);
      for (const std::string& piece : pieces(text, history.at("layout") == "drizzle")) {
        const ParsedFile file = parse_file(piece);
        for (const Statement& statement : file.statements) {
          EXPECT_EQ(statement.problem, ParseProblem::None) << path << ": " << statement.error;
          for (const ReplayProblem& problem : replay_statement(schema, statement.operations)) {
            ADD_FAILURE() << path << ": " << problem.message << "\n"
                          << piece.substr(statement.span.begin, statement.span.end - statement.span.begin);
          }
          connection.exec(piece.substr(statement.span.begin, statement.span.end - statement.span.begin));
        }
      }
    }
    CompareOptions options;
    options.name_a = "the replayed history";
    options.name_b = "PostgreSQL";
    options.column_order = true;
    const Schema live = read_schema(connection);
    for (const Difference& difference : compare(schema, live, options)) {
      ADD_FAILURE() << name << ": " << difference.sentence;
    }
  }
}

}  // namespace
}  // namespace planner
