#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>

#include "planner/sql/expression.h"
#include "planner/sql/expression_form.h"
#include "planner/sql/tree.h"

namespace planner {

namespace pg {

namespace {

/// Where an operand stands decides which casts PostgreSQL may have added and shows.
enum class Place { Elsewhere, Comparison, Argument, Alternative };

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool may_be_implicit(const planner::TypeName& type, Place place) {
  if (!type.name.schema.empty() || !type.modifiers.empty()) return false;
  const std::string& name = type.name.name.str();
  if (is_one_of(name, {"text", "varchar", "bpchar"})) return true;
  if (type.array_dimensions > 0) return false;
  if (is_one_of(name, {"numeric", "float8"})) return place != Place::Elsewhere;
  if (place == Place::Alternative && is_one_of(name, {"int4", "int8"})) return true;
  return (place == Place::Argument || place == Place::Alternative) &&
         is_one_of(name, {"timestamp", "timestamptz"});
}

bool same_type(const planner::TypeName& a, const planner::TypeName& b) {
  const bool schemas = a.name.schema.empty() || b.name.schema.empty() || a.name.schema == b.name.schema;
  return schemas && a.name.name == b.name.name && a.modifiers == b.modifiers &&
         a.other_modifiers == b.other_modifiers && (a.array_dimensions > 0) == (b.array_dimensions > 0);
}

struct Interval {
  std::int64_t months = 0;
  std::int64_t days = 0;
  double seconds = 0;
  friend bool operator==(const Interval&, const Interval&) = default;
};

/// Adds `HH:MM:SS`; false when it is none.
bool add_clock(std::string_view text, Interval& interval) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  double seconds = 0;
  double unit = 3600;
  while (!text.empty() && unit >= 1) {
    const std::string part(text.substr(0, text.find(':')));
    char* end = nullptr;
    const double value = std::strtod(part.c_str(), &end);
    if (part.empty() || *end != '\0') return false;
    seconds += value * unit;
    unit /= 60;
    if (text.size() <= part.size()) break;
    text.remove_prefix(part.size() + 1);
  }
  interval.seconds += negative ? -seconds : seconds;
  return true;
}

bool add_unit(double number, std::string unit, Interval& interval) {
  std::transform(unit.begin(), unit.end(), unit.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (unit.size() > 1 && unit.ends_with('s')) unit.pop_back();
  const auto whole = static_cast<std::int64_t>(number);
  if (static_cast<double>(whole) != number &&
      !is_one_of(unit, {"second", "sec", "minute", "min", "hour", "hr"})) {
    return false;
  }
  if (is_one_of(unit, {"year", "yr", "y"})) {
    interval.months += whole * 12;
  } else if (is_one_of(unit, {"month", "mon"})) {
    interval.months += whole;
  } else if (is_one_of(unit, {"week", "w"})) {
    interval.days += whole * 7;
  } else if (is_one_of(unit, {"day", "d"})) {
    interval.days += whole;
  } else if (is_one_of(unit, {"hour", "hr", "h"})) {
    interval.seconds += number * 3600;
  } else if (is_one_of(unit, {"minute", "min", "m"})) {
    interval.seconds += number * 60;
  } else if (is_one_of(unit, {"second", "sec", "s"})) {
    interval.seconds += number;
  } else {
    return false;
  }
  return true;
}

/// What is written in an interval constant: `1 day 02:00:00`, `90 minutes`.
std::optional<Interval> interval_of(std::string_view text) {
  Interval interval;
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    if (end > at) words.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i].find(':') != std::string::npos) {
      if (!add_clock(words[i], interval)) return std::nullopt;
      continue;
    }
    char* end = nullptr;
    const double number = std::strtod(words[i].c_str(), &end);
    if (end == words[i].c_str()) return std::nullopt;
    std::string unit = end;
    if (unit.empty()) {
      if (i + 1 == words.size()) return std::nullopt;
      unit = words[++i];
    }
    if (!add_unit(number, std::move(unit), interval)) return std::nullopt;
  }
  return words.empty() ? std::nullopt : std::optional(interval);
}

/// A date and time without what midnight and UTC add to it.
std::string plain_timestamp(std::string text) {
  if (text == "epoch") return "1970-01-01";
  std::replace(text.begin(), text.end(), 'T', ' ');
  for (const std::string_view tail : {"Z", "+00:00", "+00", ".000000", ".000", " 00:00:00", " 00:00"}) {
    if (text.ends_with(tail)) text.resize(text.size() - tail.size());
  }
  return text;
}

bool same_json(const std::string& a, const std::string& b) {
  const auto left = nlohmann::json::parse(a, nullptr, false);
  const auto right = nlohmann::json::parse(b, nullptr, false);
  return !left.is_discarded() && !right.is_discarded() && left == right;
}

std::optional<bool> truth_of(std::string_view text) {
  if (is_one_of(text, {"t", "true", "y", "yes", "on"})) return true;
  if (is_one_of(text, {"f", "false", "n", "no", "off"})) return false;
  return std::nullopt;
}

/// Numbers short enough that double tells them apart.
bool same_number(const std::string& a, const std::string& b) {
  const auto number = [](const std::string& text) -> std::optional<double> {
    if (text.empty() || text.size() > 15) return std::nullopt;
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    const bool digits = text.find_first_not_of("0123456789.eE+-") == std::string::npos;
    return *end == '\0' && digits ? std::optional(value) : std::nullopt;
  };
  const auto left = number(a);
  return left && left == number(b);
}

bool same_constant(const Form& a, const Form& b) {
  if (a.text == b.text) return true;
  const auto either = [&](std::initializer_list<std::string_view> types) {
    return (a.type.array_dimensions == 0 && is_one_of(a.type.name.name.str(), types)) ||
           (b.type.array_dimensions == 0 && is_one_of(b.type.name.name.str(), types));
  };
  if (either({"interval"})) {
    const auto left = interval_of(a.text);
    return left && left == interval_of(b.text);
  }
  if (either({"json", "jsonb"})) return same_json(a.text, b.text);
  if (either({"timestamp", "timestamptz", "date"})) return plain_timestamp(a.text) == plain_timestamp(b.text);
  if (either({"bool"})) return truth_of(a.text) && truth_of(a.text) == truth_of(b.text);
  if (either({"time", "timetz"})) {
    Interval left;
    Interval right;
    return add_clock(a.text, left) && add_clock(b.text, right) && left == right;
  }
  if (either({"regclass"})) {
    const auto left = relation_in(a.text);
    const auto right = relation_in(b.text);
    return left && right && left->name == right->name &&
           (left->schema.empty() || right->schema.empty() || left->schema == right->schema);
  }
  // Bounds of partitions are printed without a cast: a date is one whatever is added to it.
  if (a.type.empty() && b.type.empty() && a.text.size() >= 10 &&
      a.text.find_first_not_of("0123456789-:+. TZ") == std::string::npos &&
      plain_timestamp(a.text) == plain_timestamp(b.text)) {
    return true;
  }
  // Two words are two words, whatever numbers they look like.
  if (either({"text", "varchar", "bpchar", "name"})) return false;
  return same_number(a.text, b.text);
}

/// `public.f` and `f`, `users.id` and `id`: what one side leaves out does not count.
bool same_tail(const std::vector<Form>& a, const std::vector<Form>& b) {
  const std::size_t shared = std::min(a.size(), b.size());
  return std::equal(a.end() - static_cast<std::ptrdiff_t>(shared), a.end(),
                    b.end() - static_cast<std::ptrdiff_t>(shared),
                    [](const Form& x, const Form& y) { return x.text == y.text; });
}

Place place_of_operands(const Form& form) {
  if (form.kind == FormKind::Operator && is_one_of(form.text, {"=", "<>", "<", "<=", ">", ">="}))
    return Place::Comparison;
  if (form.kind == FormKind::AnyAll) return Place::Comparison;
  // The alternatives of GREATEST, COALESCE, CASE get one common type.
  if (form.kind == FormKind::Other && is_one_of(form.text, {"args", "result", "defresult"}))
    return Place::Alternative;
  return Place::Elsewhere;
}

bool equal(const Form& a, const Form& b, Place place) {
  if (a.kind == FormKind::Cast || b.kind == FormKind::Cast) {
    if (a.kind == b.kind && same_type(a.type, b.type)) return equal(a.children[0], b.children[0], place);
    if (a.kind == FormKind::Cast && may_be_implicit(a.type, place)) return equal(a.children[0], b, place);
    if (b.kind == FormKind::Cast && may_be_implicit(b.type, place)) return equal(a, b.children[0], place);
    return false;
  }
  if (a.kind != b.kind) return false;
  if (a.kind == FormKind::Constant) return same_constant(a, b);
  if (a.kind == FormKind::Column) return same_tail(a.children, b.children);
  if (a.text != b.text) return false;
  if (a.kind == FormKind::Name) return same_tail(a.children, b.children);
  if (a.kind == FormKind::Other && a.text == "type") return same_type(a.type, b.type);
  const bool arguments = a.kind == FormKind::Other && a.text == "arguments";
  const Place below = arguments ? Place::Argument : place_of_operands(a);
  return std::equal(a.children.begin(), a.children.end(), b.children.begin(), b.children.end(),
                    [&](const Form& x, const Form& y) { return equal(x, y, below); });
}

}  // namespace

bool equal_forms(const Form& a, const Form& b) { return equal(a, b, Place::Elsewhere); }

}  // namespace pg

bool same_meaning(const Expression& a, const Expression& b) {
  if (a.empty() || b.empty()) return a.empty() == b.empty();
  if (a == b) return true;
  return pg::equal_forms(pg::form_of(ExpressionAccess::node(a)), pg::form_of(ExpressionAccess::node(b)));
}

}  // namespace planner
