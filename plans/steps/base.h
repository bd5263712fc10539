#pragma once

#include <string>

#include "planner/plan.h"

namespace planner::plans {

/// A step of a recipe that works on some columns of one table, with the places in the file they come from.
template <typename Columns>
Step step_on(std::string recipe, PhaseKind kind, Window window, const TableName& table,
             const Columns& columns) {
  Step step;
  step.kind = kind;
  step.window = window;
  step.recipe = std::move(recipe);
  step.slug = std::string(phase_name(kind)) + "_" + table.name.str();
  for (const auto& column : columns)
    step.sources.insert(step.sources.end(), column.sources.begin(), column.sources.end());
  return step;
}

}  // namespace planner::plans
