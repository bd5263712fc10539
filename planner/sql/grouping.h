#pragma once

#include <vector>

#include "planner/sql/expression.h"

namespace planner {

/// A relation whose rows a query of any level puts into groups.
struct GroupedRows {
  ObjectName relation;                ///< as written
  std::vector<Identifier> keys;       ///< its columns in GROUP BY
  std::vector<Identifier> ungrouped;  ///< its columns that are used beside those and outside of aggregates
};

/// The relations of queries with GROUP BY. Columns count when they are written with their table, as stored
/// queries have them.
std::vector<GroupedRows> grouped_rows(const Expression& query);

}  // namespace planner
