#pragma once

#include <string>

#include "src/project/plan_files.h"
#include "src/project/services.h"

namespace planner::commands {

/// A plan somebody named, with the service it belongs to.
struct ChosenPlan {
  project::Project project;
  std::size_t service_index = 0;
  project::StoredPlan stored;

  const project::Service& service() const { return project.services.at(service_index); }
};

/// By folder, or by name among every service's plans. Throws Error with the nearest names when there is no
/// such plan.
ChosenPlan choose_plan(const std::string& name);

/// The SQL of every migration the plan's original met: the history without the plan's own phases.
std::vector<std::string> history_before(const ChosenPlan& chosen);

/// The values split was told to fill with.
std::vector<SplitOptions::Fill> fills_of(const ChosenPlan& chosen);

/// What split recognised in the original, with the answers it was given then.
std::vector<Intention> intentions_of(const ChosenPlan& chosen);

}  // namespace planner::commands
