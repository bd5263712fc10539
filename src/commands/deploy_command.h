#pragma once

#include <string>

#include "src/project/services.h"

namespace planner::commands {

/// What applies this history's pending migrations: `planner deploy` for Prisma's, else the tool's own
/// command.
std::string deploy_command(const project::Service& service);
/// `planner deploy`, with the folder where there are several.
std::string planner_deploy_command(const project::Service& service);

/// Does planner write the table of the history's tool?
bool is_deployable(const project::Service& service);
/// Throws Error with the tool's own command where planner does not write the history's table.
void require_deployable(const project::Service& service);

/// What a failed migration needs where planner does not write the table, as a sentence.
std::string mending_of(const project::Service& service);

}  // namespace planner::commands
