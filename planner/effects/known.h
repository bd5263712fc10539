#pragma once

#include <vector>

#include "planner/effects/effects.h"
#include "planner/replay/replay.h"

/// Effects of what has been replayed already: whoever walks over a migration knows what each operation left.
namespace planner {

/// What replay() made of `operation` in the schema that effects are asked for.
struct KnownReplay {
  const Operation* operation = nullptr;
  const Schema* after = nullptr;
  const std::vector<ReplayProblem>* problems = nullptr;
};

/// As effects_of(); the operation is not replayed once more.
Effects effects_of_replayed(const KnownReplay& known, const Schema& schema, const EffectsSettings& settings,
                            const std::vector<const Operation*>& earlier_in_transaction);

}  // namespace planner
