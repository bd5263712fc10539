#include <algorithm>
#include <type_traits>

#include "planner/effects/alter_table.h"
#include "planner/effects/rows.h"
#include "planner/replay/passes.h"

/// ALTER TABLE: the strongest lock for all sub-commands, then PostgreSQL's passes (drops, types, columns,
/// constraints), then one rewrite or one verifying scan per table (phase 3 of ATController).
namespace planner::physics {
namespace {

/// Sub-commands of ALTER TABLE, as opposed to statements that merely have a table.
template <typename T>
constexpr bool is_part =
    is_one_of<T, AddColumn, DropColumn, ChangeType, SetNotNull, DropNotNull, SetDefault, DropDefault,
              AddIdentity, SetIdentity, DropIdentity, DropExpression, SetStatistics, SetColumnOptions,
              SetStorage, SetCompression, AddForeignKey, AddCheck, AddUnique, AddPrimaryKey, AddExclusion,
              ValidateConstraint, DropConstraint, AlterConstraint, SetTableOptions, SetPersistence,
              SetTablespace, SetAccessMethod, SetReplicaIdentity, ClusterOn, SetRowSecurity, SetTriggerState,
              SetRuleState, Inherit>;

}  // namespace

void AlterTable::run(const std::vector<const Operation*>& operations) {
  b_.lock(target_, mode_);
  require_relation(b_, target_);
  for (const Operation* each : operations) {
    if (const auto* add = std::get_if<AddColumn>(each)) {
      default_beside_columns_ |= static_cast<bool>(add->column.default_value) || add->column.generated ||
                                 is_serial(add->column.type);
    }
    key_beside_columns_ |= std::holds_alternative<AddForeignKey>(*each);
    if (const auto* change = std::get_if<ChangeType>(each)) some_type_rewrites_ |= rewrites(*change);
  }
  for (const Operation* each : operations) {
    std::visit(
        [&](const auto& change) {
          if constexpr (is_part<std::decay_t<decltype(change)>>) part(change, *each);
        },
        *each);
  }
  finish();
}

void AlterTable::lock_family(bool only) {
  for (const TableName& name : b_.family(target_, only)) b_.lock(name, mode_);
}

void AlterTable::lock_partitions(const TableName& of, LockMode mode) {
  for (const TableName& name : b_.partitions(of)) b_.lock(name, mode);
}

void AlterTable::verify_family(ScanReason reason, bool only) {
  for (const Table* each : b_.stored(target_, !only)) verify_[each->name].push_back(reason);
  if (table() == nullptr) verify_[target_].push_back(reason);
}

void AlterTable::rewrite_family(bool only) {
  for (const Table* each : b_.stored(target_, !only)) rewrite_.insert(each->name);
  if (table() == nullptr) rewrite_.insert(target_);
}

void AlterTable::part(const SetPersistence& set, const Operation& operation) {
  if (b_.kind_of(target_) == LockedKind::Sequence) {
    const Sequence* sequence = b_.schema.sequences.find(target_);
    if (b_.major() < 15) b_.fail("42601", "ALTER SEQUENCE SET LOGGED is known from PostgreSQL 15 on");
    if (sequence == nullptr || sequence->persistence != set.persistence) b_.new_sequence_file(target_);
    b_.advance(operation);
    return;
  }
  const Table* held = table();
  const bool partitioned = held != nullptr && held->kind == RelationKind::PartitionedTable;
  if (partitioned && b_.major() >= 18) {
    b_.fail("42809", "SET LOGGED and SET UNLOGGED do not work on partitioned tables");
    return;
  }
  const bool same = held != nullptr && held->persistence == set.persistence;
  if (held != nullptr && !same) judge_persistence(b_, *held, set.persistence);
  if (partitioned) return;  // before 18 nothing happens
  if (!same) {
    rewrite_family(true);
    if (held != nullptr && b_.major() >= 15) {
      for (const ObjectName& sequence : held->owned_sequences) {
        b_.lock(sequence, LockMode::AccessExclusive, LockedKind::Sequence);
        b_.new_sequence_file(sequence);
      }
    }
  }
  b_.advance(operation);
}

void AlterTable::part(const SetTablespace& set, const Operation& operation) {
  const Table* held = table();
  const TableName* of = b_.schema.index_tables.find(target_);
  const Table* indexed = of == nullptr ? nullptr : b_.schema.tables.find(*of);
  const Index* index = indexed == nullptr ? nullptr : indexed->index(target_.name);
  const std::string now = held != nullptr ? held->tablespace : index != nullptr ? index->tablespace : "";
  const bool there = set.tablespace.str() == now || (now.empty() && set.tablespace.str() == "pg_default");
  if (there && (held != nullptr || of != nullptr || b_.schema.views.contains(target_))) {
    // Nothing is copied.
  } else if (set.is_index || b_.kind_of(target_) == LockedKind::Index) {
    b_.index(target_, of == nullptr ? TableName{} : *of, IndexWork::Rebuilt);
  } else if (held == nullptr || held->kind == RelationKind::Table) {
    // The file is copied block by block; indexes stay where they are.
    b_.effects.rewrites.push_back(target_);
    b_.scan(target_, ScanReason::Copy);
  }
  b_.advance(operation);
}

void AlterTable::part(const SetAccessMethod& set, const Operation& operation) {
  if (b_.major() < 15) b_.fail("42601", "SET ACCESS METHOD is known from PostgreSQL 15 on");
  const Table* held = table();
  const std::string now = held == nullptr || held->access_method.empty() ? "heap" : held->access_method;
  if (now != set.method) rewrite_family(true);
  if (b_.kind_of(target_) != LockedKind::MaterializedView) b_.advance(operation);
}

void AlterTable::part(const SetReplicaIdentity& set, const Operation& operation) {
  if (!set.index.empty()) {
    b_.lock(ObjectName(target_.schema, set.index), LockMode::Share, LockedKind::Index);
    if (table() != nullptr) judge_replica_identity(b_, *table(), set.index);
  }
  b_.advance(operation);
}

void AlterTable::part(const ClusterOn& cluster, const Operation& operation) {
  if (!cluster.index.empty()) b_.lock(ObjectName(target_.schema, cluster.index), mode_, LockedKind::Index);
  if (is_partitioned(target_)) b_.fail("0A000", "cannot mark index clustered in partitioned table");
  judge_clustering(b_, target_, ObjectName(target_.schema, cluster.index));
  b_.advance(operation);
}

void AlterTable::part(const SetTriggerState& set, const Operation& operation) {
  const Table* held = table();
  // Only row triggers have copies on partitions; those of foreign keys are row triggers too.
  // Before 15 partitioned tables had none of those.
  const bool keys = held != nullptr && set.all && !set.user && b_.major() >= 15 &&
                    (!b_.schema.references_to(target_).empty() ||
                     std::any_of(held->constraints.begin(), held->constraints.end(), [](const Constraint& c) {
                       return c.definition.kind == ConstraintKind::ForeignKey;
                     }));
  const bool rows = held == nullptr || keys ||
                    std::any_of(held->triggers.begin(), held->triggers.end(), [&](const Trigger& trigger) {
                      const bool meant = set.all || set.user || trigger.definition.name == set.trigger;
                      return meant && trigger.definition.for_each_row;
                    });
  if (rows) lock_partitions(target_, mode_);
  b_.advance(operation);
}

void AlterTable::part(const Inherit& inherit, const Operation& operation) {
  const TableName parent = b_.schema.resolve_relation(inherit.parent);
  if (!inherit.remove) b_.lock(parent, LockMode::ShareUpdateExclusive);
  if (is_partitioned(target_)) b_.fail("42809", "cannot change inheritance of partitioned table");
  if (table() != nullptr && table()->partition_of)
    b_.fail("42809", "cannot change inheritance of a partition");
  const std::vector<TableName> below = b_.family(target_);
  if (!inherit.remove && std::find(below.begin(), below.end(), parent) != below.end())
    b_.fail("42P07", "circular inheritance not allowed");
  b_.advance(operation);
}

template <typename T>
void AlterTable::part(const T& change, const Operation& operation) {
  if constexpr (is_one_of<T, SetDefault, DropDefault, SetStatistics, SetStorage, DropExpression>) {
    bool only = false;
    if constexpr (requires { change.only; }) only = change.only;
    lock_family(only);
  }
  if constexpr (std::is_same_v<T, SetStatistics>) judge_statistics_target(change);
  if constexpr (is_one_of<T, AddIdentity, DropIdentity>) lock_identity_family(change.column);
  if constexpr (std::is_same_v<T, SetCompression>) {
    if (b_.major() < 14) b_.fail("42601", "SET COMPRESSION is known from PostgreSQL 14 on");
    if (change.method != "default" && change.method != "pglz" && change.method != "lz4")
      b_.fail("22023", "invalid compression method \"" + change.method + "\"");
    if (change.method != "default") judge_compression(b_, table(), change.column);
  }
  if constexpr (std::is_same_v<T, SetColumnOptions>) {
    // OPTIONS of a foreign table's column belong to its wrapper.
    const bool foreign = table() != nullptr && table()->kind == RelationKind::ForeignTable;
    if (!change.reset && !foreign) judge_options(b_, change.options, OptionsOf::Column);
  }
  if constexpr (std::is_same_v<T, SetDefault>) {
    const Column* column = table() == nullptr ? nullptr : table()->column(change.column);
    if (column != nullptr) judge_value(b_, change.value, column->type, change.column);
    judge_default_shape(b_, change.value);
  }
  if constexpr (std::is_same_v<T, SetTableOptions>) {
    const bool index = change.is_index || b_.kind_of(target_) == LockedKind::Index;
    if (index && is_of_partitioned(target_))
      b_.fail("42809", "the options of an index of a partitioned table cannot be changed");
    const bool foreign = table() != nullptr && table()->kind == RelationKind::ForeignTable;
    if (!change.reset && !foreign) {
      const bool view = change.is_view || b_.kind_of(target_) == LockedKind::View;
      const View* held = b_.schema.views.find(target_);
      const bool checks = std::any_of(change.options.begin(), change.options.end(),
                                      [](const Option& option) { return option.name == "check_option"; });
      if (held != nullptr && !held->materialized && checks && !is_updatable(b_, *held))
        b_.fail("0A000", "WITH CHECK OPTION is supported only on automatically updatable views");
      const TableName* of = b_.schema.index_tables.find(target_);
      const Table* indexed = of == nullptr ? nullptr : b_.schema.tables.find(*of);
      const Index* altered = indexed == nullptr ? nullptr : indexed->index(target_.name);
      judge_options(b_, change.options,
                    view    ? OptionsOf::View
                    : index ? OptionsOf::Index
                            : OptionsOf::Table,
                    altered == nullptr ? std::string_view{} : std::string_view(altered->method));
      if (is_partitioned(target_) && !change.options.empty())
        b_.fail(b_.major() >= 16 ? "42809" : "22023", "partitioned tables have no storage parameters");
    }
  }
  if constexpr (std::is_same_v<T, DropExpression>) {
    if (b_.major() < 13) b_.fail("42601", "DROP EXPRESSION is known from PostgreSQL 13 on");
  }
  b_.advance(operation);
}

void AlterTable::finish() {
  for (const TableName& name : rewrite_) {
    if (const Table* held = b_.schema.tables.find(name)) {
      b_.rewrite(*held);
    } else {
      b_.effects.rewrites.push_back(name);
      b_.scan(name, ScanReason::Rewrite);
      b_.unknown("the indexes of " + display(name) + " are not known here; all of them are rebuilt");
    }
  }
  for (const auto& [name, reasons] : verify_) {
    if (rewrite_.contains(name)) continue;  // checked while the rows are written
    for (const ScanReason reason : reasons) b_.scan(name, reason);
  }
  const bool has_rows = !made_in_this_transaction(b_, target_) || filled_in_this_transaction(b_, target_);
  if (has_rows) {
    for (const KeyCheck& check : key_checks_) look_up_keys(b_, target_, check);
  }
  for (const IndexEffect& effect : b_.effects.indexes) {
    if (effect.work != IndexWork::Built && effect.work != IndexWork::Rebuilt) continue;
    const Table* held = b_.schema.tables.find(effect.table);
    if (held != nullptr && held->kind == RelationKind::Table && !is_copy(effect.index))
      b_.scan(effect.table, ScanReason::IndexBuild);
  }
}

bool AlterTable::is_of_partitioned(const ObjectName& index) const {
  const TableName* of = b_.schema.index_tables.find(index);
  return of != nullptr && is_partitioned(*of);
}

bool AlterTable::is_partitioned(const TableName& name) const {
  const Table* held = b_.schema.tables.find(name);
  return held != nullptr && held->kind == RelationKind::PartitionedTable;
}
bool is_alter_table_part(const Operation& operation) {
  return std::visit([](const auto& part) { return is_part<std::decay_t<decltype(part)>>; }, operation);
}

void alter_table(Builder& builder, const std::vector<const Operation*>& operations) {
  LockMode mode = LockMode::None;
  for (const Operation* each : operations) mode = std::max(mode, lock_needed(*each));
  // On a foreign table it is OPTIONS that is meant, which asks for more.
  const Table* held = builder.schema.tables.find(
      target_relation(*operations.front()) == nullptr
          ? TableName()
          : builder.schema.resolve_relation(*target_relation(*operations.front())));
  if (held != nullptr && held->kind == RelationKind::ForeignTable) {
    for (const Operation* each : operations) {
      const auto* column = std::get_if<SetColumnOptions>(each);
      const bool wrapper = column != nullptr && !column->options.empty() &&
                           !column->options.front().name.starts_with("n_distinct");
      if (wrapper || std::holds_alternative<SetTableOptions>(*each)) mode = LockMode::AccessExclusive;
    }
  }
  std::vector<const Operation*> in_order = operations;
  std::stable_sort(in_order.begin(), in_order.end(), [](const Operation* a, const Operation* b) {
    return alter_pass_of(*a) < alter_pass_of(*b);
  });
  const ObjectName* target = target_relation(*operations.front());
  if (target == nullptr) return;
  AlterTable(builder, builder.schema.resolve_relation(*target), mode).run(in_order);
}

}  // namespace planner::physics
