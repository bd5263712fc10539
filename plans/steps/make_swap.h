#pragma once

#include <optional>

#include "planner/engine.h"

namespace planner::plans {

/// The phases in which the columns that `intention` gives another type change it, together with all that must
/// change in the same moment; a refusal or a question; nothing when PostgreSQL need not convert a value.
std::optional<RecipeResult> make_swap(const Intention& intention, const RecipeContext& context);

}  // namespace planner::plans
