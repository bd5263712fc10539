#include <algorithm>
#include <optional>
#include <utility>

#include "planner/effects/alter_table.h"

/// The sub-commands of ALTER TABLE that are about constraints.
namespace planner::physics {

bool AlterTable::inherits_not_null(const Identifier& name) const {
  const std::vector<TableName>& parents = table()->inherits;
  return std::any_of(parents.begin(), parents.end(), [&](const TableName& parent) {
    const Table* above = b_.schema.tables.find(parent);
    const Column* column = above == nullptr ? nullptr : above->column(name);
    return column != nullptr && column->not_null;
  });
}

void AlterTable::lock_for_constraint(bool only) {
  if (b_.major() >= 18) lock_family(only);
}

void AlterTable::part(const AddCheck& add, const Operation& operation) {
  lock_for_constraint(add.only);
  const bool only = add.only || add.constraint.no_inherit;
  const Table* held = table();
  const Constraint* same = held == nullptr ? nullptr : held->constraint(add.constraint.name);
  const bool merges = same != nullptr && same->inherited && !same->local && !held->partition_of &&
                      same->definition.kind == ConstraintKind::Check &&
                      same_meaning(same->definition.expression, add.constraint.expression);
  // What only becomes the table's own as well, the children have from it already.
  if (!merges) lock_family(only);
  if (same != nullptr && !merges)
    b_.fail("42710", "constraint \"" + add.constraint.name.str() + "\" for relation \"" + target_.name.str() +
                         "\" already exists");
  if (merges && add.constraint.no_inherit)
    b_.fail("42P17", "constraint \"" + add.constraint.name.str() +
                         "\" conflicts with inherited constraint on relation \"" + target_.name.str() + "\"");
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

void AlterTable::lock_referenced(const ConstraintDefinition& key) {
  const TableName referenced = b_.schema.resolve_relation(key.references.table);
  if (b_.schema.tables.find(referenced) == nullptr)
    b_.unknown("table " + display(referenced) + " is not known here");
  b_.lock(referenced, LockMode::ShareRowExclusive);
  lock_partitions(referenced, LockMode::ShareRowExclusive);
}

void AlterTable::check_key(const ConstraintDefinition& key, std::set<TableName> taken_over) {
  key_checks_.push_back({b_.schema.resolve_relation(key.references.table), std::move(taken_over)});
  b_.fail_on_data("23503", "a row may refer to nothing in " + display(key.references.table));
}

void AlterTable::part(const AddForeignKey& add, const Operation& operation) {
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
  const std::optional<Schema> before = is_partitioned(target_) ? std::optional(b_.schema) : std::nullopt;
  b_.advance(operation);
  std::set<TableName> taken_over = before ? keys_taken_over(b_, target_, *before) : std::set<TableName>{};
  std::set<TableName> untouched;
  for (const TableName& partition : taken_over) {
    for (const TableName& below : b_.family(partition)) {
      if (below != partition) untouched.insert(below);
    }
  }
  for (const TableName& partition : b_.partitions(target_)) {
    if (!untouched.contains(partition)) b_.lock(partition, LockMode::ShareRowExclusive);
  }
  if (!taken_over.empty()) {
    // The triggers that their own keys have on the referenced table go.
    const TableName referenced = b_.schema.resolve_relation(add.constraint.references.table);
    b_.lock(referenced, LockMode::AccessExclusive);
    lock_partitions(referenced, LockMode::AccessExclusive);
  }
  if (!add.constraint.not_valid) check_key(add.constraint, std::move(taken_over));
}

LockMode AlterTable::index_partition_lock() const {
  return b_.major() >= 18 ? LockMode::AccessExclusive : LockMode::Share;
}

void AlterTable::add_index_constraint(const ConstraintDefinition& constraint, bool only,
                                      const Operation& operation) {
  if (!constraint.using_index.empty()) {
    if (table() != nullptr) judge_using_index(b_, *table(), constraint);
    // It is locked to be renamed after the constraint.
    if (!constraint.name.empty() && constraint.name != constraint.using_index)
      b_.lock(ObjectName(target_.schema, constraint.using_index), LockMode::ShareUpdateExclusive,
              LockedKind::Index);
  } else {
    for (const Identifier& column : constraint.columns) judge_opclass(b_, table(), column, "btree");
    if (!only) lock_partitions(target_, index_partition_lock());
    b_.fail_on_data("23505", "rows may hold the same value twice");
    if (table() == nullptr) b_.scan(target_, ScanReason::IndexBuild);
  }
  b_.advance(operation);
  if (constraint.using_index.empty())
    lock_indexes_taken_over(b_, target_, b_.met(),
                            b_.major() >= 18 ? LockMode::Share : index_partition_lock());
}

void AlterTable::part(const AddUnique& add, const Operation& operation) {
  lock_for_constraint(add.only);
  if (add.constraint.nulls_not_distinct && b_.major() < 15) {
    b_.fail("42601", "NULLS NOT DISTINCT is known from PostgreSQL 15 on");
  }
  add_index_constraint(add.constraint, add.only, operation);
}

void AlterTable::part(const AddPrimaryKey& add, const Operation& operation) {
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
  add_index_constraint(add.constraint, add.only, operation);
}

void AlterTable::part(const AddExclusion& add, const Operation& operation) {
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
  // Their operator classes know `=`, and what has no mirror image of its own excludes nobody.
  for (const ObjectName& each : add.constraint.exclusion_operators) {
    if ((method.empty() || method == "btree" || method == "hash") && each.schema.empty() &&
        (each.name.str() == "<>" || each.name.str() == "<" || each.name.str() == "<=" ||
         each.name.str() == ">" || each.name.str() == ">="))
      b_.fail("42809", "operator " + each.name.str() + " cannot be used in an exclusion constraint");
  }
  b_.advance(operation);
  // The index is built, then every row is looked up in it.
  for (const Table* each : b_.stored(target_, is_partitioned(target_)))
    b_.scan(each->name, ScanReason::Exclusion);
  b_.fail_on_data("23P01", "rows may exclude each other");
}

void AlterTable::part(const ValidateConstraint& validate, const Operation& operation) {
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

void AlterTable::part(const DropConstraint& drop, const Operation& operation) {
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
    if (constraint->definition.kind == ConstraintKind::Check && !constraint->definition.no_inherit) {
      lock_family(drop.only);
      // With ONLY the children keep it as their own, which changes them too.
      if (drop.only) {
        for (const TableName& child : held->children) b_.lock(child, mode_);
      }
    }
    if (constraint->definition.kind == ConstraintKind::ForeignKey) {
      lock_partitions(target_, LockMode::AccessExclusive);
      b_.lock(constraint->definition.references.table, LockMode::AccessExclusive);
      lock_partitions(constraint->definition.references.table, LockMode::AccessExclusive);
    }
  }
  b_.advance(operation);
}

void AlterTable::part(const AlterConstraint& alter, const Operation& operation) {
  const Constraint* held = table() == nullptr ? nullptr : table()->constraint(alter.constraint);
  if (held != nullptr && held->inherited && table()->partition_of)
    b_.fail("XX000", "cannot alter constraint \"" + alter.constraint.str() + "\" on relation \"" +
                         target_.name.str() + "\": it is its parent's");
  lock_partitions(target_, mode_);
  b_.advance(operation);
}

}  // namespace planner::physics
