#include "src/project/toml_writer.h"

#include <fmt/core.h>

#include <limits>
#include <toml.hpp>

#include "planner/sql/sql.h"
#include "src/project/toml_reader.h"

namespace planner::project {
namespace {

// Long sentences stay on their line: the library would break them in the middle of a word.
constexpr std::size_t kWidth = 1U << 24U;

/// Several lines stay several lines when the library reads its own text back unchanged; else one line with
/// escapes.
std::string formatted(const std::string& text) {
  const toml::value value(text);
  std::string several = toml::format(value, kWidth);
  while (!several.empty() && several.back() == '\n') several.pop_back();
  try {
    if (parse_toml("v = " + several + "\n", "plan.toml").at("v").as_string().str == text) return several;
  } catch (const std::exception&) {
    // Falls through to the form that has no corner cases.
  }
  return toml::format(value, std::numeric_limits<std::size_t>::max());
}

}  // namespace

void TomlWriter::line(std::string_view key, std::string_view value) {
  out_ += fmt::format("{} = {}\n", key, value);
}

void TomlWriter::comment(std::string_view text) {
  std::size_t at = 0;
  while (at <= text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    out_ += fmt::format("# {}\n", text.substr(at, end - at));
    at = end + 1;
  }
}

void TomlWriter::table(std::string_view name) { out_ += fmt::format("\n[{}]\n", name); }
void TomlWriter::array_entry(std::string_view name) { out_ += fmt::format("\n[[{}]]\n", name); }
void TomlWriter::text(std::string_view key, const std::string& value) { line(key, formatted(value)); }
void TomlWriter::number(std::string_view key, std::int64_t value) {
  line(key, toml::format(toml::value(value)));
}
void TomlWriter::boolean(std::string_view key, bool value) { line(key, toml::format(toml::value(value))); }

void TomlWriter::numbers(std::string_view key, const std::vector<std::int64_t>& values) {
  std::string list;
  for (const std::int64_t value : values)
    list += (list.empty() ? "" : ", ") + toml::format(toml::value(value));
  line(key, "[" + list + "]");
}

void TomlWriter::texts(std::string_view key, const std::vector<std::string>& values) {
  if (values.empty()) {
    line(key, "[]");
    return;
  }
  out_ += fmt::format("{} = [\n", key);
  for (const std::string& value : values) out_ += fmt::format("  {},\n", formatted(value));
  out_ += "]\n";
}

std::string TomlWriter::finish() const {
  (void)parse_toml(out_, "plan.toml");
  return out_;
}

}  // namespace planner::project
