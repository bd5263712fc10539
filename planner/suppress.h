#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
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

/// The directives of one file. Costs nothing when the text holds none.
class Suppressions {
 public:
  Suppressions(const ParsedFile& file, std::string_view text);

  /// The suppression that silences this rule at this statement, marked as used; nullptr when none does. One
  /// without a reason silences nothing.
  const Suppression* find(std::string_view rule, std::size_t statement);
  const std::vector<Suppression>& all() const { return all_; }

 private:
  /// Those that name one rule at one place, in the order of the file.
  struct Group {
    std::vector<std::size_t> members;
    std::size_t marked = 0;          ///< how many of them are known to be used
    std::size_t silences = kNobody;  ///< the first with a reason
  };
  static constexpr std::size_t kNobody = static_cast<std::size_t>(-1);
  using Groups = std::map<std::pair<std::string, std::size_t>, Group, std::less<>>;

  std::vector<Suppression> all_;
  Groups of_statements_;
  std::map<std::string, Group, std::less<>> of_file_;
};

}  // namespace planner
