#include "planner/migration.h"

#include <cstddef>

namespace planner {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view without_suffix(std::string_view name) {
  for (const std::string_view suffix : {".sql", ".up", ".pg", ".postgres"}) {
    if (name.size() > suffix.size() && name.substr(name.size() - suffix.size()) == suffix) {
      name.remove_suffix(suffix.size());
    }
  }
  return name;
}

}  // namespace

std::string purpose_of(std::string_view migration_name) {
  const std::string_view name = without_suffix(migration_name);
  std::size_t at = 0;
  // Flyway: V2__add_x, R__views, U3.1__undo.
  const bool flyway = name.find("__") != std::string_view::npos && !name.empty() &&
                      (name[0] == 'V' || name[0] == 'R' || name[0] == 'U') &&
                      (name.size() > 1 && (is_digit(name[1]) || name[1] == '_'));
  if (flyway) {
    at = name.find("__") + 2;
  } else {
    // A version or timestamp: digits, possibly in groups (`2024-01-02-030405_add_x`, `0030_1.8.0_schema`
    // keeps 1.8.0_schema).
    while (at < name.size() && is_digit(name[at])) {
      std::size_t end = at;
      while (end < name.size() && is_digit(name[end])) ++end;
      if (end < name.size() && name[end] != '_' && name[end] != '-' && name[end] != '.') break;
      if (end < name.size() && name[end] == '.' && at > 0) break;
      at = end < name.size() ? end + 1 : end;
      if (end < name.size() && name[end] == '_') break;
    }
  }
  while (at < name.size() && (name[at] == '_' || name[at] == '-')) ++at;
  const std::string_view rest = name.substr(at);
  return std::string(rest.empty() ? name : rest);
}

}  // namespace planner
