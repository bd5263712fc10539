#pragma once

#include "planner/engine.h"

namespace planner {

/// Every recipe there is, in the order in which they are asked.
const RecipeSet& all_recipes();

}  // namespace planner
