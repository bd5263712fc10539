#pragma once

#include <string>

#include "src/project/services.h"

namespace planner::commands {

/// What applies this history's pending migrations: `planner deploy`, or the tool's own command where planner
/// does not write its table.
std::string deploy_command(const project::Service& service);

/// What a failed migration of a tool other than Prisma needs, as a sentence.
std::string mending_of(const project::Service& service);

}  // namespace planner::commands
