#pragma once

#include <vector>

#include "planner/plan.h"

namespace planner {

/// Orders the steps of all recipes of one migration into the fewest phases and application deploys under the rules of design 7: alone what
/// must be alone, no strong lock on two relations longer than a catalogue change, no strong lock together with a scan or data, dependencies
/// (provides / needs) respected, every two adjacent phases compatible with the releases that may run then.
/// Every emitted statement is parsed again; one that does not parse is an assertion failure, not a file.
std::vector<Phase> compose(const std::vector<Step>& steps, std::vector<std::string>* reasons = nullptr);

/// The text of a phase's migration.sql: header comment (plan, phase, what, why, lock and for how long, what the application may do), then the
/// statement.
std::string migration_text(const Plan& plan, const Phase& phase);
std::string rollback_text(const Plan& plan, const Phase& phase);

}  // namespace planner
