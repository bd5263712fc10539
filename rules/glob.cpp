#include "rules/glob.h"

#include <algorithm>
#include <cstddef>

namespace planner::rules {

bool matches(std::string_view pattern, std::string_view text) {
  // One star is remembered: going back to the last one is enough, and the time stays bounded.
  std::size_t p = 0, t = 0, star = std::string_view::npos, mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && (pattern[p] == '?' || (pattern[p] == text[t] && pattern[p] != '*'))) {
      ++p;
      ++t;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool matches_any(const std::vector<std::string>& patterns, std::string_view text) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return matches(pattern, text); });
}

bool matches_table(std::string_view pattern, const ObjectName& table) {
  if (pattern.find('.') == std::string_view::npos) return matches(pattern, table.name.str());
  const std::string schema = table.schema.empty() ? "public" : table.schema.str();
  return matches(pattern, schema + "." + table.name.str());
}

bool matches_any_table(const std::vector<std::string>& patterns, const ObjectName& table) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return matches_table(pattern, table); });
}

}  // namespace planner::rules
