#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "rules/registry.h"
#include "tests/golden/rule_case.h"
#include "tests/support/files.h"
#include "tests/support/paths.h"

/// The operations that checkers look at, one row each: what planner says about it, and about nothing else.
/// The rows are measured claims about PostgreSQL turned into SQL: a danger that is missed fails as a false
/// alarm does.
namespace planner::test {
namespace {

struct Row {
  int line = 0;
  std::string id, settings, given, statement, expected;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.statement; }

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields;
  std::istringstream stream(line);
  for (std::string field; std::getline(stream, field, '\t');) fields.push_back(field);
  return fields;
}

std::vector<Row> rows() {
  std::vector<Row> all;
  std::ifstream file(source_dir() / "tests/golden/operations/operations.tsv");
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.empty() || line.front() == '#' || line.rfind("id\t", 0) == 0) continue;
    const std::vector<std::string> fields = fields_of(line);
    if (fields.size() != 5)
      throw std::runtime_error("operations.tsv:" + std::to_string(number) + ": five columns");
    all.push_back({number, fields[0], fields[1], fields[2], fields[3], fields[4]});
  }
  return all;
}

/// `error add-check, info cached-plans`
std::set<std::string> words_of(const std::string& expected) {
  std::set<std::string> words;
  if (expected == "safe") return words;
  std::istringstream stream(expected);
  for (std::string word; std::getline(stream, word, ',');)
    words.insert(word.substr(word.find_first_not_of(' ')));
  return words;
}

const std::string& schema() {
  static const std::string text = read_file(source_dir() / "tests/golden/operations/schema.sql");
  return text;
}

class Operations : public ::testing::TestWithParam<Row> {};

TEST_P(Operations, is_judged_as_measured) {
  const Row& row = GetParam();
  const CaseResult result =
      analyze_case(schema() + row.given, row.statement, CaseSettings::read_words(row.settings));
  std::set<std::string> found;
  for (const Finding& finding : result.findings()) {
    found.insert(std::string(severity_name(finding.severity)) + " " + finding.rule);
  }
  EXPECT_EQ(found, words_of(row.expected))
      << row.id << ", operations.tsv:" << row.line << "\n  " << row.given << "\n  " << row.statement << "\n"
      << result.text();
}

INSTANTIATE_TEST_SUITE_P(Survey, Operations, ::testing::ValuesIn(rows()),
                         [](const auto& row) { return row.param.id + "_" + std::to_string(row.param.line); });

/// Every danger somebody found worth a rule has a row, and every rule that the rows expect exists.
TEST(OperationsTable, names_only_rules_there_are) {
  for (const Row& row : rows()) {
    for (const std::string& word : words_of(row.expected)) {
      EXPECT_NE(find_rule(word.substr(word.find(' ') + 1)), nullptr) << row.id << ": " << word;
    }
  }
}

}  // namespace
}  // namespace planner::test
