#pragma once

#include "planner/schema.h"

namespace planner::plans {

/// Does the condition name one row, or a handful, by a unique key?
bool few_rows(const Table& table, const Expression& where);

}  // namespace planner::plans
