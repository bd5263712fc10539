#pragma once

#include <string>
#include <vector>

#include "planner/operations/parts.h"

/// Intentions that no single statement spells: planner/recognize makes them; replay never meets them. Names
/// are as written (schema empty when not given).
namespace planner {

/// Prisma's enum swap (new type, columns cast over, types renamed, old one dropped), seen as one change of
/// labels.
struct ReplaceEnum {
  ObjectName type;
  std::vector<std::string> labels;  ///< afterwards
  struct User {
    TableName table;
    Identifier column;
  };
  std::vector<User> columns;
};
/// DROP CONSTRAINT and ADD CONSTRAINT of the same columns: a changed ON DELETE, another check under the same
/// name, ...
struct ReplaceConstraint {
  TableName table;
  Identifier old_constraint;
  ConstraintDefinition constraint;
};
/// DROP COLUMN and ADD COLUMN of one name: what Prisma writes for a type change it cannot cast. All data of
/// the column is lost as written.
struct ReplaceColumn {
  TableName table;
  ColumnDefinition column;
};

}  // namespace planner
