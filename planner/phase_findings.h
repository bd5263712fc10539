#pragma once

#include <string>
#include <vector>

#include "planner/finding.h"
#include "planner/plan.h"

namespace planner {

/// What is known of a migration that is a phase of a plan, as planner wrote it.
struct PhaseInHistory {
  std::string plan, folder;
  Window window = Window::OldRelease;
};

/// A phase for which only the new release may run is released when no process of the old one is left: what it
/// takes from running applications and what it drops is then what the plan is for, and the findings that say
/// so are marked with that reason. What blocks somebody or fails is judged in every phase.
void settle_phase_findings(const PhaseInHistory& phase, std::vector<Finding>& findings);

}  // namespace planner
