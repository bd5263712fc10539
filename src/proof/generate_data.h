#pragma once

#include <string>
#include <vector>

#include "planner/recognize/recognize.h"
#include "planner/schema.h"
#include "planner/sql/sql.h"

namespace planner {

class Connection;

/// A value of `type` for row number `g`: a SQL expression over an integer column `g`, different for different
/// g where the type allows. `NULL` for types planner cannot make up.
Sql generated_value(const Schema& schema, const TypeName& type, const std::string& salt);

struct Filled {
  std::vector<std::string> problems;  ///< tables that stay empty, with the server's reason
};

/// The schema to fill by: where a migration changes a column's type, values that the new type can hold as
/// well.
Schema fill_schema(const Schema& schema, const std::vector<Intention>& intentions);

/// Fills every table of the database with `rows` rows that satisfy its constraints: foreign keys (a child's
/// value is computed by the formula of the parent's column, so cycles need no order), unique keys, checks,
/// enums, NOT NULL, partitions. Needs the right to set session_replication_role (a scratch server): user
/// triggers do not fire. The same schema and row count give the same rows.
Filled fill(Connection& connection, const Schema& schema, int rows);

}  // namespace planner
