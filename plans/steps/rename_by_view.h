#pragma once

#include "planner/plan.h"

/// The rename of columns of one table without copying anything: a view under the table's name shows them
/// under both names.
namespace planner::plans {

struct ViewRename {
  Identifier from, to;
};
/// Nullopt and `why_not` when a view cannot stand in for the table.
std::optional<std::vector<Step>> rename_by_view(const Table& table, const std::vector<ViewRename>& columns,
                                                const std::vector<SourceRef>& sources,
                                                const RecipeContext& context, std::string& why_not);

}  // namespace planner::plans
