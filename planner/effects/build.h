#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "planner/effects/effects.h"
#include "planner/effects/known.h"
#include "planner/replay/replay.h"
#include "planner/sql/system_columns.h"

/// What the files of effects share. For planner/effects*.cpp only.
namespace planner::physics {

template <typename T, typename... Ts>
constexpr bool is_one_of = (std::is_same_v<T, Ts> || ...);

/// Effects of one statement while they are put together. `schema` starts as what the statement meets and
/// follows its parts, so that each part sees what the former ones left: PostgreSQL's own order of work.
class Builder {
 public:
  Builder(const Schema& met, const EffectsSettings& with,
          const std::vector<const Operation*>& earlier_in_transaction, const KnownReplay& known = {})
      : schema(met), settings(with), earlier(earlier_in_transaction), met_(met), known_(known) {
    schema.server_version = with.server_version;  // replay then refuses what this version refuses
  }

  Schema schema;
  const EffectsSettings& settings;
  const std::vector<const Operation*>& earlier;
  Effects effects;

  int major() const { return settings.server_version / 10000; }

  /// A relation by its qualified name; strongest lock wins.
  void lock(const ObjectName& relation, LockMode mode);
  void lock(const ObjectName& relation, LockMode mode, LockedKind kind);
  void lock_created(const ObjectName& relation, LockedKind kind);
  void lock_dropped(const ObjectName& relation, LockedKind kind);
  void scan(const ObjectName& relation, ScanReason reason);
  void index(const ObjectName& name, const TableName& table, IndexWork work);
  void new_sequence_file(const ObjectName& sequence) { effects.new_sequence_files.push_back(sequence); }
  /// The table and every index of it made anew.
  void rewrite(const Table& table);

  void fail(std::string_view sqlstate, std::string message);
  void fail_with_rows(std::string_view sqlstate, std::string message);
  void fail_on_data(std::string_view sqlstate, std::string message);
  void refuse_in_transaction() { effects.outside_transaction = true; }
  void unknown(std::string clause);
  bool failed() const;  ///< with a failure that does not depend on rows

  /// Applies the operation to `schema`. What PostgreSQL would refuse becomes a failure. What vanishes or
  /// appears with it (by CASCADE, through ownership, ...) becomes locks and index effects.
  bool advance(const Operation& operation);
  /// The same without looking at what changed.
  bool advance_quietly(const Operation& operation);
  /// The same for the alternative that is being looked at.
  template <typename Op>
  bool advance_by(const Op& op) {
    return advance(whole(op));
  }
  template <typename Op>
  bool advance_quietly_by(const Op& op) {
    return advance_quietly(whole(op));
  }
  /// replay() in `schema`, unless its outcome is known.
  std::vector<ReplayProblem> replayed(const Operation& operation);
  /// The operation whose alternative apply() gets.
  void look_at(const Operation& operation) { current_ = &operation; }
  template <typename Op>
  const Operation& whole(const Op& op) {
    if (current_ != nullptr && std::get_if<Op>(current_) == &op) return *current_;
    other_ = Operation(op);
    return other_;
  }
  /// Locks and index effects of everything that differs between two states.
  void note_changes(const Schema& before, const Schema& after);

  bool created_here(const ObjectName& relation) const { return created_.contains(relation); }
  LockedKind kind_of(const ObjectName& relation) const;
  const Schema& met() const { return met_; }

  /// With storage of their own: the table itself and everything under it that is not partitioned or foreign.
  std::vector<const Table*> stored(const TableName& table, bool with_children = true) const;
  /// The table and all that inherits from it, itself first.
  std::vector<TableName> family(const TableName& table, bool only = false) const;
  std::vector<TableName> partitions(
      const TableName& table) const;  ///< all levels; none for plain inheritance
  const TableName* default_partition(const Table& partitioned) const;

 private:
  RelationLock& entry(const ObjectName& relation, LockedKind kind);
  void note_table(const Table& before, const Table& after, const Schema& now);
  void note_new_table(const Table& table);
  /// A table (and its partitions) whose foreign key triggers go.
  void lock_referenced(const TableName& table);
  void note_gone_table(const Table& table);

  const Schema& met_;
  KnownReplay known_;
  const Operation* current_ = nullptr;
  Operation other_;
  std::set<ObjectName> created_;
};

// ---- one function per operation; families by file

/// All sub-commands of one ALTER TABLE. `operations` name the same relation.
void alter_table(Builder& builder, const std::vector<const Operation*>& operations);
/// Is it a sub-command that can stand beside others in one ALTER TABLE?
bool is_alter_table_part(const Operation& operation);

// effects_passes.cpp
LockMode lock_needed(const Operation& operation);  ///< AlterTableGetLockLevel

// effects_type.cpp
/// ALTER COLUMN ... TYPE on one relation of the family; says whether the table is rewritten.
bool change_type_of(Builder& builder, const ChangeType& change, const TableName& relation,
                    bool rewritten_anyway);

// effects_constraint.cpp
void judge_foreign_key(Builder& builder, const Table& from, const Table& to, const ConstraintDefinition& key);
/// Rows of the table (without those of partitions whose own equal key became part of the new one) are looked
/// up in another.
struct KeyCheck {
  TableName referenced;
  std::set<TableName> taken_over;
};
/// Partitions that had an equal foreign key, now part of their parent's: nobody looks at them or below.
std::set<TableName> keys_taken_over(const Builder& builder, const TableName& table, const Schema& before);
void look_up_keys(Builder& builder, const TableName& table, const KeyCheck& check);
void judge_using_index(Builder& builder, const Table& table, const ConstraintDefinition& constraint);
void judge_replica_identity(Builder& builder, const Table& table, const Identifier& index);
void judge_clustering(Builder& builder, const TableName& relation, const ObjectName& index);
/// Tables that refer to each other are both logged or both not.
void judge_persistence(Builder& builder, const Table& table, Persistence wanted);
/// What no DEFAULT may hold.
void judge_default_shape(Builder& builder, const Expression& value);
void judge_compression(Builder& builder, const Table* table, const Identifier& column);
/// BEGIN ATOMIC bodies that read the column keep it from being dropped.
void refuse_bodies(Builder& builder, const TableName& table, const Identifier& column);
/// A column that a child also inherits from a parent outside the family cannot be changed in the family
/// alone.
void refuse_other_parents(Builder& builder, const TableName& target, const Identifier& column,
                          std::string_view verb);
void judge_drop_not_null(Builder& builder, const Table& table, const Identifier& column);
/// From 18 on NOT NULL is a constraint with a name: the column, if the name is the one PostgreSQL gives.
std::optional<Identifier> column_of_not_null_name(const Table& table, const Identifier& name);
/// 0A000 where a column elsewhere holds rows of the table: values in it cannot be written anew.
void refuse_row_types(Builder& builder, const Table& table);
/// 42P16 for a column whose type holds rows of its own table.
void refuse_own_row(Builder& builder, const TableName& table, const TypeName& type);
/// Keys that point at the table or, when it is a partition, at a table above it; without the copies that
/// partitions of the referring table have.
std::vector<Schema::Reference> references_with_parents(const Builder& builder, TableName table);
bool made_in_this_transaction(const Builder& builder, const TableName& table);
bool filled_in_this_transaction(const Builder& builder, const TableName& table);

/// Is it a table or view of this schema, rather than one that it simply does not know?
inline bool is_known(const Builder& b, const ObjectName& name) {
  return b.schema.tables.contains(name) || b.schema.views.contains(name);
}

// effects_kinds.cpp
/// What there is not for relations of this kind: 42809 and its like.
void judge_kind(Builder& builder, const Operation& operation);

// effects_judge.cpp
/// Can the value be a default of a column of this type?
void judge_value(Builder& builder, const Expression& value, const TypeName& type, const Identifier& column);
/// 42P17 where an expression that has to be immutable surely is not.
void judge_constancy(Builder& builder, const Expression& expression, const std::string& what);
/// `table` holds the generated column already.
void judge_generated(Builder& builder, const Table& table, const Expression& expression);
/// 42703 where an expression names a column that the table does not have.
void judge_columns_of(Builder& builder, const TableName& table,
                      const std::vector<const Expression*>& expressions);
/// What a column's own clauses cannot say together.
void judge_definition(Builder& builder, const ColumnDefinition& column, const TableName& table);
void judge_temporary(Builder& builder, bool temporary, const ObjectName& written);
/// The same for a condition about OLD and NEW.
void judge_row_names(Builder& builder, const TableName& table, const Expression& condition);
void judge_index(Builder& builder, const CreateIndex& create, const TableName& relation);
void judge_opclass(Builder& builder, const Table* table, const Identifier& column, const std::string& method);
enum class OptionsOf { Table, Index, View, Column };
/// `method` is an index's; none: it is not known.
void judge_options(Builder& builder, const std::vector<Option>& options, OptionsOf of,
                   std::string_view method = {});
/// `CURRENT_USER` and its like: who runs the statement, and so usually owns the object already.
bool is_present_role(std::string_view owner);
/// 42P01 for a relation that nobody made, unless something may have that planner does not know of.
void require_relation(Builder& builder, const ObjectName& name);

// effects_partition.cpp
void apply(Builder& builder, const AttachPartition& operation);
void apply(Builder& builder, const DetachPartition& operation);
/// Locks and scans that a new partition brings, whether created or attached.
void adopt_partition(Builder& builder, const Table& parent, const Table& partition, bool attached);

// effects_index.cpp
void apply(Builder& builder, const CreateIndex& operation);
/// Indexes of partitions that became part of their parent's new one.
void lock_indexes_taken_over(Builder& builder, const TableName& table, const Schema& before, LockMode mode);
void apply(Builder& builder, const DropIndex& operation);
void apply(Builder& builder, const RenameIndex& operation);
void apply(Builder& builder, const AttachIndexPartition& operation);
void apply(Builder& builder, const Reindex& operation);
void apply(Builder& builder, const Cluster& operation);
void apply(Builder& builder, const Vacuum& operation);

// effects_object.cpp
void apply(Builder& builder, const CreateTable& operation);
void apply(Builder& builder, const CreateTableAs& operation);
void apply(Builder& builder, const RenameTable& operation);
void apply(Builder& builder, const RenameColumn& operation);
void apply(Builder& builder, const RenameConstraint& operation);
void apply(Builder& builder, const CreateFunction& operation);
void apply(Builder& builder, const CreateView& operation);
void apply(Builder& builder, const CreateMaterializedView& operation);
void apply(Builder& builder, const RenameView& operation);
void apply(Builder& builder, const RenameViewColumn& operation);
void apply(Builder& builder, const SetViewDefault& operation);
void apply(Builder& builder, const RefreshMaterializedView& operation);
void apply(Builder& builder, const CreateTrigger& operation);
void apply(Builder& builder, const DropTrigger& operation);
void apply(Builder& builder, const RenameTrigger& operation);
void apply(Builder& builder, const CreatePolicy& operation);
void apply(Builder& builder, const AlterPolicy& operation);
void apply(Builder& builder, const DropPolicy& operation);
void apply(Builder& builder, const RenamePolicy& operation);
void apply(Builder& builder, const CreateRule& operation);
void apply(Builder& builder, const DropRule& operation);
void apply(Builder& builder, const RenameRule& operation);
void apply(Builder& builder, const CreateStatistics& operation);
void apply(Builder& builder, const DropStatistics& operation);
void apply(Builder& builder, const CreateSequence& operation);
void apply(Builder& builder, const AlterSequence& operation);
void apply(Builder& builder, const AlterDomain& operation);
void apply(Builder& builder, const AlterCompositeType& operation);
void apply(Builder& builder, const SetSchema& operation);
void apply(Builder& builder, const ChangeOwner& operation);
void apply(Builder& builder, const Comment& operation);
void apply(Builder& builder, const Grant& operation);
void apply(Builder& builder, const OtherObject& operation);
// effects_drop.cpp
/// DROP of whatever kind: what vanishes is found by replaying it. Several of one statement are dropped
/// together.
void drop_together(Builder& builder, const std::vector<const Operation*>& operations);
bool is_drop(const Operation& operation);
/// Does ALTER SEQUENCE with these options write the sequence anew (all but OWNED BY do)?
bool moves_sequence(const SequenceOptions& options);

// effects_data.cpp
void apply(Builder& builder, const Update& operation);
void apply(Builder& builder, const Delete& operation);
void apply(Builder& builder, const Insert& operation);
void apply(Builder& builder, const Merge& operation);
void apply(Builder& builder, const Truncate& operation);
void apply(Builder& builder, const Copy& operation);
void apply(Builder& builder, const Select& operation);
void apply(Builder& builder, const LockTable& operation);
void apply(Builder& builder, const Call& operation);
void apply(Builder& builder, const Unrecognized& operation);
/// Data whose deferred triggers have not run yet, or an enum label that is not committed.
void check_transaction(Builder& builder, const Operation& operation);
/// Reads (and locks) every relation of a query.
void read_query(Builder& builder, const Expression& query, bool reads_rows);

/// Effects of a part put into those of the whole.
void merge_into(Effects& whole, const Effects& part);

}  // namespace planner::physics
