#pragma once

#include "planner/engine.h"

namespace planner {

/// What is wrong with the values that a person gave for columns, as far as the schema tells: a table or
/// column that is not there, a word without quotes, a constant that the column's type does not take. Said
/// before anything is planned, not by the server in the middle of a phase.
std::vector<SplitResult::Problem> problems_of_fills(const std::vector<SplitOptions::Fill>& fills,
                                                    const Schema& start, const Schema& end,
                                                    const EffectsSettings& settings);

}  // namespace planner
