#include "src/project/toml_reader.h"

#include <fmt/core.h>

#include <algorithm>
#include <sstream>

#include "planner/error.h"
#include "planner/recognize/recognize.h"
#include "src/project/config.h"

namespace planner::project {
namespace {

/// `[error] toml::parse_table: invalid line format` -> `invalid line format`
std::string first_words(const std::string& message) {
  std::string line = message.substr(0, message.find('\n'));
  const std::string mark = "[error] ";
  if (line.rfind(mark, 0) == 0) line.erase(0, mark.size());
  const std::size_t colon = line.find(": ");
  if (line.rfind("toml::", 0) == 0 && colon != std::string::npos) line.erase(0, colon + 2);
  return line;
}

std::string type_word(const toml::value& value) {
  switch (value.type()) {
    case toml::value_t::boolean:
      return "true or false";
    case toml::value_t::integer:
      return "a whole number";
    case toml::value_t::floating:
      return "a number with a point";
    case toml::value_t::string:
      return "text";
    case toml::value_t::array:
      return "a list";
    case toml::value_t::table:
      return "a table";
    default:
      return "a date or time";
  }
}

/// The library recurses into lists and inline tables, and its time grows with the square of a dotted key's
/// parts. Brackets and points in strings and comments count too: no file that people write comes near.
void require_bounded(const std::string& text, const std::string& shown_name) {
  constexpr std::size_t kMostBytes = std::size_t{1} << 20;
  constexpr int kDeepest = 200;
  constexpr int kMostPoints = 1000;
  if (text.size() > kMostBytes) throw Error(fmt::format("{}: is larger than 1 MB", shown_name));
  int depth = 0, line = 1, points = 0;
  for (const char c : text) {
    if (c == '[' || c == '{') ++depth;
    if ((c == ']' || c == '}') && depth > 0) --depth;
    if (c == '.') ++points;
    if (c == '=' || c == '\n') points = 0;
    if (depth > kDeepest)
      throw Error(fmt::format("{}:{}: nests deeper than {} levels", shown_name, line, kDeepest));
    if (points > kMostPoints) throw Error(fmt::format("{}:{}: a key has too many parts", shown_name, line));
    if (c == '\n') ++line;
  }
}

}  // namespace

toml::value parse_toml(const std::string& text, const std::string& shown_name) {
  require_bounded(text, shown_name);
  std::istringstream stream(text);
  try {
    return toml::parse(stream, shown_name);
  } catch (const toml::exception& problem) {
    throw Error(fmt::format("{}:{}: is not valid TOML: {}", shown_name, problem.location().line(),
                            first_words(problem.what())));
  } catch (const std::exception& problem) {
    throw Error(fmt::format("{}: is not valid TOML: {}", shown_name, first_words(problem.what())));
  }
}

TomlTable::TomlTable(const toml::value& value, std::string file, std::string name)
    : value_(&value), file_(std::move(file)), name_(std::move(name)) {
  if (!value.is_table()) {
    throw Error(fmt::format("{}:{}: {} must be a table, not {}", file_, value.location().line(), name_,
                            type_word(value)));
  }
}

const toml::value* TomlTable::find(const std::string& key) {
  asked_.insert(key);
  const auto& entries = value_->as_table();
  const auto found = entries.find(key);
  return found == entries.end() ? nullptr : &found->second;
}

int TomlTable::line() const { return static_cast<int>(value_->location().line()); }

int TomlTable::line_of(const std::string& key) const {
  const auto& entries = value_->as_table();
  const auto found = entries.find(key);
  return static_cast<int>((found == entries.end() ? *value_ : found->second).location().line());
}

void TomlTable::fail(const std::string& key, const std::string& what, const std::string& hint) const {
  throw Error(fmt::format("{}:{}: `{}` {}", file_, line_of(key), key, what), hint);
}

void TomlTable::fail_type(const std::string& key, const std::string& wanted, const toml::value& found) const {
  fail(key, fmt::format("must be {}, not {}", wanted, type_word(found)));
}

std::optional<std::string> TomlTable::text(const std::string& key) {
  const toml::value* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) fail_type(key, "text", *value);
  return value->as_string().str;
}

std::optional<std::int64_t> TomlTable::integer(const std::string& key) {
  const toml::value* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_integer()) fail_type(key, "a whole number", *value);
  return value->as_integer();
}

std::optional<bool> TomlTable::boolean(const std::string& key) {
  const toml::value* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_boolean()) fail_type(key, "true or false", *value);
  return value->as_boolean();
}

std::vector<std::string> TomlTable::texts(const std::string& key) {
  const toml::value* value = find(key);
  if (value == nullptr) return {};
  if (!value->is_array()) fail_type(key, "a list of texts", *value);
  std::vector<std::string> all;
  for (const toml::value& entry : value->as_array()) {
    if (!entry.is_string()) fail_type(key, "a list of texts", entry);
    all.push_back(entry.as_string().str);
  }
  return all;
}

std::vector<std::int64_t> TomlTable::integers(const std::string& key) {
  const toml::value* value = find(key);
  if (value == nullptr) return {};
  if (!value->is_array()) fail_type(key, "a list of whole numbers", *value);
  std::vector<std::int64_t> all;
  for (const toml::value& entry : value->as_array()) {
    if (!entry.is_integer()) fail_type(key, "a list of whole numbers", entry);
    all.push_back(entry.as_integer());
  }
  return all;
}

std::vector<TomlTable> TomlTable::tables(const std::string& key) {
  const toml::value* value = find(key);
  if (value == nullptr) return {};
  if (!value->is_array()) fail(key, fmt::format("must be written as [[{}]]", key));
  std::vector<TomlTable> all;
  for (const toml::value& entry : value->as_array()) all.emplace_back(entry, file_, "[[" + key + "]]");
  return all;
}

std::optional<TomlTable> TomlTable::table(const std::string& key) {
  const toml::value* value = find(key);
  if (value == nullptr) return std::nullopt;
  return TomlTable(*value, file_, "[" + key + "]");
}

std::string TomlTable::required_text(const std::string& key) {
  if (std::optional<std::string> value = text(key)) return *value;
  throw Error(fmt::format("{}:{}: {} lacks `{}`", file_, line(), name_, key));
}

std::int64_t TomlTable::required_integer(const std::string& key) {
  if (const std::optional<std::int64_t> value = integer(key)) return *value;
  throw Error(fmt::format("{}:{}: {} lacks `{}`", file_, line(), name_, key));
}

bool TomlTable::required_boolean(const std::string& key) {
  if (const std::optional<bool> value = boolean(key)) return *value;
  throw Error(fmt::format("{}:{}: {} lacks `{}`", file_, line(), name_, key));
}

std::vector<std::string> TomlTable::keys() const {
  std::vector<std::string> all;
  for (const auto& entry : value_->as_table()) all.push_back(entry.first);
  std::sort(all.begin(), all.end());
  return all;
}

void TomlTable::no_others() const {
  constexpr double kAlike = 0.5;
  for (const std::string& key : keys()) {
    if (asked_.count(key) > 0) continue;
    const std::vector<std::string> close = nearest(key, {asked_.begin(), asked_.end()}, 1);
    std::string known;
    for (const std::string& word : asked_) known += (known.empty() ? "`" : ", `") + word + "`";
    throw Error(fmt::format("{}:{}: unknown key `{}` in {}", file_, line_of(key), key, name_),
                close.empty() ? ""
                : name_similarity(key, close.front()) < kAlike
                    ? fmt::format("there are {}", known)
                    : fmt::format("did you mean `{}`? There are {}", close.front(), known));
  }
}

}  // namespace planner::project
