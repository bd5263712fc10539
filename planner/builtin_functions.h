#pragma once

#include <optional>

#include "planner/operation.h"
#include "planner/sql/expression.h"

namespace planner {

/// Volatility of a function that PostgreSQL (14 to 18) or one of its contrib extensions brings, by name;
/// nullopt when it is none of them. Where overloads differ, the strictest answer. Contrib functions are found
/// in any schema except pg_catalog.
std::optional<Volatility> builtin_volatility(const FunctionCall& call);

/// Has the built-in function overloads with different volatility, told apart by the types of their arguments
/// (`date_trunc` of a timestamp is immutable, of a timestamptz only stable)?
bool overloads_differ(const FunctionCall& call);

}  // namespace planner
