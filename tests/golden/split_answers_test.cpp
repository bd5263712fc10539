#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "plans/registry.h"
#include "rules/registry.h"
#include "tests/golden/operation_rows.h"
#include "tests/golden/rule_case.h"

/// What `analyze` calls an error, `split` never calls safe to deploy as it is: it plans, asks or refuses.
namespace planner::test {
namespace {

/// Findings about how the file is written and sent, which a plan of its statements has nothing to say to.
bool about_the_statements(const Finding& finding) {
  static const std::set<std::string, std::less<>> about_files{};
  return finding.severity == Severity::Error && finding.suppressed_by.empty() &&
         !about_files.contains(finding.rule);
}

class SplitAnswers : public ::testing::TestWithParam<OperationRow> {};

TEST_P(SplitAnswers, every_error) {
  const OperationRow& row = GetParam();
  const CaseSettings settings = CaseSettings::read_words(row.settings);
  const CaseResult judged = analyze_case(row.schema() + row.given, row.statement, settings);
  const std::vector<Finding> findings = judged.findings();
  if (std::none_of(findings.begin(), findings.end(), about_the_statements)) return;
  SplitOptions options;
  options.effects.server_version = settings.version;
  options.answers = settings.answers;
  const SplitResult result =
      split(judged.history, judged.history.migrations.size() - 1, all_rules(), all_recipes(), options);
  EXPECT_NE(result.outcome, SplitResult::Outcome::NothingToDo)
      << row.id << ", " << row.file << ".tsv:" << row.line << "\n  " << row.given << "\n  " << row.statement
      << "\n"
      << judged.text();
}

INSTANTIATE_TEST_SUITE_P(Survey, SplitAnswers, ::testing::ValuesIn(operation_rows()), [](const auto& row) {
  return row.param.file + "_" + row.param.id + "_" + std::to_string(row.param.line);
});

}  // namespace
}  // namespace planner::test
