#pragma once

#include "planner/plan.h"

/// What a drop would lose, kept in schema `planner` for the way back.
namespace planner::plans {

struct KeptColumn {
  Step copy;  ///< to be done when nobody writes the column any more
  std::vector<ReverseStep>
      back;  ///< of the drop: the column grows again with its values, default, indexes and constraints
  std::string why_not;  ///< not empty: planner cannot bring it back, and this is why
};
KeptColumn keep_column(const Table& table, const Column& column, bool required, const RecipeContext& context);

/// A table that is put aside instead of dropped.
struct KeptTable {
  std::vector<Sql> statements;  ///< instead of DROP TABLE
  std::vector<ReverseStep> back;
  std::string why_not;
};
KeptTable keep_table(const Table& table, const RecipeContext& context);

}  // namespace planner::plans
