#pragma once

#include <string>
#include <vector>

#include "planner/operation.h"

/// Labels by which steps of different recipes find their order (Step::provides, Step::needs).
namespace planner {

std::string label_relation(const ObjectName& name);  ///< a table, index, view or sequence of that name exists
/// Everything that is done to a table under the name it has before the migration renames it.
std::string label_under_old_name(const ObjectName& name);
std::string label_gone(const ObjectName& name);  ///< and this: the name is free again
std::string label_column(const TableName& table, const Identifier& column);  ///< the column exists
std::string label_filled(const TableName& table, const Identifier& column);  ///< and every row has its value
std::string label_type(const ObjectName& type);
std::string label_function(const ObjectName& function);
std::string label_constraint(const TableName& table, const Identifier& constraint);
std::string label_unique(const TableName& table, const std::vector<Identifier>& columns);
std::string label_enum_values();  ///< values added to enum types can be used
/// The column that `label` speaks of has the type it has in the end: what is built on it waits for that, also
/// when the migration builds it first.
std::string label_typed(const std::string& label);

/// The new release works from this step on: before it, only the old one runs.
std::string label_new_release();

/// What must be there before the operation can run. Labels nobody provides cost nothing.
std::vector<std::string> needs_of(const Operation& operation);
/// What is there after it.
std::vector<std::string> provides_of(const Operation& operation);

}  // namespace planner
