#include <gtest/gtest.h>

#include <algorithm>

#include "planner/compose/compose.h"
#include "planner/sql/parse.h"
#include "src/proof/catalog.h"
#include "tests/plans/plan_case.h"
#include "tests/support/files.h"
#include "tests/support/paths.h"
#include "tests/support/postgres.h"

/// Every golden plan, as text and on a server: history and phases end where history and original end, and
/// every way back returns.
namespace planner::test {
namespace {

std::filesystem::path cases() { return source_dir() / "tests" / "plans" / "cases"; }

std::optional<std::string> render(const GoldenCase& golden, const std::string& section) {
  if (section != "plan") return std::nullopt;
  return plan_text(read_plan_case(golden).split());
}

const bool registered = register_golden("Text", cases(), render);

std::vector<std::string> names() {
  std::vector<std::string> all;
  for (const std::string& file : files_below(cases())) {
    if (file.ends_with(".golden")) all.push_back(file.substr(0, file.size() - 7));
  }
  return all;
}

struct State {
  std::vector<std::string> catalog;
  DataSnapshot data;
};

State state_of(Connection& connection) { return {catalog_lines(connection), data_snapshot(connection)}; }

/// Statement by statement, as psql sends a file.
void run_statements(Connection& connection, const std::string& text) {
  for (const Statement& statement : parse_file(text).statements) {
    connection.exec(text.substr(statement.span.begin, statement.span.end - statement.span.begin));
  }
}

void expect_same(const State& expected, const State& found, const std::string& what, bool data) {
  for (const std::string& line : difference(expected.catalog, found.catalog))
    ADD_FAILURE() << what << ": " << line;
  if (!data) return;
  for (const std::string& line : difference(expected.data, found.data)) ADD_FAILURE() << what << ": " << line;
}

/// `--- same rows`: a query whose rows no phase changes, for plans whose data no other run would give (keys
/// made anew): what belongs together has to stay together.
std::vector<std::string> rows_of(Connection& connection, const GoldenCase& golden) {
  std::vector<std::string> rows;
  if (golden.find("same rows") == nullptr) return rows;
  const Result found =
      connection.exec("SELECT r::text FROM (" + golden.text("same rows") + ") AS r ORDER BY 1");
  for (const Row& row : found.rows) rows.push_back(row.front().value_or(""));
  return rows;
}

class OnServer : public PostgresTest, public ::testing::WithParamInterface<std::string> {};

TEST_P(OnServer, phases_end_where_the_original_ends) {
  const GoldenCase golden = parse_golden(cases() / (GetParam() + ".golden"));
  const PlanCase given = read_plan_case(golden);
  const SplitResult result = given.split();
  if (result.outcome != SplitResult::Outcome::Planned) GTEST_SKIP() << "there is no plan to run";

  db().exec(given.history.migrations.front().text);
  if (!given.rows.empty()) db().exec(given.rows);
  const State start = state_of(db());
  const std::vector<std::string> together = rows_of(db(), golden);
  for (const Phase& phase : result.plan.phases) {
    SCOPED_TRACE(phase.folder);
    const State before = state_of(db());
    for (const Condition& condition : phase.before)
      EXPECT_TRUE(db().exec(condition.query.str()).empty()) << condition.says;
    db().exec(migration_text(result.plan, phase));
    if (phase.backfill) db().exec(migration_text(result.plan, phase));  // may always run again
    if (phase.reversible) {
      run_statements(db(), rollback_text(result.plan, phase));
      expect_same(before, state_of(db()), "rollback of " + phase.folder, !phase.backfill);
      if (!phase.rollback.empty()) db().exec(migration_text(result.plan, phase));
    }
    for (const Condition& condition : phase.after)
      EXPECT_TRUE(db().exec(condition.query.str()).empty()) << condition.says;
    EXPECT_EQ(together, rows_of(db(), golden));
  }
  const State end = state_of(db());
  for (const std::string& line : end.catalog) EXPECT_EQ(line.find("planner_"), std::string::npos) << line;

  // `--- same as`: what the original means when it cannot run on rows or would lose them (DROP + ADD).
  const std::string meaning =
      golden.find("same as") != nullptr ? golden.text("same as") : given.migration().text;
  Connection other(another_database());
  other.exec(given.history.migrations.front().text);
  if (!given.rows.empty()) other.exec(given.rows);
  run_statements(other, meaning);
  expect_same(state_of(other), end, "end", golden.find("other data") == nullptr);
}

INSTANTIATE_TEST_SUITE_P(Cases, OnServer, ::testing::ValuesIn(names()), [](const auto& given) {
  std::string name = given.param;
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
});

}  // namespace
}  // namespace planner::test
