#pragma once

#include <string>

#include "planner/engine.h"

namespace planner {

/// Why split() refuses a migration that meets `start`; empty: it does not. Costs no more than finding that
/// out: nothing that a plan says is written.
std::string refusal_to_split(const Migration& migration, const ParsedFile& file, Schema start,
                             const RecipeSet& recipes, const SplitOptions& options);

}  // namespace planner
