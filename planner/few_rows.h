#pragma once

#include "planner/schema.h"

/// Changes that reach so few rows, told by a unique key, that nobody notices them.
namespace planner {

/// As many as one batch of a backfill has.
inline constexpr double kFewRows = 5000;

/// Does the condition let a handful of the table's rows through?
bool few_rows(const Table& table, const Expression& where);

struct RowsChanged {
  TableName table;   ///< resolved
  bool few = false;  ///< at most kFewRows, whatever the tables hold
};
/// Every UPDATE, DELETE and MERGE of a statement, the statement itself before those in its WITH.
std::vector<RowsChanged> rows_changed(const Schema& schema, const Expression& statement);
/// The statement itself.
bool changes_few_rows(const Schema& schema, const Expression& statement);

}  // namespace planner
