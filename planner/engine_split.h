#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "planner/engine.h"

namespace planner {

struct SplitProspect {
  std::string refusal;                ///< why split() refuses the migration; empty: it does not
  std::vector<std::size_t> answered;  ///< as SplitResult's
};

/// What split() would say to a migration that meets `start`. Costs no more than finding that out: nothing
/// that a plan says is written.
SplitProspect prospect_of_split(const Migration& migration, const ParsedFile& file, Schema start,
                                const RecipeSet& recipes, const SplitOptions& options,
                                const std::vector<Finding>& findings);

}  // namespace planner
