#include <algorithm>
#include <map>
#include <type_traits>

#include "planner/casts.h"
#include "planner/effects/build.h"

/// ALTER TABLE: the strongest lock for all sub-commands, then PostgreSQL's passes (drops, types, columns,
/// constraints), then one rewrite or one verifying scan per table (phase 3 of ATController).
namespace planner::physics {
namespace {

template <typename T, typename... Ts>
constexpr bool is_one_of = (std::is_same_v<T, Ts> || ...);

/// Sub-commands of ALTER TABLE, as opposed to statements that merely have a table.
template <typename T>
constexpr bool is_part =
    is_one_of<T, AddColumn, DropColumn, ChangeType, SetNotNull, DropNotNull, SetDefault, DropDefault,
              AddIdentity, SetIdentity, DropIdentity, DropExpression, SetStatistics, SetColumnOptions,
              SetStorage, SetCompression, AddForeignKey, AddCheck, AddUnique, AddPrimaryKey, AddExclusion,
              ValidateConstraint, DropConstraint, AlterConstraint, SetTableOptions, SetPersistence,
              SetTablespace, SetAccessMethod, SetReplicaIdentity, ClusterOn, SetRowSecurity, SetTriggerState,
              SetRuleState, Inherit>;

const ConstraintDefinition* inline_constraint(const ColumnDefinition& column, ConstraintKind kind) {
  for (const ConstraintDefinition& each : column.constraints) {
    if (each.kind == kind) return &each;
  }
  return nullptr;
}

bool is_serial(const TypeName& type) {
  return type.is("serial4") || type.is("serial8") || type.is("serial2");
}

class AlterTable {
 public:
  AlterTable(Builder& builder, TableName target, LockMode mode)
      : b_(builder), target_(std::move(target)), mode_(mode) {}

  void run(const std::vector<const Operation*>& operations) {
    b_.lock(target_, mode_);
    require_relation(b_, target_);
    for (const Operation* each : operations) {
      judge_part_of_view(b_, target_, *each);
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

 private:
  const Table* table() const { return b_.schema.tables.find(target_); }

  void lock_family(bool only) {
    for (const TableName& name : b_.family(target_, only)) b_.lock(name, mode_);
  }
  void lock_partitions(const TableName& of, LockMode mode) {
    for (const TableName& name : b_.partitions(of)) b_.lock(name, mode);
  }
  void verify_family(ScanReason reason, bool only = false) {
    for (const Table* each : b_.stored(target_, !only)) verify_[each->name].push_back(reason);
    if (table() == nullptr) verify_[target_].push_back(reason);
  }
  void rewrite_family(bool only = false) {
    for (const Table* each : b_.stored(target_, !only)) rewrite_.insert(each->name);
    if (table() == nullptr) rewrite_.insert(target_);
  }

  // ---- columns

  void part(const AddColumn& add, const Operation& operation) {
    b_.effects.waits_even_if_noop |= add.if_not_exists;
    const Table* before = table();
    const bool there = before != nullptr && before->column(add.column.name) != nullptr;
    if (there && add.if_not_exists) return;  // noticed before the children are looked at
    const std::set<TableName> receiving = tables_without(target_, add.column.name, add.only);
    const auto rewrite_receiving = [&] {
      for (const TableName& name : receiving) {
        const Table* held = b_.schema.tables.find(name);
        if (held == nullptr || held->kind == RelationKind::Table) rewrite_.insert(name);
      }
    };
    if (!b_.advance(operation) && there) return;
    b_.effects.breaks_cached_plans = true;

    const ColumnDefinition& column = add.column;
    TypeName type = column.type;
    type.name = b_.schema.resolve_type(type.name);
    const Domain* domain = type.array_dimensions > 0 ? nullptr : b_.schema.domain(type.name);
    const Expression& value =
        column.default_value || domain == nullptr ? column.default_value : domain->default_value;
    const bool has_value = value && !value.facts().is_null_constant;
    judge_definition(b_, column, target_);
    if (column.generated && table() != nullptr) judge_generated(b_, *table(), column.generated);
    const bool made_per_row =
        is_serial(column.type) || column.identity || (column.generated && !is_virtual(column));
    if (made_per_row || domain_has_constraints(type, b_.schema)) rewrite_receiving();
    if (has_value && judge_default(value)) rewrite_receiving();
    if (domain != nullptr && !has_value && !made_per_row && domain->not_null) {
      b_.fail_with_rows("23502", "domain " + display(domain->name) + " does not allow null values");
    }
    const bool not_null = column.not_null || inline_constraint(column, ConstraintKind::PrimaryKey) != nullptr;
    if (not_null && !has_value && !made_per_row) {
      verify_family(ScanReason::NotNull, add.only);
      b_.fail_with_rows("23502", "column \"" + column.name.str() + "\" of relation \"" + target_.name.str() +
                                     "\" contains null values");
    }
    const bool one_value_for_all = has_value && !made_per_row && rewrite_.empty();
    for (const ConstraintDefinition& each : column.constraints) {
      switch (each.kind) {
        case ConstraintKind::Check:
          // Every old row has the same value and is read all the same.
          if (!each.not_valid) {
            verify_family(ScanReason::Check, add.only || each.no_inherit);
            b_.fail_on_data("23514", "a row may violate the new check constraint");
          }
          break;
        case ConstraintKind::ForeignKey:
          lock_referenced(each);
          if (!each.not_valid && (default_beside_columns_ || key_beside_columns_)) check_key(each);
          break;
        case ConstraintKind::Unique:
        case ConstraintKind::PrimaryKey:
          lock_partitions(target_, index_partition_lock());
          if (one_value_for_all) b_.fail_on_data("23505", "every row gets the same value in a unique column");
          break;
        default:
          break;
      }
    }
  }

  static bool is_virtual(const ColumnDefinition&) { return false; }  // PostgreSQL 15's grammar has no VIRTUAL

  /// The table and the children that do not have such a column yet, all locked. A child that has one is
  /// locked too, takes it for the same, and hands nothing down.
  std::set<TableName> tables_without(const TableName& table, const Identifier& column, bool only) {
    std::set<TableName> out{table};
    b_.lock(table, mode_);
    const Table* held = b_.schema.tables.find(table);
    if (held == nullptr || only) return out;
    for (const TableName& child : held->children) {
      b_.lock(child, mode_);
      const Table* below = b_.schema.tables.find(child);
      if (below == nullptr || below->column(column) != nullptr) continue;
      out.merge(tables_without(child, column, false));
    }
    return out;
  }

  /// Says whether every row has to be written for it.
  bool judge_default(const Expression& value) {
    switch (b_.schema.volatility(value)) {
      case Schema::ExpressionVolatility::Volatile:
        if (const auto sequence = nextval_sequence(value))
          b_.lock(b_.schema.resolve_relation(*sequence), LockMode::RowExclusive, LockedKind::Sequence);
        return true;
      case Schema::ExpressionVolatility::Unknown:
        b_.unknown("whether the default " + value.text().str() +
                   " is volatile: if it is, every row is written anew and all indexes are rebuilt");
        break;
      default:
        break;
    }
    return false;
  }

  void part(const DropColumn& drop, const Operation& operation) {
    b_.effects.waits_even_if_noop |= drop.if_exists;
    const Table* before = table();
    if (before != nullptr && before->column(drop.column) == nullptr && drop.if_exists) return;
    lock_family(drop.only);
    // With ONLY the children keep the column as their own, which changes them too.
    if (drop.only && before != nullptr) {
      for (const TableName& child : before->children) b_.lock(child, mode_);
    }
    if (before != nullptr && b_.major() < 15) {
      // Before 15 generated columns go with the column they are computed from, without being asked.
      std::vector<Identifier> generated;
      for (const Column& other : before->columns) {
        if (other.generated && other.generated.mentions(drop.column)) generated.push_back(other.name);
      }
      for (const Identifier& name : generated)
        b_.advance(Operation(DropColumn{drop.table, name, false, Cascade::Restrict, drop.only}));
    }
    for (const TableName& name : b_.family(target_, drop.only)) {
      const Table* held = b_.schema.tables.find(name);
      if (held == nullptr || !held->partition_by || name == target_) continue;
      for (const IndexElement& key : held->partition_by->elements) {
        if (key.column == drop.column || key.expression.mentions(drop.column))
          b_.fail("42P16", "cannot drop column \"" + drop.column.str() +
                               "\" because it is part of the partition key of relation \"" + name.name.str() +
                               "\"");
      }
    }
    if (before != nullptr && drop.cascade == Cascade::Restrict) refuse_bodies(b_, target_, drop.column);
    b_.advance(operation);
    b_.effects.breaks_cached_plans = true;
  }

  void part(const DropNotNull& drop, const Operation& operation) {
    // From 18 on NOT NULL is a constraint: without one nothing is looked for in children.
    const Column* column = table() == nullptr ? nullptr : table()->column(drop.column);
    lock_family(drop.only || (b_.major() >= 18 && column != nullptr && !column->not_null));
    if (b_.major() >= 18 && column != nullptr && column->not_null && inherits_not_null(drop.column))
      b_.fail("42P16",
              "cannot drop the inherited NOT NULL constraint of column \"" + drop.column.str() + "\"");
    if (drop.only && is_partitioned(target_) && !table()->children.empty())
      b_.fail("42P16", "cannot remove constraint from only the partitioned table when partitions exist");
    if (table() != nullptr) judge_drop_not_null(b_, *table(), drop.column);
    b_.advance(operation);
  }

  void part(const ChangeType& change, const Operation& operation) {
    lock_family(change.only);
    refuse_other_parents(b_, target_, change.column, "alter");
    for (const TableName& name : b_.family(target_, change.only)) {
      const Table* held = b_.schema.tables.find(name);
      if (change_type_of(b_, change, name, some_type_rewrites_) &&
          (held == nullptr || held->kind == RelationKind::Table))
        rewrite_.insert(name);
    }
    b_.advance_quietly(operation);
    b_.effects.breaks_cached_plans = true;
  }

  bool rewrites(const ChangeType& change) const {
    const Column* column = table() == nullptr ? nullptr : table()->column(change.column);
    if (column == nullptr) return false;
    TypeName to = change.type;
    to.name = b_.schema.resolve_type(to.name);
    return type_change(column->type, to, change.using_expression, change.column, b_.schema, b_.settings)
               .cost == CastCost::Rewrite;
  }

  void set_not_null(const Identifier& column, bool only) {
    bool any = false;
    for (const Table* each : b_.stored(target_, !only)) {
      const Column* held = each->column(column);
      if (held == nullptr || held->not_null) continue;
      any = true;
      // From 12 on a validated CHECK that says so spares the scan.
      if (b_.major() >= 12 && b_.schema.not_null_proven(*each, column)) continue;
      verify_[each->name].push_back(ScanReason::NotNull);
    }
    if (table() == nullptr) {
      verify_[target_].push_back(ScanReason::NotNull);
      any = true;
    }
    if (any) {
      b_.fail_on_data("23502", "column \"" + column.str() + "\" of relation \"" + target_.name.str() +
                                   "\" contains null values");
    }
  }

  void part(const SetNotNull& set, const Operation& operation) {
    // A parent that has it already is taken to have handed it down.
    const Column* column = table() == nullptr ? nullptr : table()->column(set.column);
    lock_family(set.only || (b_.major() >= 12 && column != nullptr && column->not_null));
    set_not_null(set.column, set.only);
    b_.advance(operation);
  }

  void part(const SetIdentity& set, const Operation& operation) {
    for (const auto& [name, sequence] : b_.schema.sequences) {
      if (!sequence->internal || sequence->owner_table != target_ || sequence->owner_column != set.column)
        continue;
      b_.lock(name, LockMode::ShareRowExclusive);
      if (moves_sequence(set.options)) b_.new_sequence_file(name);
    }
    b_.advance(operation);
  }

  // ---- constraints

  bool inherits_not_null(const Identifier& name) const {
    const std::vector<TableName>& parents = table()->inherits;
    return std::any_of(parents.begin(), parents.end(), [&](const TableName& parent) {
      const Table* above = b_.schema.tables.find(parent);
      const Column* column = above == nullptr ? nullptr : above->column(name);
      return column != nullptr && column->not_null;
    });
  }

  /// From 18 on ADD CONSTRAINT locks all children before it asks what kind of constraint it is.
  void lock_for_constraint(bool only) {
    if (b_.major() >= 18) lock_family(only);
  }

  void part(const AddCheck& add, const Operation& operation) {
    lock_for_constraint(add.only);
    const bool only = add.only || add.constraint.no_inherit;
    lock_family(only);
    const Table* held = table();
    const Constraint* same = held == nullptr ? nullptr : held->constraint(add.constraint.name);
    const bool merges = same != nullptr && same->inherited && !same->local && !held->partition_of;
    if (same != nullptr && !merges)
      b_.fail("42710", "constraint \"" + add.constraint.name.str() + "\" for relation \"" +
                           target_.name.str() + "\" already exists");
    if (merges && add.constraint.no_inherit)
      b_.fail("42P17", "constraint \"" + add.constraint.name.str() +
                           "\" conflicts with inherited constraint on relation \"" + target_.name.str() +
                           "\"");
    // What a parent brought becomes the table's own as well: nothing is looked at.
    if (!add.constraint.not_valid && !merges) {
      for (const Table* each : b_.stored(target_, !only)) {
        // A child that has it already is not looked at again.
        if (each->name != target_ && !add.constraint.name.empty() &&
            each->constraint(add.constraint.name) != nullptr)
          continue;
        verify_[each->name].push_back(ScanReason::Check);
      }
      if (table() == nullptr) verify_[target_].push_back(ScanReason::Check);
      b_.fail_on_data("23514", "a row may violate the new check constraint");
    }
    b_.advance(operation);
  }

  void lock_referenced(const ConstraintDefinition& key) {
    const TableName referenced = b_.schema.resolve_relation(key.references.table);
    if (b_.schema.tables.find(referenced) == nullptr)
      b_.unknown("table " + display(referenced) + " is not known here");
    b_.lock(referenced, LockMode::ShareRowExclusive);
    lock_partitions(referenced, LockMode::ShareRowExclusive);
    lock_partitions(target_, LockMode::ShareRowExclusive);
  }

  void check_key(const ConstraintDefinition& key) {
    key_checks_.push_back(b_.schema.resolve_relation(key.references.table));
    b_.fail_on_data("23503", "a row may refer to nothing in " + display(key.references.table));
  }

  void part(const AddForeignKey& add, const Operation& operation) {
    lock_for_constraint(add.only);
    lock_referenced(add.constraint);
    const Table* from = table();
    const Table* to = b_.schema.tables.find(b_.schema.resolve_relation(add.constraint.references.table));
    if (from != nullptr && from->kind == RelationKind::PartitionedTable && add.constraint.not_valid &&
        b_.major() < 18) {
      b_.fail("42809", "cannot add NOT VALID foreign key on partitioned table \"" + target_.name.str() +
                           "\" before PostgreSQL 18");
    }
    if (from != nullptr && from->kind == RelationKind::PartitionedTable && add.only)
      b_.fail("42809", "cannot use ONLY for foreign key on partitioned table \"" + target_.name.str() + "\"");
    if (from != nullptr && to != nullptr) judge_foreign_key(b_, *from, *to, add.constraint);
    b_.advance(operation);
    if (!add.constraint.not_valid) check_key(add.constraint);
  }

  /// Partitions while an index constraint of their parent is made.
  LockMode index_partition_lock() const {
    return b_.major() >= 18 ? LockMode::AccessExclusive : LockMode::Share;
  }

  void add_index_constraint(const ConstraintDefinition& constraint, const Operation& operation) {
    if (!constraint.using_index.empty()) {
      if (table() != nullptr) judge_using_index(b_, *table(), constraint);
      // It is locked to be renamed after the constraint.
      if (!constraint.name.empty() && constraint.name != constraint.using_index)
        b_.lock(ObjectName(target_.schema, constraint.using_index), LockMode::ShareUpdateExclusive,
                LockedKind::Index);
    } else {
      for (const Identifier& column : constraint.columns) judge_opclass(b_, table(), column, "btree");
      lock_partitions(target_, index_partition_lock());
      b_.fail_on_data("23505", "rows may hold the same value twice");
      if (table() == nullptr) b_.scan(target_, ScanReason::IndexBuild);
    }
    b_.advance(operation);
  }

  void part(const AddUnique& add, const Operation& operation) {
    lock_for_constraint(add.only);
    if (add.constraint.nulls_not_distinct && b_.major() < 15) {
      b_.fail("42601", "NULLS NOT DISTINCT is known from PostgreSQL 15 on");
    }
    add_index_constraint(add.constraint, operation);
  }

  void part(const AddPrimaryKey& add, const Operation& operation) {
    std::vector<Identifier> columns = add.constraint.columns;
    if (!add.constraint.using_index.empty() && table() != nullptr) {
      if (const Index* index = table()->index(add.constraint.using_index)) {
        for (const IndexElement& element : index->elements) {
          if (!element.column.empty()) columns.push_back(element.column);
        }
      }
    }
    for (const Identifier& column : columns) {
      const Column* held = table() == nullptr ? nullptr : table()->column(column);
      if (table() != nullptr && held == nullptr)
        b_.fail("42703",
                "column \"" + column.str() + "\" of relation \"" + target_.name.str() + "\" does not exist");
      // The key's columns become NOT NULL, in children too; partitions have them so already.
      if (held != nullptr && !is_partitioned(target_)) lock_family(add.only);
      if (held != nullptr && held->not_null) continue;
      lock_family(add.only);
      set_not_null(column, add.only);
    }
    add_index_constraint(add.constraint, operation);
  }

  void part(const AddExclusion& add, const Operation& operation) {
    lock_for_constraint(add.only);
    const Table* held = table();
    if (held != nullptr && held->kind == RelationKind::PartitionedTable && b_.major() < 17) {
      b_.fail("0A000", "exclusion constraints are not supported on partitioned tables before PostgreSQL 17");
    }
    lock_partitions(target_, index_partition_lock());
    const std::string& method = add.constraint.access_method;
    for (const IndexElement& element : add.constraint.exclusion_elements) {
      if (!element.column.empty() && element.opclass.empty())
        judge_opclass(b_, held, element.column, method.empty() ? "btree" : method);
    }
    b_.advance(operation);
    // The index is built, then every row is looked up in it.
    for (const Table* each : b_.stored(target_, is_partitioned(target_)))
      b_.scan(each->name, ScanReason::Exclusion);
    b_.fail_on_data("23P01", "rows may exclude each other");
  }

  void part(const ValidateConstraint& validate, const Operation& operation) {
    const Table* held = table();
    const Constraint* constraint = held == nullptr ? nullptr : held->constraint(validate.constraint);
    if (constraint == nullptr) {
      if (held == nullptr) {
        b_.unknown("constraint " + validate.constraint.str() +
                   " is not known here: a foreign key also locks the table it refers to");
        verify_family(ScanReason::Check);
      }
    } else if (!constraint->enforced) {
      b_.fail("55000", "cannot validate NOT ENFORCED constraint");
    } else if (constraint->validated) {
      // Nothing is left to do.
    } else if (constraint->definition.kind == ConstraintKind::ForeignKey) {
      b_.lock(constraint->definition.references.table, LockMode::RowShare);
      lock_partitions(target_, mode_);
      check_key(constraint->definition);
    } else {
      lock_family(constraint->definition.no_inherit);
      for (const Table* each : b_.stored(target_, !constraint->definition.no_inherit)) {
        const Constraint* same = each->constraint(validate.constraint);
        if (same == nullptr || !same->validated) verify_[each->name].push_back(ScanReason::Check);
      }
      b_.fail_on_data("23514", "a row may violate the constraint");
    }
    b_.advance(operation);
  }

  void part(const DropConstraint& drop, const Operation& operation) {
    b_.effects.waits_even_if_noop |= drop.if_exists;
    const Table* held = table();
    const Constraint* constraint = held == nullptr ? nullptr : held->constraint(drop.constraint);
    // ATCheckPartitionsNotInUse: whether there is something to drop or not, and with ONLY too.
    lock_partitions(target_, LockMode::AccessExclusive);
    if (held != nullptr && constraint == nullptr && b_.major() >= 18) {
      if (const auto column = column_of_not_null_name(*held, drop.constraint)) {
        part(DropNotNull{drop.table, *column, drop.only},
             Operation(DropNotNull{drop.table, *column, drop.only}));
        return;
      }
    }
    if (held != nullptr && constraint == nullptr && drop.if_exists) return;
    if (constraint == nullptr && held == nullptr) {
      b_.unknown("constraint " + drop.constraint.str() +
                 " is not known here: a foreign key also locks the table it refers to");
    } else if (constraint != nullptr) {
      if (constraint->definition.kind == ConstraintKind::Check && !constraint->definition.no_inherit)
        lock_family(drop.only);
      if (constraint->definition.kind == ConstraintKind::ForeignKey) {
        lock_partitions(target_, LockMode::AccessExclusive);
        b_.lock(constraint->definition.references.table, LockMode::AccessExclusive);
        lock_partitions(constraint->definition.references.table, LockMode::AccessExclusive);
      }
    }
    b_.advance(operation);
  }

  void part(const AlterConstraint&, const Operation& operation) {
    lock_partitions(target_, mode_);
    b_.advance(operation);
  }

  // ---- the table itself

  void part(const SetPersistence& set, const Operation& operation) {
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

  void part(const SetTablespace& set, const Operation& operation) {
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

  void part(const SetAccessMethod& set, const Operation& operation) {
    if (b_.major() < 15) b_.fail("42601", "SET ACCESS METHOD is known from PostgreSQL 15 on");
    const Table* held = table();
    const std::string now = held == nullptr || held->access_method.empty() ? "heap" : held->access_method;
    if (now != set.method) rewrite_family(true);
    if (b_.kind_of(target_) != LockedKind::MaterializedView) b_.advance(operation);
  }

  void part(const SetReplicaIdentity& set, const Operation& operation) {
    if (!set.index.empty()) {
      b_.lock(ObjectName(target_.schema, set.index), LockMode::Share, LockedKind::Index);
      if (table() != nullptr) judge_replica_identity(b_, *table(), set.index);
    }
    b_.advance(operation);
  }

  void part(const ClusterOn& cluster, const Operation& operation) {
    if (!cluster.index.empty()) b_.lock(ObjectName(target_.schema, cluster.index), mode_, LockedKind::Index);
    if (is_partitioned(target_)) b_.fail("0A000", "cannot mark index clustered in partitioned table");
    judge_clustering(b_, target_, ObjectName(target_.schema, cluster.index));
    b_.advance(operation);
  }

  void part(const SetTriggerState& set, const Operation& operation) {
    const Table* held = table();
    // Only row triggers have copies on partitions; those of foreign keys are row triggers too.
    const bool keys =
        held != nullptr && set.all && !set.user &&
        (!b_.schema.references_to(target_).empty() ||
         std::any_of(held->constraints.begin(), held->constraints.end(),
                     [](const Constraint& c) { return c.definition.kind == ConstraintKind::ForeignKey; }));
    const bool rows = held == nullptr || keys ||
                      std::any_of(held->triggers.begin(), held->triggers.end(), [&](const Trigger& trigger) {
                        const bool meant = set.all || set.user || trigger.definition.name == set.trigger;
                        return meant && trigger.definition.for_each_row;
                      });
    if (rows) lock_partitions(target_, mode_);
    b_.advance(operation);
  }

  void part(const Inherit& inherit, const Operation& operation) {
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

  /// Everything else only changes the catalogue.
  template <typename T>
  void part(const T& change, const Operation& operation) {
    if constexpr (is_one_of<T, SetDefault, DropDefault, SetStatistics, SetStorage, DropExpression>) {
      bool only = false;
      if constexpr (requires { change.only; }) only = change.only;
      lock_family(only);
    }
    if constexpr (std::is_same_v<T, SetCompression>) {
      if (b_.major() < 14) b_.fail("42601", "SET COMPRESSION is known from PostgreSQL 14 on");
      if (change.method != "default") judge_compression(b_, table(), change.column);
    }
    if constexpr (std::is_same_v<T, SetDefault>) {
      const Column* column = table() == nullptr ? nullptr : table()->column(change.column);
      if (column != nullptr) judge_value(b_, change.value, column->type, change.column);
    }
    if constexpr (std::is_same_v<T, SetTableOptions>) {
      if (!change.reset) {
        const bool view = change.is_view || b_.kind_of(target_) == LockedKind::View;
        const bool index = change.is_index || b_.kind_of(target_) == LockedKind::Index;
        if (index && is_of_partitioned(target_))
          b_.fail("42809", "the options of an index of a partitioned table cannot be changed");
        judge_options(b_, change.options,
                      view    ? OptionsOf::View
                      : index ? OptionsOf::Index
                              : OptionsOf::Table);
        if (is_partitioned(target_) && !change.options.empty())
          b_.fail(b_.major() >= 16 ? "42809" : "22023", "partitioned tables have no storage parameters");
      }
    }
    if constexpr (std::is_same_v<T, DropExpression>) {
      if (b_.major() < 13) b_.fail("42601", "DROP EXPRESSION is known from PostgreSQL 13 on");
    }
    b_.advance(operation);
  }

  // ---- phase 3

  void finish() {
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
    for (const TableName& referenced : key_checks_) {
      if (!has_rows) continue;  // nothing to look up
      for (const Table* each : b_.stored(target_, is_partitioned(target_)))
        b_.scan(each->name, ScanReason::ForeignKey);
      for (const Table* each : b_.stored(referenced, is_partitioned(referenced)))
        b_.scan(each->name, ScanReason::ForeignKey);
    }
    for (const IndexEffect& effect : b_.effects.indexes) {
      if (effect.work != IndexWork::Built && effect.work != IndexWork::Rebuilt) continue;
      const Table* held = b_.schema.tables.find(effect.table);
      if (held != nullptr && held->kind == RelationKind::Table && !is_copy(effect.index))
        b_.scan(effect.table, ScanReason::IndexBuild);
    }
  }

  bool is_of_partitioned(const ObjectName& index) const {
    const TableName* of = b_.schema.index_tables.find(index);
    return of != nullptr && is_partitioned(*of);
  }
  bool is_partitioned(const TableName& name) const {
    const Table* held = b_.schema.tables.find(name);
    return held != nullptr && held->kind == RelationKind::PartitionedTable;
  }
  bool is_copy(const ObjectName& index) const {
    return index == target_;
  }  // SET TABLESPACE copies the index's file

  Builder& b_;
  TableName target_;
  LockMode mode_;
  std::set<TableName> rewrite_;
  std::map<TableName, std::vector<ScanReason>> verify_;
  std::vector<TableName> key_checks_;    ///< tables the target's rows are looked up in
  bool default_beside_columns_ = false;  ///< then the foreign keys of new columns are checked
  bool key_beside_columns_ = false;
  bool some_type_rewrites_ = false;
};

}  // namespace

bool is_alter_table_part(const Operation& operation) {
  return std::visit([](const auto& part) { return is_part<std::decay_t<decltype(part)>>; }, operation);
}

void alter_table(Builder& builder, const std::vector<const Operation*>& operations) {
  LockMode mode = LockMode::None;
  for (const Operation* each : operations) mode = std::max(mode, lock_needed(*each));
  std::vector<const Operation*> in_order = operations;
  std::stable_sort(in_order.begin(), in_order.end(),
                   [](const Operation* a, const Operation* b) { return pass_of(*a) < pass_of(*b); });
  const ObjectName* target = target_relation(*operations.front());
  if (target == nullptr) return;
  AlterTable(builder, builder.schema.resolve_relation(*target), mode).run(in_order);
}

}  // namespace planner::physics
