#pragma once

#include <algorithm>

#include "planner/compose/compose.h"

namespace planner::plans {

/// The strong locks PostgreSQL takes for an operation on relations that exist already: to be taken first by
/// the ladder.
inline std::vector<StepLock> locks_of(const Operation& operation, const Schema& schema,
                                      const EffectsSettings& settings) {
  return strong_locks(effects_of(operation, schema, settings), schema);
}

/// What is done to a table goes down to every partition and inheriting table, and so do the locks.
inline void lock_below(std::vector<Step>& steps, const TableName& name, const RecipeContext& context) {
  const std::vector<TableName> below = context.before.partitions_and_children(name);
  const auto more = [&](std::vector<StepLock>& locks) {
    const auto own =
        std::find_if(locks.begin(), locks.end(), [&](const StepLock& lock) { return lock.relation == name; });
    if (own == locks.end()) return;
    const StepLock like = *own;
    for (const TableName& child : below) locks.push_back({child, like.mode, like.how_long});
  };
  for (Step& step : steps) {
    more(step.locks);
    for (ReverseStep& back : step.reverse) more(back.locks);
  }
}

}  // namespace planner::plans
