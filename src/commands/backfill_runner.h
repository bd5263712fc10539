#pragma once

#include <string>

#include "planner/plan.h"
#include "src/commands/context.h"
#include "src/database/backfill_run.h"

namespace planner::commands {

/// Runs a phase's backfill with a progress bar on a terminal and a line every ten seconds elsewhere; stops
/// after the batch on Ctrl-C.
BackfillReport run_backfill(const std::string& url, const Plan& plan, const Phase& phase,
                            const BackfillOptions& options, Context& context);

}  // namespace planner::commands
