#include <algorithm>

#include "planner/casts.h"
#include "planner/effects/alter_table.h"

/// The sub-commands of ALTER TABLE that are about columns.
namespace planner::physics {
namespace {

const ConstraintDefinition* inline_constraint(const ColumnDefinition& column, ConstraintKind kind) {
  for (const ConstraintDefinition& each : column.constraints) {
    if (each.kind == kind) return &each;
  }
  return nullptr;
}

}  // namespace

bool is_serial(const TypeName& type) {
  return type.is("serial4") || type.is("serial8") || type.is("serial2");
}

void AlterTable::part(const AddColumn& add, const Operation& operation) {
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
  refuse_own_row(b_, target_, type);
  if (column.generated && table() != nullptr) judge_generated(b_, *table(), column.generated);
  const bool made_per_row =
      is_serial(column.type) || column.identity || (column.generated && !is_virtual(column));
  if (made_per_row || domain_has_constraints(type, b_.schema)) rewrite_receiving();
  // A value for old rows, stored in them or not, has them looked at; so does a NULL that a domain is asked
  // about.
  const bool asked = domain != nullptr && column.default_value;
  if (table() != nullptr && (made_per_row || has_value || asked || domain_has_constraints(type, b_.schema)))
    refuse_row_types(b_, *table());
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
        lock_partitions(target_, LockMode::ShareRowExclusive);
        if (!each.not_valid && (default_beside_columns_ || key_beside_columns_)) check_key(each);
        break;
      case ConstraintKind::Unique:
      case ConstraintKind::PrimaryKey:
        lock_partitions(target_, index_partition_lock());
        if (one_value_for_all || (each.nulls_not_distinct && !has_value && !made_per_row))
          b_.fail_on_data("23505", "every row gets the same value in a unique column");
        break;
      default:
        break;
    }
  }
}

std::set<TableName> AlterTable::tables_without(const TableName& table, const Identifier& column, bool only) {
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

bool AlterTable::judge_default(const Expression& value) {
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

void AlterTable::part(const DropColumn& drop, const Operation& operation) {
  b_.effects.waits_even_if_noop |= drop.if_exists;
  const Table* before = table();
  if (is_system_column(drop.column))
    b_.fail("0A000", "cannot drop system column \"" + drop.column.str() + "\"");
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

void AlterTable::part(const DropNotNull& drop, const Operation& operation) {
  // From 18 on NOT NULL is a constraint: without one nothing is looked for in children.
  const Column* column = table() == nullptr ? nullptr : table()->column(drop.column);
  lock_family(drop.only || (b_.major() >= 18 && column != nullptr && !column->not_null));
  if (b_.major() >= 18 && column != nullptr && column->not_null && inherits_not_null(drop.column))
    b_.fail("42P16", "cannot drop the inherited NOT NULL constraint of column \"" + drop.column.str() + "\"");
  if (drop.only && is_partitioned(target_) && !table()->children.empty())
    b_.fail("42P16", "cannot remove constraint from only the partitioned table when partitions exist");
  if (table() != nullptr) judge_drop_not_null(b_, *table(), drop.column);
  b_.advance(operation);
}

void AlterTable::part(const ChangeType& change, const Operation& operation) {
  lock_family(change.only);
  if (is_system_column(change.column))
    b_.fail("0A000", "cannot alter system column \"" + change.column.str() + "\"");
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

bool AlterTable::rewrites(const ChangeType& change) const {
  const Column* column = table() == nullptr ? nullptr : table()->column(change.column);
  if (column == nullptr) return false;
  TypeName to = change.type;
  to.name = b_.schema.resolve_type(to.name);
  return type_change(column->type, to, change.using_expression, change.column, b_.schema, b_.settings).cost ==
         CastCost::Rewrite;
}

void AlterTable::set_not_null(const Identifier& column, bool only) {
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

void AlterTable::part(const SetNotNull& set, const Operation& operation) {
  // A partitioned table that has it already is taken to have handed it down; any other parent only from 18
  // on, where NOT NULL is inherited without exception.
  const Column* column = table() == nullptr ? nullptr : table()->column(set.column);
  const bool handed_down = b_.major() >= 18 || is_partitioned(target_);
  lock_family(set.only || (handed_down && column != nullptr && column->not_null));
  set_not_null(set.column, set.only);
  b_.advance(operation);
}

void AlterTable::part(const SetIdentity& set, const Operation& operation) {
  lock_identity_family(set.column);
  for (const auto& [name, sequence] : b_.schema.sequences) {
    if (!sequence->internal || sequence->owner_table != target_ || sequence->owner_column != set.column)
      continue;
    b_.lock(name, LockMode::ShareRowExclusive);
    if (moves_sequence(set.options)) b_.new_sequence_file(name);
  }
  b_.advance(operation);
}

void AlterTable::lock_identity_family(const Identifier& column) {
  if (b_.major() < 17 || !is_partitioned(target_)) return;
  const Column* held = table()->column(column);
  if (held != nullptr) lock_family(false);
}

void AlterTable::judge_statistics_target(const SetStatistics& set) {
  if (const View* view = b_.schema.views.find(target_);
      view != nullptr && !view->columns.empty() &&
      std::find(view->columns.begin(), view->columns.end(), set.column) == view->columns.end())
    b_.fail("42703",
            "column \"" + set.column.str() + "\" of relation \"" + target_.name.str() + "\" does not exist");
  const TableName* of = b_.schema.index_tables.find(target_);
  const bool by_number =
      !set.column.empty() && set.column.str().find_first_not_of("0123456789") == std::string::npos;
  if (of == nullptr) {
    if (by_number && table() != nullptr && table()->column(set.column) == nullptr)
      b_.fail("0A000", "cannot refer to non-index column by number");
    return;
  }
  const Table* indexed = b_.schema.tables.find(*of);
  const View* view = b_.schema.views.find(*of);
  const SharedList<Index>* indexes = indexed != nullptr ? &indexed->indexes
                                     : view != nullptr  ? &view->indexes
                                                        : nullptr;
  if (indexes == nullptr) return;
  const auto index =
      std::find_if(indexes->begin(), indexes->end(), [&](const Index& i) { return i.name == target_; });
  if (index == indexes->end()) return;
  const auto& names = index->column_names;
  std::size_t at = names.size();
  if (by_number && set.column.str().size() < 4) {
    at = static_cast<std::size_t>(std::stoi(set.column.str())) - 1;
  } else {
    at = static_cast<std::size_t>(std::find(names.begin(), names.end(), set.column) - names.begin());
  }
  if (at >= index->elements.size() + index->included.size()) {
    b_.fail("42703",
            "column " + set.column.str() + " of relation \"" + target_.name.str() + "\" does not exist");
  } else if (at >= index->elements.size()) {
    b_.fail("0A000", "cannot alter statistics on included column of index \"" + target_.name.str() + "\"");
  } else if (!index->elements[at].expression) {
    b_.fail("0A000",
            "cannot alter statistics on non-expression column of index \"" + target_.name.str() + "\"");
  }
}

}  // namespace planner::physics
