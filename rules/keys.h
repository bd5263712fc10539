#pragma once

#include <vector>

#include "planner/effects/effects.h"
#include "planner/operation.h"

/// The keys and constraints that an operation makes, however it writes them.
namespace planner::rules {

struct ForeignKey {
  TableName table;
  std::vector<Identifier> columns;
  ForeignKeyTarget target;
};

/// Of ADD CONSTRAINT, of CREATE TABLE, and behind a column.
std::vector<ForeignKey> foreign_keys_of(const Operation& operation);

/// The table has a constraint of that name already: PostgreSQL makes none, and the condition or the handler
/// around the statement sees to the rest.
bool name_is_taken(const Effects& effects);

}  // namespace planner::rules
