#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "planner/sql/expression.h"
#include "planner/sql/names.h"
#include "planner/sql/type.h"

/// What one SQL sub-command asks for. Plain structs in one variant: rules read as sentences, tests print and
/// compare them. `ALTER TABLE t ADD a int, DROP b` is two operations of one statement. Names are as written
/// (schema empty when not given).
namespace planner {

enum class Cascade { Restrict, Cascade };
enum class ForeignKeyAction { NoAction, Restrict, Cascade, SetNull, SetDefault };
enum class ConstraintKind { Check, NotNull, PrimaryKey, Unique, ForeignKey, Exclusion };
enum class Persistence { Permanent, Unlogged, Temporary };

// ---- parts
// -------------------------------------------------------------------------------------------------------------

struct SequenceOptions {
  TypeName as_type;  ///< empty: not said
  std::optional<std::int64_t> start, increment, minimum, maximum, cache, restart;
  bool restart_given = false;  ///< RESTART without a value too
  std::optional<bool> cycle;
  std::optional<ObjectName> owned_by_table;  ///< with owned_by_column; OWNED BY NONE: both empty but set
  std::optional<Identifier> owned_by_column;
};

struct Identity {
  bool always = false;  ///< GENERATED ALWAYS, else BY DEFAULT
  SequenceOptions options;
};

struct IndexElement {
  Identifier column;  ///< empty when `expression` is set
  Expression expression;
  ObjectName collation;
  ObjectName opclass;
  bool descending = false;
  std::optional<bool> nulls_first;  ///< unset: the default of the direction
};

struct ForeignKeyTarget {
  TableName table;
  std::vector<Identifier> columns;  ///< empty: the primary key
  ForeignKeyAction on_delete = ForeignKeyAction::NoAction;
  ForeignKeyAction on_update = ForeignKeyAction::NoAction;
  std::vector<Identifier> on_delete_set_columns;
  char match = 's';  ///< s simple, f full, p partial
};

struct ConstraintDefinition {
  ConstraintKind kind = ConstraintKind::Check;
  Identifier name;                  ///< empty: PostgreSQL generates it
  std::vector<Identifier> columns;  ///< key columns; for an inline constraint its own column
  std::vector<Identifier> included;
  Expression expression;        ///< CHECK
  ForeignKeyTarget references;  ///< FOREIGN KEY
  std::vector<IndexElement> exclusion_elements;
  std::vector<ObjectName> exclusion_operators;
  std::string access_method;  ///< EXCLUDE USING gist
  Expression predicate;       ///< EXCLUDE ... WHERE
  Identifier using_index;     ///< UNIQUE / PRIMARY KEY USING INDEX
  bool nulls_not_distinct = false;
  bool not_valid = false;
  bool no_inherit = false;
  bool deferrable = false;
  bool initially_deferred = false;
  bool inline_of_column = false;  ///< written behind the column it constrains
};

struct ColumnDefinition {
  Identifier name;
  TypeName type;
  bool not_null = false;
  bool explicit_null = false;
  Expression default_value;
  std::optional<Identity> identity;
  Expression generated;  ///< GENERATED ALWAYS AS (..) STORED
  ObjectName collation;
  std::string storage;
  std::string compression;
  std::vector<ConstraintDefinition>
      constraints;  ///< inline CHECK, UNIQUE, PRIMARY KEY, REFERENCES (NOT NULL is `not_null`)
};

struct PartitionKey {
  std::string strategy;  ///< range, list, hash
  std::vector<IndexElement> elements;
};

struct PartitionBound {
  bool is_default = false;
  std::string strategy;           ///< r, l, h as PostgreSQL names them
  std::vector<Expression> lower;  ///< FROM; MINVALUE / MAXVALUE are column references of that name
  std::vector<Expression> upper;  ///< TO
  std::vector<Expression> list;   ///< IN
  int modulus = 0;
  int remainder = 0;
};

struct Option {
  std::string name;  ///< `fillfactor`, `toast.autovacuum_enabled`
  std::string value;
};

struct FunctionArgument {
  Identifier name;
  TypeName type;
  char mode = 'i';  ///< i in, o out, b inout, v variadic, t table column
  Expression default_value;
};

/// A function by name and input types; `arguments` unset when written without parentheses.
struct FunctionSignature {
  ObjectName name;
  std::optional<std::vector<TypeName>> arguments;
};

// ---- tables
// ------------------------------------------------------------------------------------------------------------

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

// ---- indexes
// -----------------------------------------------------------------------------------------------------------

struct CreateIndex {
  Identifier name;  ///< empty: generated
  TableName table;
  std::vector<IndexElement> elements;
  std::vector<Identifier> included;
  std::string method;  ///< btree when not written
  Expression predicate;
  std::vector<Option> options;
  std::string tablespace;
  bool unique = false;
  bool concurrently = false;
  bool if_not_exists = false;
  bool only = false;
  bool nulls_not_distinct = false;
};
struct DropIndex {
  ObjectName index;
  bool concurrently = false;
  bool if_exists = false;
  Cascade cascade = Cascade::Restrict;
};
struct RenameIndex {
  ObjectName index;
  Identifier to;
  bool if_exists = false;
};
struct AttachIndexPartition {
  ObjectName index;
  ObjectName partition;
};
enum class ReindexTarget { Index, Table, Schema, Database, System };
struct Reindex {
  ReindexTarget target = ReindexTarget::Index;
  ObjectName name;
  bool concurrently = false;
};
struct Cluster {
  TableName table;
  Identifier index;
};  ///< empty table: every clustered table

// ---- sequences, types
// ----------------------------------------------------------------------------------------------------

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
};  ///< a add, d drop, t type, r rename
struct CreateRangeType {
  ObjectName type;
  TypeName subtype;
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

// ---- views, functions, triggers, policies
// ----------------------------------------------------------------------------------

struct CreateView {
  ObjectName view;
  std::vector<Identifier> column_names;
  Expression query;
  std::vector<Option> options;
  bool replace = false;
  bool temporary = false;
  char check_option = 'n';
  bool recursive = false;
};
struct CreateMaterializedView {
  ObjectName view;
  std::vector<Identifier> column_names;
  Expression query;
  bool with_data = true;
  bool if_not_exists = false;
};
struct DropView {
  ObjectName view;
  bool materialized = false;
  bool if_exists = false;
  Cascade cascade = Cascade::Restrict;
};
struct RenameView {
  ObjectName view;
  Identifier to;
  bool materialized = false;
  bool if_exists = false;
};
struct RenameViewColumn {
  ObjectName view;
  Identifier from;
  Identifier to;
  bool materialized = false;
};
struct SetViewDefault {
  ObjectName view;
  Identifier column;
  Expression value;
};
struct RefreshMaterializedView {
  ObjectName view;
  bool concurrently = false;
  bool with_data = true;
};
enum class Volatility { Volatile, Stable, Immutable };
struct CreateFunction {
  ObjectName name;
  std::vector<FunctionArgument> arguments;
  TypeName returns;  ///< empty for procedures and OUT-only functions
  bool returns_table = false;
  bool procedure = false;
  bool aggregate = false;
  bool replace = false;
  std::string language;  ///< lower case
  Volatility volatility = Volatility::Volatile;
  bool strict = false;
  bool security_definer = false;
  std::string body;              ///< AS '...' text; empty for SQL-standard bodies
  Expression sql_body;           ///< BEGIN ATOMIC / RETURN
  std::vector<Option> settings;  ///< SET search_path = ...
};
struct AlterFunction {
  FunctionSignature function;
  std::optional<Volatility> volatility;
};
struct DropFunction {
  FunctionSignature function;
  char kind = 'f';
  bool if_exists = false;
  Cascade cascade = Cascade::Restrict;
};  ///< f function, p procedure, a aggregate, r routine
struct RenameFunction {
  FunctionSignature function;
  Identifier to;
  char kind = 'f';
};
struct CreateTrigger {
  Identifier name;
  TableName table;
  ObjectName function;
  std::vector<std::string> arguments;
  bool before = false, instead = false;  ///< neither: AFTER
  bool for_each_row = false;
  bool on_insert = false, on_update = false, on_delete = false, on_truncate = false;
  std::vector<Identifier> update_columns;
  Expression when;
  bool constraint = false, deferrable = false, initially_deferred = false;
  bool replace = false;
  Identifier old_table, new_table;
  TableName constraint_from;
};
struct DropTrigger {
  TableName table;
  Identifier trigger;
  bool if_exists = false;
  Cascade cascade = Cascade::Restrict;
};
struct RenameTrigger {
  TableName table;
  Identifier from;
  Identifier to;
};
struct CreatePolicy {
  Identifier name;
  TableName table;
  std::string command;
  bool permissive = true;
  std::vector<std::string> roles;
  Expression using_expression;
  Expression with_check;
};
struct AlterPolicy {
  Identifier name;
  TableName table;
  std::vector<std::string> roles;
  Expression using_expression;
  Expression with_check;
};
struct DropPolicy {
  TableName table;
  Identifier policy;
  bool if_exists = false;
};
struct RenamePolicy {
  TableName table;
  Identifier from;
  Identifier to;
};
struct CreateRule {
  Identifier name;
  TableName table;
  std::string event;
  bool instead = false;
  bool replace = false;
  Expression where;
  std::vector<ObjectName> mentions;
  std::vector<Expression> actions;
};
struct DropRule {
  TableName table;
  Identifier rule;
  bool if_exists = false;
  Cascade cascade = Cascade::Restrict;
};
struct RenameRule {
  TableName table;
  Identifier from;
  Identifier to;
};
struct CreateStatistics {
  ObjectName name;
  TableName table;
  std::vector<Identifier> columns;
  std::vector<Expression> expressions;
  std::vector<std::string> kinds;
  bool if_not_exists = false;
};
struct DropStatistics {
  ObjectName name;
  bool if_exists = false;
};

// ---- schemas, extensions, everything else
// ------------------------------------------------------------------------------------

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
};

// ---- data
// ----------------------------------------------------------------------------------------------------------------

struct Update {
  TableName table;
  std::vector<Identifier> columns;
  Expression where;
  Expression statement;
  bool from_other_tables = false;
};
struct Delete {
  TableName table;
  Expression where;
  Expression statement;
  bool from_other_tables = false;
};
struct Insert {
  TableName table;
  std::vector<Identifier> columns;
  bool from_query = false;
  std::vector<TableName> source_tables;
  Expression statement;
};
struct Merge {
  TableName table;
  Expression statement;
};
struct Truncate {
  std::vector<TableName> tables;
  Cascade cascade = Cascade::Restrict;
  bool restart_identity = false;
};
struct Copy {
  TableName table;
  bool from = true;
};
struct Select {
  Expression query;
};  ///< facts() tells which functions (setval, set_config, pg_advisory_..) and tables

// ---- session, transaction, maintenance
// -----------------------------------------------------------------------------------------

struct SetVariable {
  std::string name;
  std::vector<std::string> values;
  bool local = false;
  bool reset = false;
  bool reset_all = false;
};
enum class TransactionAction {
  Begin,
  Commit,
  Rollback,
  Savepoint,
  ReleaseSavepoint,
  RollbackToSavepoint,
  Prepare,
  CommitPrepared,
  RollbackPrepared,
  SetConstraints,
  SetTransaction
};
struct Transaction {
  TransactionAction action = TransactionAction::Begin;
  std::string name;
  bool chain = false;
};
struct LockTable {
  std::vector<TableName> tables;
  std::string mode;
  bool nowait = false;
  bool only = false;
};  ///< mode in the manual's words: `ACCESS EXCLUSIVE`
struct Vacuum {
  std::vector<TableName> tables;
  bool full = false;
  bool analyze = false;
  bool analyze_only = false;
};
struct Call {
  ObjectName procedure;
};
struct Discard {};
struct Listen {
  std::string kind;
};  ///< LISTEN, NOTIFY, UNLISTEN, CHECKPOINT, LOAD, DEALLOCATE, PREPARE, EXECUTE, DECLARE, FETCH, EXPLAIN,
    ///< ... : nothing to the schema

/// Something planner does not follow. `may_touch` are the relations it can tell.
struct Unrecognized {
  std::string what;
  std::vector<TableName> may_touch;
  bool dynamic = false;
};

// ---- intentions that no single statement spells (planner/recognize.h makes them; replay never meets them)
// ------------------------

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

/// A DO block: the static statements found inside (PL/pgSQL parsed by libpg_query), each with its own
/// operations, in order, whatever branch they stand in. `commits` when it has COMMIT; dynamic SQL appears as
/// Unrecognized{dynamic = true} in `body`.
struct DoBlock;

using OperationVariant = std::variant<
    CreateTable, CreateTableAs, DropTable, RenameTable, AddColumn, DropColumn, RenameColumn, ChangeType,
    SetNotNull, DropNotNull, SetDefault, DropDefault, AddIdentity, SetIdentity, DropIdentity, DropExpression,
    SetStatistics, SetColumnOptions, SetStorage, SetCompression, AddForeignKey, AddCheck, AddUnique,
    AddPrimaryKey, AddExclusion, ValidateConstraint, DropConstraint, RenameConstraint, AlterConstraint,
    SetTableOptions, SetPersistence, SetTablespace, SetAccessMethod, SetReplicaIdentity, ClusterOn,
    SetRowSecurity, SetTriggerState, SetRuleState, AttachPartition, DetachPartition, Inherit, CreateIndex,
    DropIndex, RenameIndex, AttachIndexPartition, Reindex, Cluster, CreateSequence, AlterSequence,
    DropSequence, CreateEnum, AddEnumValue, RenameEnumValue, CreateDomain, AlterDomain, CreateCompositeType,
    AlterCompositeType, CreateRangeType, CreateBaseType, DropType, RenameType, CreateView,
    CreateMaterializedView, DropView, RenameView, RenameViewColumn, SetViewDefault, RefreshMaterializedView,
    CreateFunction, AlterFunction, DropFunction, RenameFunction, CreateTrigger, DropTrigger, RenameTrigger,
    CreatePolicy, AlterPolicy, DropPolicy, RenamePolicy, CreateRule, DropRule, RenameRule, CreateStatistics,
    DropStatistics, CreateSchema, DropSchema, RenameSchema, CreateExtension, AlterExtension, DropExtension,
    DropOwned, SetSchema, ChangeOwner, Comment, Grant, OtherObject, Update, Delete, Insert, Merge, Truncate,
    Copy, Select, SetVariable, Transaction, LockTable, Vacuum, Call, Discard, Listen, Unrecognized,
    ReplaceEnum, ReplaceConstraint, ReplaceColumn, std::shared_ptr<const DoBlock>>;

/// One operation. A variant with its copy, move and destruction compiled once (operation_value.cpp):
/// instantiating them for a hundred alternatives in every file that handles operations costs the compiler
/// twenty seconds a file. std::get_if, std::holds_alternative and std::visit work on it as on any variant.
class Operation : public OperationVariant {
 public:
  Operation();
  template <typename T>
  requires(!std::is_base_of_v<Operation, std::remove_cvref_t<T>> &&
           !std::is_same_v<OperationVariant, std::remove_cvref_t<T>>)
      Operation(T&& alternative)  // NOLINT(google-explicit-constructor): as std::variant converts
      : OperationVariant(std::in_place_type<std::remove_cvref_t<T>>, std::forward<T>(alternative)) {}
  Operation(const Operation& other);
  Operation(Operation&& other) noexcept;
  Operation& operator=(const Operation& other);
  Operation& operator=(Operation&& other) noexcept;
  ~Operation();
};

struct DoBlock {
  std::vector<Operation> body;
  bool commits = false;  ///< COMMIT or ROLLBACK inside: cannot run in a transaction block
  bool has_loop = false;
  bool catches_errors = false;
  bool has_conditions = false;  ///< IF or CASE: what stands in `body` may not all run
  std::string language = "plpgsql";
};

/// `rename-column`, `set-not-null`, ...: the operation's kind as users write it in planner.toml and read it
/// in JSON.
std::string_view kind_name(const Operation& operation);
/// The relation an operation is about (table, view, index or sequence), or nullptr.
const ObjectName* target_relation(const Operation& operation);

}  // namespace planner
