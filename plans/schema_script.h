#pragma once

#include <string>
#include <vector>

#include "planner/schema.h"
#include "planner/sql/sql.h"

namespace planner::plans {

/// SQL that turns one schema into another.
struct SchemaScript {
  std::vector<Sql> statements;     ///< in an order in which each finds what it needs
  std::vector<std::string> notes;  ///< what the script cannot do or loses, one sentence each
  bool outside_transaction =
      false;  ///< values are added to an enum: they cannot be used in the same transaction
};

/// Objects that planner knows: schemas, extensions, types, sequences, tables with all their parts, views,
/// functions, triggers, policies, rules, statistics, comments. Owners, privileges and data are left alone;
/// what bears another name is dropped and made anew, because two schemas do not tell a rename.
SchemaScript script_between(const Schema& from, const Schema& to);

}  // namespace planner::plans
