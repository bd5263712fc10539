#pragma once

#include <optional>
#include <string>
#include <vector>

#include "planner/operations/parts.h"

/// Operations on schemas and extensions, and those that are alike for every kind of object. Names are as
/// written (schema empty when not given).
namespace planner {

struct CreateSchema {
  Identifier schema;
  bool if_not_exists = false;
  std::string authorization;
};
struct DropSchema {
  Identifier schema;
  bool if_exists = false;
  Cascade cascade = Cascade::Restrict;
};
struct RenameSchema {
  Identifier schema;
  Identifier to;
};
struct CreateExtension {
  Identifier extension;
  Identifier schema;
  std::string version;
  bool if_not_exists = false;
};
struct AlterExtension {
  Identifier extension;
};
struct DropExtension {
  Identifier extension;
  bool if_exists = false;
  Cascade cascade = Cascade::Restrict;
};
struct DropOwned {
  std::vector<std::string> roles;
};

/// Kinds of objects for the operations that are alike for all of them.
enum class ObjectKind {
  Table,
  ForeignTable,
  View,
  MaterializedView,
  Index,
  Sequence,
  Type,
  Domain,
  Function,
  Procedure,
  Aggregate,
  Routine,
  Trigger,
  Policy,
  Rule,
  Constraint,
  Column,
  Schema,
  Extension,
  Statistics,
  Publication,
  Subscription,
  Collation,
  Conversion,
  Operator,
  OperatorClass,
  OperatorFamily,
  TextSearch,
  Cast,
  EventTrigger,
  ForeignServer,
  ForeignDataWrapper,
  UserMapping,
  Language,
  Role,
  Database,
  Tablespace,
  AccessMethod,
  Transform,
  LargeObject,
};
struct SetSchema {
  ObjectKind kind = ObjectKind::Table;
  ObjectName name;
  Identifier to;
  bool if_exists = false;
  std::optional<std::vector<TypeName>> arguments;
};
struct ChangeOwner {
  ObjectKind kind = ObjectKind::Table;
  ObjectName name;
  std::string owner;
  std::optional<std::vector<TypeName>> arguments;
};
struct Comment {
  ObjectKind kind = ObjectKind::Table;
  ObjectName name;
  Identifier sub_object;
  std::optional<std::string> text;
  std::optional<std::vector<TypeName>> arguments;
};
struct Grant {
  bool revoke = false;
  ObjectKind kind = ObjectKind::Table;
  std::vector<ObjectName> objects;
  std::vector<std::string> privileges;
  std::vector<std::string> grantees;
  std::vector<Identifier> columns;
  bool all_in_schema = false;
  bool default_privileges = false;
  bool role_membership = false;
};
/// An object planner follows by name only: publications, collations, casts, roles, servers, ... `change` is c
/// create, a alter, d drop, r rename.
struct OtherObject {
  ObjectKind kind = ObjectKind::Publication;
  char change = 'c';
  ObjectName name;
  Identifier to;
  bool if_exists = false;
  Cascade cascade = Cascade::Restrict;
  std::vector<TableName> tables;
  std::vector<std::vector<Identifier>> filtered;  ///< per table of a publication: columns its WHERE names
  std::vector<std::vector<Identifier>> listed;    ///< per table of a publication: its column list
};

}  // namespace planner
