#pragma once

#include "planner/schema.h"

namespace planner {

class Connection;

struct LiveSchemaOptions {
  bool sizes = true;  ///< rows, bytes and activity from the statistics
};

/// The database's schema as the same type that replay builds: one query per catalogue in one REPEATABLE READ
/// snapshot, definitions as the server prints them (pg_get_expr, pg_get_constraintdef, pg_get_indexdef, ...)
/// read by our own parser. Members of extensions, system schemas, `planner` and the tools' history tables are
/// left out. Throws DatabaseError.
Schema read_schema(Connection& connection, const LiveSchemaOptions& options = {});

}  // namespace planner
