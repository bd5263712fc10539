#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "planner/operation.h"
#include "planner/shared_list.h"
#include "planner/shared_map.h"
#include "planner/shared_stack.h"

/// What a migration meets: built by replaying the history or read from a live database, the same type. Every
/// object is fully qualified here. Copying a Schema is cheap: objects are shared and cloned when changed.
namespace planner {

/// How much planner knows about an object. Uncertain ones were touched by something not understood.
enum class Certainty { Known, Uncertain };

struct Column {
  Identifier name;
  TypeName type;  ///< user-defined types qualified
  bool not_null = false;
  Expression default_value;
  std::optional<Identity> identity;
  Expression generated;
  bool generated_virtual = false;
  ObjectName collation;  ///< empty: the type's own
  std::string storage, compression;
  int statistics_target = -1;
  std::vector<Option> options;
  std::string comment;
  bool inherited = false;  ///< comes from a parent and cannot be dropped here
  bool local = true;       ///< also defined here: stays when the parent lets go of it
  bool is_new = false;     ///< added by a pending migration: no application reads it yet
};

struct Constraint {
  ConstraintDefinition
      definition;  ///< name never empty; foreign key target qualified and its columns filled in
  bool validated = true;
  bool inherited = false;
  bool local = true;            ///< also defined here: stays when the parent lets go of it
  bool enforced = true;         ///< 18: NOT ENFORCED
  ObjectName index;             ///< of UNIQUE, PRIMARY KEY, EXCLUDE
  ObjectName referenced_index;  ///< of FOREIGN KEY: the unique index of the other table it leans on
  std::string comment;
  bool is_new = false;
};

struct Index {
  ObjectName name;
  TableName table;
  std::vector<IndexElement> elements;
  std::vector<Identifier> included;
  /// The index's own column names, included ones last. They do not follow renames of the table's columns and
  /// decide the names of indexes cloned from this one.
  std::vector<Identifier> column_names;
  std::string method = "btree";
  Expression predicate;
  std::vector<Option> options;
  bool unique = false;
  bool nulls_not_distinct = false;
  bool valid = true;
  bool ready = true;
  Identifier constraint;  ///< the UNIQUE / PRIMARY KEY / EXCLUDE it serves
  bool primary = false;
  bool clustered = false, replica_identity = false;
  ObjectName parent;  ///< index of the partitioned parent
  std::string comment, tablespace;
  std::optional<std::int64_t> bytes;  ///< only from a live database
  bool is_new = false;
};

struct Trigger {
  CreateTrigger definition;  ///< table and function qualified
  TriggerState state = TriggerState::Enable;
  bool inherited = false;
};

struct Policy {
  CreatePolicy definition;
};

struct RewriteRule {
  CreateRule definition;
  TriggerState state = TriggerState::Enable;
};

enum class RelationKind {
  Table,
  PartitionedTable,
  ForeignTable,
  View,
  MaterializedView,
  Sequence,
  CompositeType
};

/// What a live database adds. All sizes in bytes, rows as reltuples estimates them (-1: never analysed).
struct TableSize {
  double rows = -1;
  std::int64_t heap_bytes = 0;
  std::int64_t index_bytes = 0;
  std::int64_t total_bytes = 0;
  double reads_per_second = -1, writes_per_second = -1;  ///< since the statistics were reset; -1 unknown
};

struct Table {
  TableName name;
  RelationKind kind = RelationKind::Table;  ///< Table, PartitionedTable or ForeignTable
  SharedList<Column> columns;               ///< in PostgreSQL's order, dropped ones left out
  SharedList<Constraint> constraints;
  SharedList<Index> indexes;
  SharedList<Trigger> triggers;
  std::vector<Policy> policies;
  std::vector<RewriteRule> rules;
  std::vector<CreateStatistics> statistics;  ///< names qualified
  bool row_security = false, force_row_security = false;
  Persistence persistence = Persistence::Permanent;
  std::vector<TableName> inherits;  ///< parents (also the partitioned parent)
  std::optional<TableName> partition_of;
  std::optional<PartitionBound> bound;
  std::optional<PartitionKey> partition_by;
  ObjectName of_type;                       ///< CREATE TABLE ... OF
  std::vector<TableName> children;          ///< partitions and inheriting tables
  std::vector<ObjectName> owned_sequences;  ///< of serial and identity columns, OWNED BY
  /// Names taken by what PostgreSQL adds per partition of a referenced table: no constraint a person meets,
  /// but no free name either.
  struct HiddenConstraint {
    Identifier name;
    Identifier of;        ///< the foreign key of this table
    TableName partition;  ///< of the referenced table
  };
  std::vector<HiddenConstraint> hidden_constraints;
  char replica_identity = 'd';
  std::vector<Option> options;
  std::string tablespace, access_method, owner, comment;
  Certainty certainty = Certainty::Known;
  bool is_new = false;  ///< created by a pending migration: no rows, no readers, nothing on it is risky
  std::optional<TableSize> size;

  const Column* column(const Identifier& column_name) const;
  Column* column(const Identifier& column_name);
  const Constraint* constraint(const Identifier& constraint_name) const;
  Constraint* constraint(const Identifier& constraint_name);
  const Index* index(const Identifier& index_name) const;
  Index* index(const Identifier& index_name);
  const Constraint* primary_key() const;
};

struct View {
  ObjectName name;
  bool materialized = false;
  std::vector<Identifier> columns;     ///< output names; empty when they cannot be told
  std::vector<TypeName> column_types;  ///< only from a live database
  Expression query;
  std::vector<Option> options;
  bool populated = true;
  SharedList<Index> indexes;  ///< of a materialized view
  SharedList<Trigger> triggers;
  std::vector<RewriteRule> rules;
  /// Columns of tables and views it reads; a column list that cannot be told apart (`SELECT *`, unqualified
  /// in a join) is in `reads_all_of`.
  std::map<ObjectName, std::vector<Identifier>> reads;
  std::vector<ObjectName> reads_all_of;
  std::string comment, owner;
  Certainty certainty = Certainty::Known;
};

struct Sequence {
  ObjectName name;
  std::string type = "int8";
  std::int64_t start = 1, increment = 1, minimum = 1, maximum = 9223372036854775807, cache = 1;
  bool cycle = false;
  std::optional<TableName> owner_table;
  Identifier owner_column;
  bool internal = false;  ///< of an identity column
  Persistence persistence = Persistence::Permanent;
  std::string owner, comment;
};

struct EnumType {
  ObjectName name;
  std::vector<std::string> labels;
  bool is_new = false;
  std::string comment, owner;
};

struct Domain {
  ObjectName name;
  TypeName base;  ///< may be a domain again
  bool not_null = false;
  Expression default_value;
  ObjectName collation;
  std::vector<Constraint> checks;
  bool is_new = false;
  std::string comment, owner;
};

/// Composite, range, base or shell types; types of extensions that planner knows by name.
struct OtherType {
  ObjectName name;
  char kind = 'c';  ///< c composite, r range, b base, p shell
  std::vector<Column> attributes;
  std::optional<CreateRangeType> range;  ///< how a range type is made; names qualified
  Identifier extension;
  std::string comment, owner;
};

struct Function {
  CreateFunction definition;  ///< name qualified, types resolved
  std::vector<TypeName> input_types;
  Identifier extension;
  std::string comment, owner;
};

/// One foreign key that points at a table.
struct ForeignKeyReference {
  TableName from;
  Identifier constraint;
  friend auto operator<=>(const ForeignKeyReference&, const ForeignKeyReference&) = default;
};

/// The same with the table it points at.
struct ReferencedTable {
  TableName target;
  ForeignKeyReference by;
  friend auto operator<=>(const ReferencedTable&, const ReferencedTable&) = default;
};

struct Schema {
  SharedMap<ObjectName, Table> tables;
  SharedMap<ObjectName, View> views;
  SharedMap<ObjectName, Sequence> sequences;
  SharedMap<ObjectName, EnumType> enums;
  SharedMap<ObjectName, Domain> domains;
  SharedMap<ObjectName, OtherType> types;
  SharedMap<ObjectName, std::vector<Function>> functions;  ///< overloads together
  SharedMap<Identifier, std::string> schemas;     ///< name -> comment; `public` is there from the start
  SharedMap<Identifier, std::string> extensions;  ///< name -> version
  SharedMap<ObjectName, TableName> index_tables;  ///< index -> its table or materialized view
  SharedMap<Identifier, std::vector<TableName>> publications;
  /// Columns that the WHERE clauses of a publication name, by table.
  SharedMap<Identifier, std::map<TableName, std::vector<Identifier>>> publication_filters;
  SharedMap<Identifier, std::map<TableName, std::vector<Identifier>>> publication_columns;  ///< their lists
  std::vector<Identifier> search_path{Identifier("public")};
  std::vector<Identifier> session_search_path{Identifier("public")};  ///< what a new session starts with
  std::string time_zone;  ///< the session's, when SET said so; empty: the server's
  bool from_database = false;
  int server_version = 0;         ///< 150004 as server_version_num; 0: not known
  SharedStack<std::string> gaps;  ///< what was not understood while it was built, one sentence each

  // Kept by replay and read_schema so that nobody has to look at every table.
  SharedMap<ReferencedTable, std::monostate> references;  ///< foreign keys by the table they point at
  SharedMap<ObjectName, int> constraint_names;            ///< how many constraints of a schema bear a name

  /// Begun by BEGIN or SAVEPOINT: what ROLLBACK goes back to.
  struct OpenTransaction {
    Identifier savepoint;                  ///< empty: the transaction itself
    std::shared_ptr<const Schema> before;  ///< without its open transactions
  };
  SharedStack<OpenTransaction> open_transactions;
  std::optional<std::vector<Identifier>> search_path_after_transaction;  ///< set by SET LOCAL

  Schema();

  /// The sentences of `gaps`, each once, in the order they came up.
  std::vector<std::string> distinct_gaps() const;

  /// Do both hold the very same objects (one is a copy of the other of which none was changed)?
  bool shares_objects_with(const Schema& other) const;

  /// Fills `references`, `constraint_names` and `index_tables` from tables and views that were put in by
  /// hand.
  void rebuild_lookups();

  // Lookups take names as written (unqualified ones go through the search path) and return nullptr when there
  // is no such object.
  const Table* table(const ObjectName& name) const;
  const View* view(const ObjectName& name) const;
  const Index* index(const ObjectName& name) const;
  const Sequence* sequence(const ObjectName& name) const;
  const EnumType* enum_type(const ObjectName& name) const;
  const Domain* domain(const ObjectName& name) const;
  const std::vector<Function>* functions_named(const ObjectName& name) const;
  /// Follows the search path; for a name nothing is known of: the first schema of the path.
  ObjectName resolve_relation(const ObjectName& name) const;
  ObjectName resolve_type(const ObjectName& name) const;
  /// The first schema of the search path that exists; empty when there is none.
  Identifier creation_schema() const;

  // Questions rules and recipes ask again and again.
  using Reference = ForeignKeyReference;
  std::vector<Reference> references_to(const TableName& table) const;
  std::vector<ObjectName> views_reading(const ObjectName& relation) const;
  std::vector<ObjectName> views_reading(const ObjectName& relation, const Identifier& column) const;
  std::vector<TableName> partitions_and_children(const TableName& table) const;  ///< all levels
  /// Is NOT NULL on the column proven by a validated CHECK (PostgreSQL then skips the scan)?
  bool not_null_proven(const Table& table, const Identifier& column) const;
  /// Functions called by the expression that are (or may be) volatile; unknown user functions count as
  /// unknown.
  enum class ExpressionVolatility { Immutable, Stable, Volatile, Unknown };
  ExpressionVolatility volatility(const Expression& expression) const;
};

/// Rows known to be fewer than this are "small" when a database gave sizes (planner.toml `small_table_rows`).
inline constexpr double kSmallTableRows = 10'000;

}  // namespace planner
