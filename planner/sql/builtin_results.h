#pragma once

#include <string_view>

namespace planner {

/// The internal name of the type that a function of pg_catalog returns whatever its arguments are; an array's
/// begins with an underscore. Empty: there is none, or it depends on them.
std::string_view builtin_result(std::string_view function);

/// A function of pg_catalog that makes one row of many (`count`), and one that makes many of one (`unnest`).
bool is_builtin_aggregate(std::string_view function);
bool returns_builtin_set(std::string_view function);

}  // namespace planner
