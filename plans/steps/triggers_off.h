#pragma once

#include <optional>

#include "planner/plan.h"

namespace planner::plans {

enum class RowEvent { Insert, Update, Delete };

/// A migration that switches triggers off while it changes rows, and on again: batches that commit would meet
/// them. Nullopt: it switches off none that would fire.
std::optional<RecipeResult> triggers_switched_off(const TableName& table, RowEvent event,
                                                  const Intention& change, const RecipeContext& context);

}  // namespace planner::plans
