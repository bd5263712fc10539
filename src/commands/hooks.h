#pragma once

#include <string>

#include "src/commands/context.h"
#include "src/project/config.h"

namespace planner::commands {

/// What a hook is told, as environment variables: PLANNER_SERVICE, PLANNER_PLAN, PLANNER_PHASE,
/// PLANNER_RESULT, PLANNER_DATABASE, and libpq's own (PGHOST, PGPASSWORD, ...), so that `pg_dump
/// --file=backup` needs no argument that holds a password.
struct HookFacts {
  std::string service, url, plan, phase;
  std::string result;  ///< after a deploy: applied, failed
};

/// Runs the command with the shell in planner.toml's folder and passes its output on. Throws Error when it
/// fails. Empty: nothing to do.
void run_hook(const std::string& name, const std::string& command, const project::Config& config,
              const HookFacts& facts, Context& context);

}  // namespace planner::commands
