#include <algorithm>
#include <array>
#include <string>

#include "planner/sql/recover.h"

namespace planner::pg {

namespace {

/// The words around the place where PostgreSQL 15's grammar stopped.
class Place {
 public:
  Place(std::string_view text, const std::vector<Token>& tokens, std::uint32_t error_at) {
    for (const Token& token : tokens) {
      if (token.is_comment()) continue;
      if (token.begin < error_at) ++at_;
      words_.push_back(identifier_of(text, token));
    }
  }

  std::string_view word(int offset) const {
    const auto index = static_cast<long>(at_) + offset;
    if (index < 0 || index >= static_cast<long>(words_.size())) return {};
    return words_[static_cast<std::size_t>(index)];
  }
  bool is_name(int offset) const {
    const std::string_view text = word(offset);
    return !text.empty() && text != "," && text != "(" && text != ")";
  }
  std::string_view first(std::size_t index) const {
    return index < words_.size() ? words_[index] : std::string_view{};
  }
  bool follows(std::string_view a, std::string_view b) const { return word(-1) == a && word(0) == b; }
  bool comes(std::string_view a, std::string_view b) const { return word(0) == a && word(1) == b; }
  bool at_end() const { return at_ >= words_.size(); }

  /// Has one of the words been passed?
  bool passed(std::string_view wanted) const {
    return std::find(words_.begin(), words_.begin() + static_cast<long>(std::min(at_, words_.size())),
                     wanted) != words_.begin() + static_cast<long>(std::min(at_, words_.size()));
  }

  /// `GENERATED ALWAYS AS ( ... )` ends right before the place.
  bool after_generated_expression() const {
    if (word(-1) != ")") return false;
    int depth = 0;
    for (auto i = static_cast<long>(at_) - 1; i >= 0; --i) {
      const std::string& each = words_[static_cast<std::size_t>(i)];
      if (each == ")") ++depth;
      if (each == "(" && --depth == 0) {
        return i >= 3 && words_[static_cast<std::size_t>(i - 1)] == "as" &&
               words_[static_cast<std::size_t>(i - 2)] == "always" &&
               words_[static_cast<std::size_t>(i - 3)] == "generated";
      }
    }
    return false;
  }

  /// The function whose parentheses the place stands in.
  std::string_view enclosing_call() const {
    int depth = 0;
    for (auto i = static_cast<long>(std::min(at_, words_.size())) - 1; i >= 0; --i) {
      const std::string& each = words_[static_cast<std::size_t>(i)];
      if (each == ")") ++depth;
      if (each == "(" && depth-- == 0)
        return i > 0 ? std::string_view(words_[static_cast<std::size_t>(i - 1)]) : "";
    }
    return {};
  }

 private:
  std::vector<std::string> words_;
  std::size_t at_ = 0;
};

template <std::size_t N>
bool one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Each line is a clause and the version that brought it.
bool newer_table_clause(const Place& at) {
  return at.word(0) == "enforced" || at.comes("not", "enforced") ||                                 // 18
         (at.word(0) == "virtual" && at.passed("generated")) || at.after_generated_expression() ||  // 18
         (at.comes("not", "null") && (at.word(-1) == "add" || at.word(-2) == "constraint")) ||      // 18
         (at.comes("not", "null") && (at.word(-1) == "," || at.word(-1) == "(") && at.passed("create") &&
          at.is_name(2)) ||                                          // 18
         (at.comes("no", "inherit") && at.follows("null", "no")) ||  // 18
         at.comes("without", "overlaps") ||
         (at.word(-1) == "period" && at.passed("key")) ||  // 18
         (at.passed("alter") && at.passed("constraint") &&
          (at.word(0) == "inherit" || at.comes("no", "inherit"))) ||
         at.follows("set", "expression") || at.follows("method", "default") ||               // 17
         at.follows("statistics", "default") || at.follows("storage", "default") ||          // 17, 16
         ((at.word(0) == "logged" || at.word(0) == "unlogged") && at.passed("identity")) ||  // 17
         (at.word(0) == "storage" && (at.passed("create") || at.passed("add"))) ||           // 16
         at.comes("split", "partition") || at.comes("merge", "partitions");                  // 19
}

bool newer_query_clause(const Place& at, std::string_view error) {
  static constexpr std::array<std::string_view, 11> kJsonFunctions{
      "json",        "json_scalar", "json_table",    "json_value",     "json_query",    "json_exists",
      "json_object", "json_array",  "json_arrayagg", "json_objectagg", "json_serialize"};
  static constexpr std::array<std::string_view, 16> kJsonClauses{
      "columns", "returning", "passing", "value",   ":",    "with", "without", "absent",
      "null",    "on",        "error",   "default", "keep", "omit", "format",  "empty"};
  const bool merge = at.passed("merge");
  return (merge && (at.word(0) == "returning" || at.follows("matched", "by"))) ||              // 17
         at.follows("returning", "with") || at.follows("at", "local") ||                       // 18, 17
         (at.word(0) == "json" && (at.word(-1) == "is" || at.word(-2) == "is")) ||             // 16
         (one_of(at.enclosing_call(), kJsonFunctions) && one_of(at.word(0), kJsonClauses)) ||  // 16, 17
         error.find("in FROM must have an alias") != std::string_view::npos;                   // 16
}

bool newer_command(const Place& at) {
  const std::string_view command = at.first(0);
  return (command == "grant" && at.passed("with") &&
          (at.word(-1) == "admin" || at.word(0) == "inherit" || at.word(0) == "set" ||
           at.word(-1) == "inherit")) ||  // 16
         (command == "revoke" && (at.follows("inherit", "option") || at.follows("set", "option") ||
                                  at.comes("set", "option") || at.comes("inherit", "option"))) ||  // 16
         (command == "reindex" && at.at_end() &&
          (at.word(-1) == "database" || at.word(-1) == "system")) ||                        // 16
         (command == "create" && at.first(1) == "statistics" && at.word(0) == "on") ||      // 16
         ((command == "vacuum" || command == "analyze") && at.word(0) == "only") ||         // 18
         (command == "alter" && at.first(1) == "default" && at.comes("large", "objects"));  // 18
}

/// `1_000`, `0xff`, `0o17`, `0b11` (16).
bool newer_number(std::string_view text, std::uint32_t error_at, std::string_view error) {
  if (error.find("trailing junk after numeric literal") == std::string_view::npos) return false;
  const std::string_view number = text.substr(std::min<std::size_t>(error_at, text.size()), 64);
  const auto digit = [&](std::size_t i) { return i < number.size() && number[i] >= '0' && number[i] <= '9'; };
  if (number.size() > 2 && number[0] == '0' &&
      std::string_view("xXoObB").find(number[1]) != std::string_view::npos) {
    return true;
  }
  std::size_t i = 0;
  while (digit(i)) ++i;
  return i > 0 && i < number.size() && number[i] == '_' && digit(i + 1);
}

}  // namespace

bool is_newer_syntax(std::string_view text, const std::vector<Token>& tokens, std::uint32_t error_at,
                     std::string_view error) {
  if (newer_number(text, error_at, error)) return true;
  // The grammar knows the words for other constraints; 18 takes them for NOT NULL.
  if (error.find("ALTER CONSTRAINT statement constraints cannot be marked NO INHERIT") != std::string::npos)
    return true;
  const Place at(text, tokens, error_at);
  return newer_table_clause(at) || newer_query_clause(at, error) || newer_command(at);
}

}  // namespace planner::pg
