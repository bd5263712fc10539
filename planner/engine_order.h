#pragma once

#include <vector>

#include "planner/plan.h"

namespace planner {

/// Statements that change or read rows keep the order in which the migration has them, as far as they are
/// about the same tables: labels say so to compose().
void keep_order_of_data(std::vector<Step>& steps, const std::vector<Intention>& intentions);

/// Does the migration make something that only the session which made it can see (temporary tables, pg_temp)?
/// Its phases are deployed by several.
bool makes_temporary(const std::vector<Intention>& intentions);

}  // namespace planner
