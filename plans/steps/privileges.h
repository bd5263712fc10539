#pragma once

#include "planner/plan.h"

namespace planner::plans {

/// GRANT (column): whoever may use `from` by a privilege on the column alone may use `to` as well. One
/// PL/pgSQL statement, because only the server knows who that is.
Sql carry_privileges(const TableName& table, const Identifier& from, const Identifier& to);

}  // namespace planner::plans
