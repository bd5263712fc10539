#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace planner::test {

struct RunOptions {
  std::filesystem::path folder;  ///< working directory; empty: ours
  std::string input;             ///< its standard input
  /// Changes to our environment; nullopt unsets. DATABASE_URL and the PG... variables are never inherited.
  std::map<std::string, std::optional<std::string>> environment;
  std::chrono::seconds limit{120};  ///< then it is killed
};

struct Ran {
  int exit_code = -1;  ///< 128 + signal when a signal ended it
  std::string out;
  std::string err;
  bool timed_out = false;
};

/// Runs a program with exactly these arguments (no shell), searched in PATH when it has no slash.
Ran run_program(const std::vector<std::string>& arguments, const RunOptions& options = {});

/// Runs the built `planner` with these arguments.
Ran run_planner(std::vector<std::string> arguments, const RunOptions& options = {});

}  // namespace planner::test
