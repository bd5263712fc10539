#pragma once

#include "planner/plan.h"
#include "planner/sql/data_change.h"

/// New columns that an UPDATE of the migration computes from columns which it then drops: until the drop the
/// old release goes on writing those, so the database computes the new ones from them.
namespace planner::plans {

struct Follow {
  Step install;  ///< before the rows that are there are filled
  Step remove;   ///< before the old columns are dropped
};

/// nullopt: the UPDATE computes nothing from a column that goes.
std::optional<Follow> follow(const Table& table, const DataChange& change, const RecipeContext& context);

}  // namespace planner::plans
