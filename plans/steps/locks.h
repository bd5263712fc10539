#pragma once

#include "planner/compose/compose.h"

namespace planner::plans {

/// The strong locks PostgreSQL takes for an operation on relations that exist already: to be taken first by
/// the ladder.
inline std::vector<StepLock> locks_of(const Operation& operation, const Schema& schema,
                                      const EffectsSettings& settings) {
  return strong_locks(effects_of(operation, schema, settings), schema);
}

}  // namespace planner::plans
