#pragma once

#include <vector>

#include "planner/operation.h"

/// The foreign keys that an operation makes, however it writes them.
namespace planner::rules {

struct ForeignKey {
  TableName table;
  std::vector<Identifier> columns;
  ForeignKeyTarget target;
};

/// Of ADD CONSTRAINT, of CREATE TABLE, and behind a column.
std::vector<ForeignKey> foreign_keys_of(const Operation& operation);

}  // namespace planner::rules
