#include "plans/registry.h"

#include "plans/recipes.h"

namespace planner {

const RecipeSet& all_recipes() {
  static const RecipeSet recipes{
      &plans::rename_column,
  };
  return recipes;
}

}  // namespace planner
