#pragma once

#include "planner/plan.h"
#include "planner/sql/data_change.h"

/// An UPDATE or DELETE whose batches cannot be told apart afterwards: the rows it concerns are listed first,
/// in schema `planner`, and each is taken off the list in the transaction that changes it.
namespace planner::plans {

enum class Once {
  EachRow,  ///< a row's new value is computed in its batch
  AsSeen,   ///< all are computed at one moment, because they depend on other rows of the table
};

/// The list's name is made of the plan's name and `place`, the statement's place in the migration.
std::vector<Step> once_steps(const Table& table, const Expression& statement, const DataChange& change,
                             const std::vector<Identifier>& key, Once how, std::size_t place,
                             const RecipeContext& context);

/// Where the rows of one statement are listed, and the step that drops the list when all are done.
ObjectName list_name(const TableName& table, std::size_t place, const RecipeContext& context);
std::string label_listed(const ObjectName& list);
Step forget_step(const ObjectName& list);

}  // namespace planner::plans
