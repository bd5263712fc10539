#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "planner/engine.h"

/// A history of two parts, what is applied and what is pending, analysed with every rule.
namespace planner::test {

/// `tool: flyway`, `name: 20240101000000_rename_a_to_b`, `version: 180000`, `rows users: 1000000`, `on:
/// index-name`.
struct CaseSettings {
  std::string name = "20240601000000_pending";
  Tool tool = Tool::PrismaUnknown;
  int version = 150000;
  std::map<std::string, double> rows;
  std::vector<std::string> on;  ///< opt-in rules to switch on
  RenameAnswers answers;
  Ownership ownership;  ///< `service=billing`, `owner=billing:invoices,payment_*`

  /// One `key: value` a line.
  static CaseSettings read(std::string_view lines);
  /// `key=value` words behind the language of a fence.
  static CaseSettings read_words(std::string_view words);
  void set(const std::string& key, const std::string& value);
};

struct CaseResult {
  History history;
  Analysis analysis;

  std::vector<Finding> findings() const;
  std::string text() const;  ///< as `planner analyze` prints it, without the last line
};

/// `schema` may be empty; otherwise it is one applied migration.
CaseResult analyze_case(std::string_view schema, std::string_view migration, const CaseSettings& settings);
/// The same with other rules than planner's own.
CaseResult analyze_case(std::string_view schema, std::string_view migration, const CaseSettings& settings,
                        const RuleSet& rules);

}  // namespace planner::test
