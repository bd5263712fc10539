#pragma once

#include <optional>
#include <string>
#include <vector>

#include "planner/rule.h"

/// Rules that a team writes in planner.toml: an operation is matched, and what it says about it is the team's
/// own words.
namespace planner::rules {

struct TeamRule {
  enum class Requires {
    Nothing,  ///< whatever matches is reported
    Comment,  ///< a comment above the statement, or COMMENT ON what it makes
    Name,     ///< a name that fits `pattern`
    Owner,    ///< a table that a service of planner.toml owns
  };
  std::string id;
  Severity severity = Severity::Error;
  std::vector<std::string> operations;                        ///< kinds (`drop-column`), as globs; empty: any
  std::vector<std::string> tables, columns, types, services;  ///< globs; empty: any
  std::optional<double> min_rows;  ///< only tables that a database says are at least this large
  Requires what = Requires::Nothing;
  std::string pattern;  ///< a regular expression over the whole name
  std::string message, help;
};

/// The rule value. It holds views into `team`, which must outlive it.
Rule make_rule(const TeamRule& team);

/// Every operation kind there is: `add-column`, `drop-table`, ...
const std::vector<std::string>& operation_kinds();

/// Why the text is no regular expression; empty when it is one.
std::string pattern_problem(const std::string& pattern);

}  // namespace planner::rules
