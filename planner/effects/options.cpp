#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "planner/effects/build.h"

/// Storage parameters: which there are for what, and what they may be (reloptions.c).
namespace planner::physics {
namespace {

enum class Takes { Switch, Whole, Real, Word };

/// Who has a parameter: `r` tables, `v` views, `c` columns, and indexes by method:
/// `b` btree, `h` hash, `g` gist, `s` spgist, `n` gin, `i` brin.
struct Parameter {
  std::string_view name;
  std::string_view of;
  Takes takes;
  double least = 0;
  double most = 0;
  std::string_view words = {};  ///< besides `on`, `off` and their like
  int since = 0;
};

constexpr double kInt = std::numeric_limits<int>::max();
constexpr double kReal = std::numeric_limits<double>::max();
constexpr Parameter kParameters[] = {
    {"autosummarize", "i", Takes::Switch},
    {"autovacuum_enabled", "r", Takes::Switch},
    {"user_catalog_table", "r", Takes::Switch},
    {"fastupdate", "n", Takes::Switch},
    {"security_barrier", "v", Takes::Switch},
    {"security_invoker", "v", Takes::Switch, 0, 0, {}, 15},
    {"vacuum_truncate", "r", Takes::Switch},
    {"deduplicate_items", "b", Takes::Switch, 0, 0, {}, 13},
    {"fillfactor", "rbhgs", Takes::Whole, 10, 100},
    {"autovacuum_vacuum_threshold", "r", Takes::Whole, 0, kInt},
    {"autovacuum_vacuum_max_threshold", "r", Takes::Whole, -1, kInt, {}, 18},
    {"autovacuum_vacuum_insert_threshold", "r", Takes::Whole, -1, kInt, {}, 13},
    {"autovacuum_analyze_threshold", "r", Takes::Whole, 0, kInt},
    {"autovacuum_vacuum_cost_limit", "r", Takes::Whole, 1, 10000},
    {"autovacuum_freeze_min_age", "r", Takes::Whole, 0, 1e9},
    {"autovacuum_multixact_freeze_min_age", "r", Takes::Whole, 0, 1e9},
    {"autovacuum_freeze_max_age", "r", Takes::Whole, 1e5, 2e9},
    {"autovacuum_multixact_freeze_max_age", "r", Takes::Whole, 1e4, 2e9},
    {"autovacuum_freeze_table_age", "r", Takes::Whole, 0, 2e9},
    {"autovacuum_multixact_freeze_table_age", "r", Takes::Whole, 0, 2e9},
    {"log_autovacuum_min_duration", "r", Takes::Whole, -1, kInt},
    {"toast_tuple_target", "r", Takes::Whole, 128, 8160},
    {"pages_per_range", "i", Takes::Whole, 1, 131072},
    {"gin_pending_list_limit", "n", Takes::Whole, 64, kInt},
    {"parallel_workers", "r", Takes::Whole, 0, 1024},
    {"autovacuum_vacuum_cost_delay", "r", Takes::Real, 0, 100},
    {"autovacuum_vacuum_scale_factor", "r", Takes::Real, 0, 100},
    {"autovacuum_vacuum_insert_scale_factor", "r", Takes::Real, 0, 100, {}, 13},
    {"autovacuum_analyze_scale_factor", "r", Takes::Real, 0, 100},
    {"vacuum_cleanup_index_scale_factor", "b", Takes::Real, 0, 1e10},
    {"vacuum_max_eager_freeze_failure_rate", "r", Takes::Real, 0, 1, {}, 18},
    {"n_distinct", "c", Takes::Real, -1, kReal},
    {"n_distinct_inherited", "c", Takes::Real, -1, kReal},
    {"vacuum_index_cleanup", "r", Takes::Word, 0, 0, "auto"},
    {"buffering", "g", Takes::Word, 0, 0, "auto"},
    {"check_option", "v", Takes::Word, 0, 0, "local cascaded"},
};

char letter_of(std::string_view method) {
  return method == "btree"    ? 'b'
         : method == "hash"   ? 'h'
         : method == "gist"   ? 'g'
         : method == "spgist" ? 's'
         : method == "gin"    ? 'n'
         : method == "brin"   ? 'i'
                              : '\0';
}

/// parse_bool: the words, or enough of their first letters.
bool is_switch(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (text.empty() || text == "1" || text == "0" || text == "on" || text == "of") return true;
  const auto begins = [&](std::string_view word) { return word.starts_with(text); };
  return begins("true") || begins("false") || begins("yes") || begins("no") || text == "off";
}

bool is_word_of(std::string_view words, std::string_view text) {
  for (std::size_t at = words.find(text); at != std::string_view::npos; at = words.find(text, at + 1)) {
    const std::size_t end = at + text.size();
    if ((at == 0 || words[at - 1] == ' ') && (end == words.size() || words[end] == ' ')) return true;
  }
  return false;
}

std::optional<double> number_of(const std::string& text) {
  double number = 0;
  const char* begin = text.data() + (text.starts_with("+") ? 1 : 0);
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(begin, end, number);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return number;
}

std::string refusal_of(const Parameter& parameter, const Option& option) {
  const bool given = !option.value.empty();
  const std::string as = "\"" + option.name + "\": " + (given ? option.value : "true");
  switch (parameter.takes) {
    case Takes::Switch:
      return is_switch(option.value) ? std::string() : "invalid value for boolean option " + as;
    case Takes::Word:
      if (parameter.name == "check_option" ? is_word_of(parameter.words, option.value)
                                           : is_switch(option.value) || option.value == parameter.words)
        return {};
      return "invalid value for enum option " + as;
    case Takes::Whole:
    case Takes::Real:
      break;
  }
  if (option.value.starts_with("0x") || option.value.starts_with("0X")) return {};
  const std::optional<double> number = number_of(option.value);
  if (!number)
    return std::string("invalid value for ") +
           (parameter.takes == Takes::Whole ? "integer" : "floating point") + " option " + as;
  if (*number < parameter.least || *number > parameter.most)
    return "value " + option.value + " out of bounds for option \"" + option.name + "\"";
  return {};
}

}  // namespace

void judge_options(Builder& b, const std::vector<Option>& options, OptionsOf of, std::string_view method) {
  const bool extended = !b.schema.extensions.empty();
  for (const Option& option : options) {
    std::string_view name = option.name;
    // Nobody looks at these where the table has no TOAST table.
    if (of == OptionsOf::Table && name.starts_with("toast.")) continue;
    std::string_view whose = "r";
    if (of == OptionsOf::View) whose = "v";
    if (of == OptionsOf::Column) whose = "c";
    const char letter = letter_of(method);
    if (of == OptionsOf::Index) whose = letter != '\0' ? std::string_view(&letter, 1) : "bhgsni";
    const auto* known =
        std::find_if(std::begin(kParameters), std::end(kParameters), [&](const Parameter& each) {
          return each.name == name && each.since <= b.major() &&
                 each.of.find_first_of(whose) != std::string_view::npos;
        });
    if (known == std::end(kParameters)) {
      // Access methods of extensions have options of their own; so have extensions under their name.
      const bool foreign =
          (of == OptionsOf::Index && letter == '\0') || option.name.find('.') != std::string::npos;
      if (extended && foreign) {
        b.unknown("whether parameter " + option.name +
                  " belongs to an extension: if not, the statement fails (22023)");
      } else {
        b.fail("22023", "unrecognized parameter \"" + option.name + "\"");
      }
      continue;
    }
    if (const std::string refused = refusal_of(*known, option); !refused.empty()) b.fail("22023", refused);
  }
}

}  // namespace planner::physics
