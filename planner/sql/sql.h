#pragma once

#include <fmt/core.h>

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "planner/sql/names.h"

namespace planner {

/// SQL text that was put together by `sql()`: the one door. Nothing else makes one, except `verbatim`,
/// which is for the user's own words.
class Sql {
 public:
  Sql() = default;
  static Sql verbatim(std::string user_text) { return Sql(std::move(user_text)); }

  const std::string& str() const { return text_; }
  bool empty() const { return text_.empty(); }
  friend bool operator==(const Sql&, const Sql&) = default;

 private:
  explicit Sql(std::string text) : text_(std::move(text)) {}
  template <typename... Args>
  friend Sql sql(fmt::format_string<Args...> format, const Args&... args);
  friend Sql join(const std::vector<Sql>& parts, std::string_view separator);
  friend Sql block(const std::vector<Sql>& statements);
  std::string text_;
};

/// A string that becomes a quoted SQL literal, `'it''s'` (or `E'..'` when it holds a backslash).
struct Literal {
  explicit Literal(std::string literal_value) : value(std::move(literal_value)) {}
  std::string value;
};
std::string quoted(const Literal& literal);

template <typename T>
concept SqlArgument = std::same_as<T, Identifier> || std::same_as<T, ObjectName> ||
    std::same_as<T, Literal> || std::same_as<T, Sql> ||
    (std::integral<T> && !std::same_as<T, char> && !std::same_as<T, bool>);

/// `sql("ALTER TABLE {} RENAME COLUMN {} TO {}", table, from, to)`. Arguments are quoted by their type; a
/// plain string does not compile.
template <typename... Args>
Sql sql(fmt::format_string<Args...> format, const Args&... args) {
  static_assert((SqlArgument<Args> && ...),
                "only Identifier, ObjectName, Literal, Sql and integers become SQL");
  return Sql(fmt::vformat(format, fmt::make_format_args(args...)));
}

Sql join(const std::vector<Sql>& parts, std::string_view separator);

/// `"a", "b"`
Sql column_list(const std::vector<Identifier>& names);

/// Statements one under another, each ended by a semicolon.
Sql block(const std::vector<Sql>& statements);

/// Text made harmless inside a `-- ` comment: one line per line of text, each starting with `-- `; control
/// characters dropped.
std::string comment_lines(std::string_view text);

/// A dollar-quoted string literal whose tag does not occur in the body: `$planner$...$planner$`.
Sql dollar_quoted(const Sql& body);

}  // namespace planner

namespace planner::detail {
template <typename T>
struct QuotedFormatter {
  template <typename ParseContext>
  constexpr auto parse(ParseContext& context) {
    return context.begin();
  }
  template <typename FormatContext>
  auto format(const T& value, FormatContext& context) const {
    return fmt::format_to(context.out(), "{}", quoted(value));
  }
};
}  // namespace planner::detail

template <>
struct fmt::formatter<planner::Identifier> : planner::detail::QuotedFormatter<planner::Identifier> {};
template <>
struct fmt::formatter<planner::ObjectName> : planner::detail::QuotedFormatter<planner::ObjectName> {};
template <>
struct fmt::formatter<planner::Literal> : planner::detail::QuotedFormatter<planner::Literal> {};
template <>
struct fmt::formatter<planner::Sql> {
  template <typename ParseContext>
  constexpr auto parse(ParseContext& context) {
    return context.begin();
  }
  template <typename FormatContext>
  auto format(const planner::Sql& value, FormatContext& context) const {
    return fmt::format_to(context.out(), "{}", value.str());
  }
};
