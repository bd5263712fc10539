#pragma once

#include "planner/plan.h"

/// Values for rows that have none.
namespace planner::plans {

struct Fill {
  Expression value;  ///< over the row's own columns; empty: not known
  std::string said_by;
};
/// What a person said (`--fill`), or an UPDATE of the same migration says.
Fill fill_of(const RecipeContext& context, const TableName& table, const Identifier& column);
/// A question when `--fill` says one value for all rows of a column in which no two rows may be alike.
std::optional<RecipeResult> alike_where_unique(const RecipeContext& context, const TableName& table,
                                               const Identifier& column);
/// Does this UPDATE only fill columns that another intention's steps fill and require?
bool update_is_fill(const RecipeContext& context, const Update& update);

/// Guard by a fill trigger, backfill, NOT NULL, end of the trigger when the old release is gone. The column
/// exists and is nullable.
std::vector<Step> fill_steps(const RecipeContext& context, const TableName& table, const Column& column,
                             const Fill& fill, std::string_view recipe);
/// The batched UPDATE that gives `value` to rows where the column is NULL.
Step fill_backfill(const RecipeContext& context, const Table& table, const Identifier& column,
                   const Expression& value);

}  // namespace planner::plans
