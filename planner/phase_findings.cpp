#include "planner/phase_findings.h"

namespace planner {

void settle_phase_findings(const PhaseInHistory& phase, std::vector<Finding>& findings) {
  if (phase.window != Window::NewRelease) return;
  for (Finding& finding : findings) {
    const bool about_releases =
        finding.category == Category::BreaksRelease || finding.category == Category::LosesData;
    if (!about_releases || !finding.suppressed_by.empty()) continue;
    finding.suppressed_by = "phase " + phase.folder + " of plan " + phase.plan +
                            ": it is released when no process of the old release is left";
  }
}

}  // namespace planner
