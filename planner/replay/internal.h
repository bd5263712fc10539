#pragma once

#include <fmt/core.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "planner/replay/replay.h"
#include "planner/schema.h"
#include "planner/sql/query_resolve.h"

/// What the files of replay share. For planner/replay*.cpp only.
namespace planner::replaying {

/// PostgreSQL's refusal; caught in replay(). Whoever throws it has not changed the schema yet, or takes its
/// changes back.
struct Refused {
  ReplayProblem problem;
};
template <typename... Args>
[[noreturn]] void refuse(std::string_view sqlstate, fmt::format_string<Args...> format, const Args&... args) {
  throw Refused{ReplayProblem{fmt::vformat(format, fmt::make_format_args(args...)), std::string(sqlstate)}};
}

struct Context {
  Schema& schema;
  bool pending = false;
  bool follows_type = false;  ///< an ALTER TYPE changes the tables of the type, which nobody else may
};

/// As messages of PostgreSQL name it: `t`, or `s.t` when the schema was written.
std::string as_written(const ObjectName& name);

// ---- names: replay_names.cpp

enum class Relation { Table, View, Sequence, Index, CompositeType };
struct FoundRelation {
  Relation kind;
  ObjectName name;
};
std::optional<FoundRelation> find_relation(const Schema& schema, const ObjectName& written);
/// Its kind in the letters of pg_class, partitioned tables as `r` and partitioned indexes as `i`.
char relation_letter(const Schema& schema, const FoundRelation& found);
bool relation_exists(const Schema& schema, const ObjectName& qualified);
bool type_exists(const Schema& schema, const ObjectName& qualified);
void require_schema(const Schema& schema, const Identifier& name);
void require_free_relation(const Schema& schema, const ObjectName& qualified);
void require_free_type(const Schema& schema, const ObjectName& qualified);
/// 42804 for COLLATE behind a type that has none.
void require_collatable(const Schema& schema, const TypeName& type, const ObjectName& collation);

/// Where a new object goes.
ObjectName new_name(const Schema& schema, const ObjectName& written);
ObjectName new_relation_name(const Schema& schema, const ObjectName& written, Persistence persistence);

/// ChooseRelationName and ChooseConstraintName of PostgreSQL: `a_b_label`, `a_b_label1`, ...
Identifier free_relation_name(const Schema& schema, const Identifier& place, std::string_view name1,
                              std::string_view name2, std::string_view label, bool is_constraint);
Identifier free_constraint_name(const Schema& schema, const Identifier& place, std::string_view name1,
                                std::string_view name2, std::string_view label);
/// `a_b_c`, cut where PostgreSQL stops adding.
std::string joined_names(const std::vector<Identifier>& columns);

/// The table an ALTER TABLE names; refuses when there is none.
TableName table_named(const Schema& schema, const TableName& written);
Table& edit_table(Context& context, const TableName& qualified);
const Table& table_at(const Schema& schema, const TableName& qualified);
/// 42809 for a table made of a composite type: only ALTER TYPE changes its columns.
void forbid_typed(const Context& context, const Table& table, std::string_view what);
Column& edit_column(Table& table, const Identifier& name);
const Column& column_of(const Table& table, const Identifier& name);

TypeName resolved_type(const Schema& schema, const TypeName& type);
/// A user's type of any kind (enum, domain, composite, range, row type).
ObjectName type_named(const Schema& schema, const ObjectName& written);
ObjectName resolved_collation(const ObjectName& collation);
/// The expression as it is stored: nextval('seq') with its sequence qualified.
Expression stored_default(const Schema& schema, const Expression& expression);
Expression nextval_of(const ObjectName& sequence);
/// DEFAULT NULL is no default at all, unless it had to be coerced to the column's type.
bool is_no_default(const Schema& schema, const Expression& value, const TypeName& type);

bool contains(const std::vector<Identifier>& names, const Identifier& name);
template <typename T>
bool contains(const std::vector<T>& items, const T& item) {
  for (const T& one : items) {
    if (one == item) return true;
  }
  return false;
}
template <typename T>
void erase_value(std::vector<T>& items, const T& item) {
  for (auto it = items.begin(); it != items.end(); ++it) {
    if (*it == item) {
      items.erase(it);
      return;
    }
  }
}

// ---- tables and columns: replay_table.cpp, replay_column.cpp

/// A column as its definition says, without constraints; creates the sequence of a serial or identity column.
Column make_column(Context& context, const TableName& table, const ColumnDefinition& definition,
                   std::vector<ObjectName>& sequences);
ObjectName create_owned_sequence(Context& context, const TableName& table, const Identifier& column,
                                 const TypeName& type, const SequenceOptions& options, bool internal,
                                 Persistence persistence);
void apply_options(std::vector<Option>& current, const std::vector<Option>& changes, bool reset);
void sort_options(std::vector<Option>& options);
/// `EXTERNAL`, or empty when it is what the type has anyway.
std::string stored_storage(const TypeName& type, const std::string& written);
/// The table and, unless only, everything below it, parents first.
std::vector<TableName> with_children(const Schema& schema, const TableName& table, bool only);
/// Columns and CHECKs a new or attached child has from its parents are marked as inherited.
void mark_inherited(Context& context, const TableName& child);
/// Takes a table out of every list without asking who needs it.
void forget_table(Schema& schema, const TableName& name);

// ---- constraints: replay_constraint.cpp

Constraint& add_constraint(Schema& schema, Table& table, Constraint constraint);
void remove_constraint(Schema& schema, Table& table, const Identifier& name);
void count_constraint_name(Schema& schema, const Identifier& place, const Identifier& name, int change);
/// Adds CHECK, UNIQUE, PRIMARY KEY, FOREIGN KEY or EXCLUDE with all that follows from it. `with_table`: the
/// table is created by the same statement, so NOT VALID means nothing.
void define_constraint(Context& context, const TableName& table, const ConstraintDefinition& definition,
                       bool with_table, bool only);
/// Moves PRIMARY KEY before UNIQUE and leaves out what repeats, as CREATE TABLE does with its keys.
std::vector<ConstraintDefinition> ordered_keys(const std::vector<ConstraintDefinition>& keys);
/// Foreign keys of a partitioned parent appear on a new partition, and those that point at it get hidden
/// ones.
void clone_foreign_keys(Context& context, const TableName& parent, const TableName& partition);
/// Gives a constraint another name, and its index and the copies in partitions or children with it.
void rename_constraint_of(Context& context, const TableName& table, const Identifier& from,
                          const Identifier& to);
/// Do both say the same of the same columns (a foreign key of a partition and its parent's)?
bool same_foreign_key(const ConstraintDefinition& a, const ConstraintDefinition& b);

// ---- indexes: replay_index.cpp

SharedList<Index>* indexes_of(Context& context, const ObjectName& relation);
const SharedList<Index>* indexes_of(const Schema& schema, const ObjectName& relation);
const Index* index_at(const Schema& schema, const ObjectName& qualified);
Index* edit_index(Context& context, const ObjectName& qualified);
/// Adds an index of a constraint or of CREATE INDEX; an empty name is generated. Partitions get theirs,
/// constraints included.
ObjectName create_index(Context& context, const ObjectName& relation, Index index,
                        const ConstraintDefinition* constraint, bool only, bool is_inherited = false);
void remove_index(Schema& schema, const ObjectName& qualified);
void rename_index_to(Context& context, const ObjectName& qualified, const ObjectName& to);
/// Every index of the parent is found or made on the partition.
void ensure_partition_indexes(Context& context, const TableName& parent, const TableName& partition);
/// Elements as PostgreSQL prints them: no default opclass, no collation the column has anyway.
std::vector<IndexElement> stored_elements(const Schema& schema, const SharedList<Column>& columns,
                                          std::string_view method, std::vector<IndexElement> elements);
std::vector<Identifier> index_column_names(const std::vector<IndexElement>& elements,
                                           const std::vector<Identifier>& included);

// ---- renames and drops: replay_rename.cpp, replay_drop.cpp

void move_table(Context& context, const TableName& from, const TableName& to);
void move_view(Context& context, const ObjectName& from, const ObjectName& to);
void move_sequence(Context& context, const ObjectName& from, const ObjectName& to);
void move_type(Context& context, const ObjectName& from, const ObjectName& to);
void move_function(Context& context, const ObjectName& from, std::size_t overload, const ObjectName& to);
void remove_sequence(Schema& schema, const ObjectName& name);
/// Which overload a signature means; refuses when none or several fit.
std::size_t overload_named(const Schema& schema, const FunctionSignature& signature, ObjectName& found,
                           std::string_view kind_word);

/// `function`, `procedure`, `aggregate`, `routine`.
std::string_view routine_word(ObjectKind kind);

/// DROP TABLE a, b and its like: true when the operations are all of one kind that is dropped at once.
bool drop_all_together(Context& context, const std::vector<Operation>& operations);

// ---- views: replay_view.cpp

/// Fills columns, reads and the qualified query of a view; the columns with what is known of their types.
std::vector<QueryColumn> look_into(const Schema& schema, View& view,
                                   const std::vector<Identifier>& column_names);
/// A column of a relation it reads gets another name; called while the relation still has the old one.
void rename_in_view(Context& context, const ObjectName& view, const ObjectName& relation,
                    const Identifier& from, const Identifier& to);
/// A relation it reads gets another name or schema; called while it still has the old one.
void move_in_view(Context& context, const ObjectName& view, const ObjectName& from, const ObjectName& to);

// ---- publications: other.cpp

void unpublish(Schema& schema, const Identifier& publication, const TableName& table);
/// The table goes out of every publication.
void unpublish(Schema& schema, const TableName& table);
void rename_published(Schema& schema, const TableName& from, const TableName& to);
void rename_published_column(Schema& schema, const TableName& table, const Identifier& from,
                             const Identifier& to);

/// An expression about a table's columns with its sub-queries resolved; without one it stays as it is.
Expression resolved_in(const Schema& schema, const Expression& expression, const TableName& table,
                       const QueryRename* rename = nullptr);
/// Which columns of a relation the sub-queries of such an expression read.
bool reads_in(const Schema& schema, const Expression& expression, const TableName& table,
              const ObjectName& relation, const Identifier& column);

// ---- one overload per operation

void apply(Context&, const CreateTable&);
void apply(Context&, const CreateTableAs&);
void apply(Context&, const DropTable&);
void apply(Context&, const RenameTable&);
void apply(Context&, const AddColumn&);
void apply(Context&, const DropColumn&);
void apply(Context&, const RenameColumn&);
void apply(Context&, const ChangeType&);
void apply(Context&, const SetNotNull&);
void apply(Context&, const DropNotNull&);
void apply(Context&, const SetDefault&);
void apply(Context&, const DropDefault&);
void apply(Context&, const AddIdentity&);
void apply(Context&, const SetIdentity&);
void apply(Context&, const DropIdentity&);
void apply(Context&, const DropExpression&);
void apply(Context&, const SetStatistics&);
void apply(Context&, const SetColumnOptions&);
void apply(Context&, const SetStorage&);
void apply(Context&, const SetCompression&);
void apply(Context&, const AddForeignKey&);
void apply(Context&, const AddCheck&);
void apply(Context&, const AddUnique&);
void apply(Context&, const AddPrimaryKey&);
void apply(Context&, const AddExclusion&);
void apply(Context&, const ValidateConstraint&);
void apply(Context&, const DropConstraint&);
void apply(Context&, const RenameConstraint&);
void apply(Context&, const AlterConstraint&);
void apply(Context&, const SetTableOptions&);
void apply(Context&, const SetPersistence&);
void apply(Context&, const SetTablespace&);
void apply(Context&, const SetAccessMethod&);
void apply(Context&, const SetReplicaIdentity&);
void apply(Context&, const ClusterOn&);
void apply(Context&, const SetRowSecurity&);
void apply(Context&, const SetTriggerState&);
void apply(Context&, const SetRuleState&);
void apply(Context&, const AttachPartition&);
void apply(Context&, const DetachPartition&);
void apply(Context&, const Inherit&);
void apply(Context&, const CreateIndex&);
void apply(Context&, const DropIndex&);
void apply(Context&, const RenameIndex&);
void apply(Context&, const AttachIndexPartition&);
void apply(Context&, const Cluster&);
void apply(Context&, const CreateSequence&);
void apply(Context&, const AlterSequence&);
void apply(Context&, const DropSequence&);
void apply(Context&, const CreateEnum&);
void apply(Context&, const AddEnumValue&);
void apply(Context&, const RenameEnumValue&);
void apply(Context&, const CreateDomain&);
void apply(Context&, const AlterDomain&);
void apply(Context&, const CreateCompositeType&);
void apply(Context&, const AlterCompositeType&);
void apply(Context&, const CreateRangeType&);
void apply(Context&, const CreateBaseType&);
void apply(Context&, const DropType&);
void apply(Context&, const RenameType&);
void apply(Context&, const CreateView&);
void apply(Context&, const CreateMaterializedView&);
void apply(Context&, const DropView&);
void apply(Context&, const RenameView&);
void apply(Context&, const RenameViewColumn&);
void apply(Context&, const SetViewDefault&);
void apply(Context&, const RefreshMaterializedView&);
void apply(Context&, const CreateFunction&);
void apply(Context&, const AlterFunction&);
void apply(Context&, const DropFunction&);
void apply(Context&, const RenameFunction&);
void apply(Context&, const CreateTrigger&);
void apply(Context&, const DropTrigger&);
void apply(Context&, const RenameTrigger&);
void apply(Context&, const CreatePolicy&);
void apply(Context&, const AlterPolicy&);
void apply(Context&, const DropPolicy&);
void apply(Context&, const RenamePolicy&);
void apply(Context&, const CreateRule&);
void apply(Context&, const DropRule&);
void apply(Context&, const RenameRule&);
void apply(Context&, const CreateStatistics&);
void apply(Context&, const DropStatistics&);
void apply(Context&, const CreateSchema&);
void apply(Context&, const DropSchema&);
void apply(Context&, const RenameSchema&);
void apply(Context&, const CreateExtension&);
void apply(Context&, const AlterExtension&);
void apply(Context&, const DropExtension&);
void apply(Context&, const DropOwned&);
void apply(Context&, const SetSchema&);
void apply(Context&, const ChangeOwner&);
void apply(Context&, const Comment&);
void apply(Context&, const OtherObject&);
void apply(Context&, const Select&);
void apply(Context&, const SetVariable&);
void apply(Context&, const Transaction&);
void apply(Context&, const Discard&);
void apply(Context&, const Unrecognized&);

}  // namespace planner::replaying
