#include "tests/support/paths.h"

#include <cstdlib>

namespace planner::test {

namespace fs = std::filesystem;

namespace {

const char* environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : nullptr;
}

}  // namespace

fs::path source_dir() { return PLANNER_SOURCE_DIR; }

fs::path planner_program() {
  if (const char* given = environment("PLANNER_PROGRAM")) return given;
  return fs::read_symlink("/proc/self/exe").parent_path() / "planner";
}

std::optional<fs::path> shared_dir() {
  const char* given = environment("PLANNER_SHARED");
  const fs::path folder = given != nullptr ? fs::path(given) : source_dir().parent_path() / "shared";
  if (!fs::is_directory(folder)) return std::nullopt;
  return folder;
}

}  // namespace planner::test
