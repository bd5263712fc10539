#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "planner/finding.h"
#include "src/project/config.h"

/// Old findings that a team has accepted: they are known by their fingerprints and do not count.
namespace planner::commands {

/// Where the baseline lies: the file given, else planner.toml's `baseline`, else planner-baseline.json beside
/// planner.toml.
std::string baseline_file(const std::string& given, const project::Config& config);

/// The same if there is such a file; one that was named must be there (Error).
std::optional<std::string> existing_baseline(const std::string& given, const project::Config& config);

/// Marks the findings the file holds, each entry once; how many entries met nothing. Throws Error when the
/// file is no baseline.
std::size_t apply_baseline(const std::string& file, std::vector<Finding>& findings);

/// Writes all findings that count and marks them. Throws Error when the file cannot be written.
void write_baseline(const std::string& file, std::vector<Finding>& findings);

}  // namespace planner::commands
