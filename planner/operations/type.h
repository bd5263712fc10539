#pragma once

#include <string>
#include <vector>

#include "planner/operations/parts.h"

/// Operations on sequences and types. Names are as written (schema empty when not given).
namespace planner {

struct CreateSequence {
  ObjectName sequence;
  SequenceOptions options;
  bool if_not_exists = false;
  Persistence persistence = Persistence::Permanent;
};
struct AlterSequence {
  ObjectName sequence;
  SequenceOptions options;
  bool if_exists = false;
};
struct DropSequence {
  ObjectName sequence;
  bool if_exists = false;
  Cascade cascade = Cascade::Restrict;
};
struct CreateEnum {
  ObjectName type;
  std::vector<std::string> labels;
};
struct AddEnumValue {
  ObjectName type;
  std::string label;
  std::string neighbour;
  bool after = false;
  bool if_not_exists = false;
};
struct RenameEnumValue {
  ObjectName type;
  std::string from;
  std::string to;
};
struct CreateDomain {
  ObjectName domain;
  TypeName base;
  bool not_null = false;
  Expression default_value;
  ObjectName collation;
  std::vector<ConstraintDefinition> checks;
};
enum class DomainChange {
  SetDefault,
  DropDefault,
  SetNotNull,
  DropNotNull,
  AddConstraint,
  DropConstraint,
  ValidateConstraint
};
struct AlterDomain {
  ObjectName domain;
  DomainChange change = DomainChange::SetDefault;
  Expression default_value;
  ConstraintDefinition constraint;
  Identifier constraint_name;
  bool if_exists = false;
  Cascade cascade = Cascade::Restrict;
};
struct CreateCompositeType {
  ObjectName type;
  std::vector<ColumnDefinition> attributes;
};
struct AlterCompositeType {
  ObjectName type;
  char change = 'a';
  ColumnDefinition attribute;
  Identifier to;
  Cascade cascade = Cascade::Restrict;
  bool if_exists = false;
};  ///< a add, d drop, t type, r rename
struct CreateRangeType {
  ObjectName type;
  TypeName subtype;
  ObjectName opclass, collation, canonical, subtype_diff;
  ObjectName multirange;  ///< empty: PostgreSQL chooses the name
};
struct CreateBaseType {
  ObjectName type;
};  ///< shell or C-level type
struct DropType {
  ObjectName type;
  bool domain = false;
  bool if_exists = false;
  Cascade cascade = Cascade::Restrict;
};
struct RenameType {
  ObjectName type;
  Identifier to;
  bool domain = false;
};

}  // namespace planner
