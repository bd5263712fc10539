#pragma once

#include <set>
#include <string>
#include <vector>

#include "src/project/plan_files.h"
#include "src/project/services.h"

/// What the repository's other services may have in the same database: planner.toml names them, also when a
/// command was given one folder only.
namespace planner::commands {

struct Neighbours {
  std::set<std::string> migrations;        ///< by name
  std::vector<project::StoredPlan> plans;  ///< those that can be read
};
Neighbours neighbours_of(const project::Project& project, const project::Service& service);

}  // namespace planner::commands
