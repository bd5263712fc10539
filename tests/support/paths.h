#pragma once

#include <filesystem>
#include <optional>

/// Where tests find things.
namespace planner::test {

/// The repository's root.
std::filesystem::path source_dir();

/// The built program, beside the running test program; the environment's PLANNER_PROGRAM wins.
std::filesystem::path planner_program();

/// Real histories and measured facts that stand beside the repository in `../shared` (PLANNER_SHARED wins),
/// if they do.
std::optional<std::filesystem::path> shared_dir();

}  // namespace planner::test

// NOLINTBEGIN(bugprone-macro-parentheses): a name that is declared cannot stand in parentheses
/// Sets `VARIABLE` to the shared folder, or skips the test saying why.
#define PLANNER_SHARED_OR_SKIP(VARIABLE)                                                 \
  const auto VARIABLE##_found = ::planner::test::shared_dir();                           \
  if (!VARIABLE##_found)                                                                 \
    GTEST_SKIP() << "no folder ../shared beside the repository (or set PLANNER_SHARED)"; \
  const std::filesystem::path& VARIABLE = *VARIABLE##_found
// NOLINTEND(bugprone-macro-parentheses)
