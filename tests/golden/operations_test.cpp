#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
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
  std::string file;  ///< in tests/golden/operations, without .tsv
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

void read_rows(const std::string& name, std::vector<Row>& all) {
  std::ifstream file(source_dir() / "tests/golden/operations" / (name + ".tsv"));
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.empty() || line.front() == '#' || line.rfind("id\t", 0) == 0) continue;
    const std::vector<std::string> fields = fields_of(line);
    if (fields.size() != 5)
      throw std::runtime_error(name + ".tsv:" + std::to_string(number) + ": five columns");
    all.push_back({name, number, fields[0], fields[1], fields[2], fields[3], fields[4]});
  }
}

/// The survey, and the same operations in other shapes: quoted, of a second schema, in DO blocks, on
/// partitions.
std::vector<Row> rows() {
  std::vector<Row> all;
  read_rows("operations", all);
  read_rows("shapes", all);
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

const std::string& schema_of(const Row& row) {
  static const std::filesystem::path folder = source_dir() / "tests/golden/operations";
  static const std::string survey = read_file(folder / "schema.sql");
  static const std::string shapes = read_file(folder / "shapes_schema.sql");
  return row.file == "shapes" ? shapes : survey;
}

class Operations : public ::testing::TestWithParam<Row> {};

TEST_P(Operations, is_judged_as_measured) {
  const Row& row = GetParam();
  const CaseResult result =
      analyze_case(schema_of(row) + row.given, row.statement, CaseSettings::read_words(row.settings));
  std::set<std::string> found;
  for (const Finding& finding : result.findings()) {
    found.insert(std::string(severity_name(finding.severity)) + " " + finding.rule);
  }
  EXPECT_EQ(found, words_of(row.expected)) << row.id << ", " << row.file << ".tsv:" << row.line << "\n  "
                                           << row.given << "\n  " << row.statement << "\n"
                                           << result.text();
}

INSTANTIATE_TEST_SUITE_P(Survey, Operations, ::testing::ValuesIn(rows()), [](const auto& row) {
  return row.param.file + "_" + row.param.id + "_" + std::to_string(row.param.line);
});

/// Every danger somebody found worth a rule has a row, and every rule that the rows expect exists.
TEST(OperationsTable, names_only_rules_there_are) {
  for (const Row& row : rows()) {
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
  for (const Row& row : rows()) seen.insert(row.id);
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
