#pragma once

#include <string_view>

#include "planner/sql/expression.h"
#include "planner/sql/names.h"

/// Renames inside stored expressions, beside those of columns and tables in expression.h. A written name
/// without a schema means the object when the last parts agree.
namespace planner {

/// Casts to `from` become casts to `to`.
Expression with_type_renamed(const Expression& expression, const ObjectName& from, const ObjectName& to);
/// Calls of `from` become calls of `to`.
Expression with_function_renamed(const Expression& expression, const ObjectName& from, const ObjectName& to);
/// String constants `from` that are cast to the enum, or not cast at all, become `to`.
Expression with_label_renamed(const Expression& expression, const ObjectName& enum_type,
                              std::string_view from, std::string_view to);

}  // namespace planner
