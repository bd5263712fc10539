#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "planner/sql/parse.h"

/// `-- planner:ignore rule-id reason` above a statement and `-- planner:ignore-file rule-id reason` anywhere
/// in a file.
namespace planner {

struct Suppression {
  std::vector<std::string> rules;  ///< one or several, separated by commas
  std::string reason;
  Span span;  ///< the comment
  bool whole_file = false;
  std::size_t statement = 0;  ///< the statement it is about; `statements.size()` when none follows
  bool used = false;
};

/// Reads the directives of a file. Costs nothing when the text holds none.
std::vector<Suppression> suppressions_of(const ParsedFile& file, std::string_view text);

/// The suppression that silences this rule at this statement, marked as used; nullptr when none does. One
/// without a reason silences nothing.
const Suppression* find_suppression(std::vector<Suppression>& suppressions, std::string_view rule,
                                    std::size_t statement);

}  // namespace planner
