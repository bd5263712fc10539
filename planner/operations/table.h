#pragma once

#include <optional>
#include <string>
#include <vector>

#include "planner/operations/parts.h"

/// Operations on tables, their columns and constraints. Names are as written (schema empty when not given).
namespace planner {

struct LikeClause {
  TableName source;
  bool defaults = false, constraints = false, indexes = false, identity = false, generated = false,
       comments = false, statistics = false, storage = false, compression = false;
  std::size_t position = 0;  ///< how many of `columns` stand before it
};

struct CreateTable {
  TableName table;
  std::vector<ColumnDefinition> columns;
  std::vector<ConstraintDefinition> constraints;
  std::vector<LikeClause> likes;
  std::vector<TableName> inherits;
  std::optional<TableName> partition_of;
  std::optional<PartitionBound> bound;
  std::optional<PartitionKey> partition_by;
  ObjectName of_type;
  std::vector<Option> options;
  std::string access_method;
  std::string tablespace;
  std::string foreign_server;  ///< CREATE FOREIGN TABLE
  Persistence persistence = Persistence::Permanent;
  bool if_not_exists = false;
};
struct CreateTableAs {
  TableName table;
  std::vector<Identifier> column_names;
  Expression query;
  Persistence persistence = Persistence::Permanent;
  bool with_data = true;
  bool if_not_exists = false;
};
struct DropTable {
  TableName table;
  bool if_exists = false;
  Cascade cascade = Cascade::Restrict;
  bool foreign = false;
};
struct RenameTable {
  TableName table;
  Identifier to;
  bool if_exists = false;
};
struct AddColumn {
  TableName table;
  ColumnDefinition column;
  bool if_not_exists = false;
  bool only = false;
};
struct DropColumn {
  TableName table;
  Identifier column;
  bool if_exists = false;
  Cascade cascade = Cascade::Restrict;
  bool only = false;
};
struct RenameColumn {
  TableName table;
  Identifier from;
  Identifier to;
  bool only = false;
};
struct ChangeType {
  TableName table;
  Identifier column;
  TypeName type;
  ObjectName collation;
  Expression using_expression;
  bool only = false;
};
struct SetNotNull {
  TableName table;
  Identifier column;
  bool only = false;
};
struct DropNotNull {
  TableName table;
  Identifier column;
  bool only = false;
};
struct SetDefault {
  TableName table;
  Identifier column;
  Expression value;
  bool only = false;
};
struct DropDefault {
  TableName table;
  Identifier column;
  bool only = false;
};
struct AddIdentity {
  TableName table;
  Identifier column;
  Identity identity;
};
struct SetIdentity {
  TableName table;
  Identifier column;
  std::optional<bool> always;
  SequenceOptions options;
};
struct DropIdentity {
  TableName table;
  Identifier column;
  bool if_exists = false;
};
struct DropExpression {
  TableName table;
  Identifier column;
  bool if_exists = false;
};
struct SetStatistics {
  TableName table;
  Identifier column;
  int target = 0;
};
struct SetColumnOptions {
  TableName table;
  Identifier column;
  std::vector<Option> options;
  bool reset = false;
};
struct SetStorage {
  TableName table;
  Identifier column;
  std::string storage;
};
struct SetCompression {
  TableName table;
  Identifier column;
  std::string method;
};

struct AddForeignKey {
  TableName table;
  ConstraintDefinition constraint;
  bool only = false;
};
struct AddCheck {
  TableName table;
  ConstraintDefinition constraint;
  bool only = false;
};
struct AddUnique {
  TableName table;
  ConstraintDefinition constraint;
  bool only = false;
};
struct AddPrimaryKey {
  TableName table;
  ConstraintDefinition constraint;
  bool only = false;
};
struct AddExclusion {
  TableName table;
  ConstraintDefinition constraint;
  bool only = false;
};
struct ValidateConstraint {
  TableName table;
  Identifier constraint;
};
struct DropConstraint {
  TableName table;
  Identifier constraint;
  bool if_exists = false;
  Cascade cascade = Cascade::Restrict;
  bool only = false;
};
struct RenameConstraint {
  TableName table;
  Identifier from;
  Identifier to;
};
struct AlterConstraint {
  TableName table;
  Identifier constraint;
  bool deferrable = false;
  bool initially_deferred = false;
};

struct SetTableOptions {
  TableName table;
  std::vector<Option> options;
  bool reset = false;
  bool is_index = false;
  bool is_view = false;
};
struct SetPersistence {
  TableName table;
  Persistence persistence = Persistence::Permanent;
};
struct SetTablespace {
  TableName table;
  Identifier tablespace;
  bool is_index = false;
};
struct SetAccessMethod {
  TableName table;
  std::string method;
};
struct SetReplicaIdentity {
  TableName table;
  char identity = 'd';
  Identifier index;
};  ///< d default, f full, n nothing, i index
struct ClusterOn {
  TableName table;
  Identifier index;
};  ///< empty index: SET WITHOUT CLUSTER
enum class RowSecurity { Enable, Disable, Force, NoForce };
struct SetRowSecurity {
  TableName table;
  RowSecurity action = RowSecurity::Enable;
};
enum class TriggerState { Enable, EnableAlways, EnableReplica, Disable };
struct SetTriggerState {
  TableName table;
  Identifier trigger;
  TriggerState state = TriggerState::Enable;
  bool all = false;
  bool user = false;
};
struct SetRuleState {
  TableName table;
  Identifier rule;
  TriggerState state = TriggerState::Enable;
};
struct AttachPartition {
  TableName table;
  TableName partition;
  PartitionBound bound;
};
struct DetachPartition {
  TableName table;
  TableName partition;
  bool concurrently = false;
  bool finalize = false;
};
struct Inherit {
  TableName table;
  TableName parent;
  bool remove = false;
};

}  // namespace planner
