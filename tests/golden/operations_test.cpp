#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include "rules/registry.h"
#include "tests/golden/operation_rows.h"
#include "tests/golden/rule_case.h"

/// The operations that checkers look at, one row each: what planner says about it, and about nothing else.
/// The rows are measured claims about PostgreSQL turned into SQL: a danger that is missed fails as a false
/// alarm does.
namespace planner::test {
namespace {

/// `error add-check, info cached-plans`
std::set<std::string> words_of(const std::string& expected) {
  std::set<std::string> words;
  if (expected == "safe") return words;
  std::istringstream stream(expected);
  for (std::string word; std::getline(stream, word, ',');)
    words.insert(word.substr(word.find_first_not_of(' ')));
  return words;
}

class Operations : public ::testing::TestWithParam<OperationRow> {};

TEST_P(Operations, is_judged_as_measured) {
  const OperationRow& row = GetParam();
  const CaseResult result =
      analyze_case(row.schema() + row.given, row.statement, CaseSettings::read_words(row.settings));
  std::set<std::string> found;
  for (const Finding& finding : result.findings()) {
    found.insert(std::string(severity_name(finding.severity)) + " " + finding.rule);
  }
  EXPECT_EQ(found, words_of(row.expected)) << row.id << ", " << row.file << ".tsv:" << row.line << "\n  "
                                           << row.given << "\n  " << row.statement << "\n"
                                           << result.text();
}

INSTANTIATE_TEST_SUITE_P(Survey, Operations, ::testing::ValuesIn(operation_rows()), [](const auto& row) {
  return row.param.file + "_" + row.param.id + "_" + std::to_string(row.param.line);
});

/// Every danger somebody found worth a rule has a row, and every rule that the rows expect exists.
TEST(OperationsTable, names_only_rules_there_are) {
  for (const OperationRow& row : operation_rows()) {
    for (const std::string& word : words_of(row.expected)) {
      EXPECT_NE(find_rule(word.substr(word.find(' ') + 1)), nullptr) << row.id << ": " << word;
    }
  }
}

/// Each operation of the survey has a row, or is one that no statement shows.
TEST(OperationsTable, covers_the_survey) {
  const std::map<char, int> sections{{'A', 22}, {'B', 17}, {'C', 12}, {'D', 23}, {'E', 23}, {'F', 8},
                                     {'G', 18}, {'H', 8},  {'I', 16}, {'J', 9},  {'K', 8},  {'L', 8},
                                     {'M', 12}, {'N', 3},  {'O', 14}, {'P', 6}};
  const std::map<std::string, std::string> of_files{
      {"E9", ""},  // a defect of PostgreSQL 14.0 to 14.3: rows know a major version only
      {"N3", "no-way-back"},
      {"O13", ""},  // a team's own: team_rule with require = "comment"
      {"P3", ""},   // a team's own: team_rule with require = "name"
      {"P5", "migration-out-of-order"}};
  std::set<std::string> seen;
  for (const OperationRow& row : operation_rows()) seen.insert(row.id);
  for (const auto& [section, count] : sections) {
    for (int number = 1; number <= count; ++number) {
      const std::string id = section + std::to_string(number);
      const auto elsewhere = of_files.find(id);
      if (elsewhere == of_files.end()) {
        EXPECT_TRUE(seen.contains(id)) << id;
      } else if (!elsewhere->second.empty()) {
        EXPECT_NE(find_rule(elsewhere->second), nullptr) << id;
      }
    }
  }
}

}  // namespace
}  // namespace planner::test
