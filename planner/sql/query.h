#pragma once

#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "planner/sql/expression.h"
#include "planner/sql/names.h"
#include "planner/sql/type.h"

namespace planner {

/// The name PostgreSQL gives an unnamed index or output column of this expression (FigureIndexColname):
/// `lower` for `lower(a)`, the column for a column or a cast of one, `case`, `coalesce`, ...; empty when it
/// finds none (`?column?`, `expr`).
Identifier column_label(const Expression& expression);

}  // namespace planner
