#pragma once

#include "planner/plan.h"

/// A view that stands in for a table, under a name the application knows.
namespace planner::plans {

/// PL/pgSQL block: whoever may use the table may use the view.
Sql copy_grants(const TableName& table, const ObjectName& view);
/// CREATE VIEW over the table's columns, each under its own name and under its further ones, with the rights
/// of the table's users.
std::vector<Sql> create_shim(const ObjectName& view, const TableName& over,
                             const std::vector<std::pair<Identifier, Identifier>>& columns,
                             const TableName& grants_of, int server_version);

}  // namespace planner::plans
