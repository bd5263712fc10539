#pragma once

#include "planner/delivery.h"
#include "planner/schema.h"

namespace planner {

/// The statements with which a tool makes the table it records applied migrations in; empty for those that
/// keep none. Migrations may use it: it is there before the first of them.
std::string_view record_table_sql(Tool tool);

/// What the first migration meets: nothing but the tool's own table.
Schema schema_at_start(Tool tool);

}  // namespace planner
