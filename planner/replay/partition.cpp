#include "planner/replay/partition.h"

#include <algorithm>

namespace planner::replaying {

void adopt_partition(Context& context, const TableName& parent, const TableName& partition) {
  ensure_partition_indexes(context, parent, partition);
  const SharedList<Trigger> triggers = table_at(context.schema, parent).triggers;
  for (const Trigger& trigger : triggers) {
    if (!trigger.definition.for_each_row) continue;
    Table& table = edit_table(context, partition);
    const bool known = std::any_of(table.triggers.begin(), table.triggers.end(), [&](const Trigger& own) {
      return own.definition.name == trigger.definition.name;
    });
    if (known) {
      refuse("42710", "trigger \"{}\" for relation \"{}\" already exists", trigger.definition.name.str(),
             partition.name.str());
    }
    Trigger copy = trigger;
    copy.definition.table = partition;
    copy.inherited = true;
    table.triggers.push_back(std::move(copy));
  }
  clone_foreign_keys(context, parent, partition);
}

void mark_inherited(Context& context, const TableName& child) {
  Table& table = edit_table(context, child);
  std::vector<const Table*> parents;
  for (const TableName& parent : table.inherits) {
    if (const Table* found = context.schema.tables.find(parent)) parents.push_back(found);
  }
  for (Column& column : table.columns) {
    column.inherited = std::any_of(parents.begin(), parents.end(), [&](const Table* parent) {
      return parent->column(column.name) != nullptr;
    });
    if (!column.inherited) column.local = true;
  }
  for (Constraint& constraint : table.constraints) {
    if (constraint.definition.kind != ConstraintKind::Check) continue;
    constraint.inherited = std::any_of(parents.begin(), parents.end(), [&](const Table* parent) {
      const Constraint* above = parent->constraint(constraint.definition.name);
      return above != nullptr && above->definition.kind == ConstraintKind::Check &&
             !above->definition.no_inherit;
    });
    if (!constraint.inherited) constraint.local = true;
  }
}

namespace {

/// MergeAttributesIntoExisting and MergeConstraintsIntoExisting: what a table must have to become a child.
void require_shape(const Table& parent, const Table& child) {
  for (const Column& above : parent.columns) {
    const Column* own = child.column(above.name);
    if (own == nullptr) refuse("42804", "child table is missing column \"{}\"", above.name.str());
    if (own->type != above.type) {
      refuse("42804", "child table \"{}\" has different type for column \"{}\"", child.name.name.str(),
             above.name.str());
    }
    if (own->collation != above.collation) {
      refuse("42P21", "child table \"{}\" has different collation for column \"{}\"", child.name.name.str(),
             above.name.str());
    }
    if (above.not_null && !own->not_null) {
      refuse("42804", "column \"{}\" in child table must be marked NOT NULL", above.name.str());
    }
    if (above.generated && !own->generated) {
      refuse("42804", "column \"{}\" in child table must be a generated column", above.name.str());
    }
  }
  for (const Constraint& check : parent.constraints) {
    if (check.definition.kind != ConstraintKind::Check || check.definition.no_inherit) continue;
    const Constraint* own = child.constraint(check.definition.name);
    if (own == nullptr || own->definition.kind != ConstraintKind::Check) {
      refuse("42804", "child table is missing constraint \"{}\"", check.definition.name.str());
    }
    if (!same_meaning(own->definition.expression, check.definition.expression)) {
      refuse("42804", "child table \"{}\" has different definition for check constraint \"{}\"",
             child.name.name.str(), check.definition.name.str());
    }
    if (own->definition.no_inherit) {
      refuse("42P17", "constraint \"{}\" conflicts with non-inherited constraint on child table \"{}\"",
             check.definition.name.str(), child.name.name.str());
    }
    if (check.validated && !own->validated) {
      refuse("42P17", "constraint \"{}\" conflicts with NOT VALID constraint on child table \"{}\"",
             check.definition.name.str(), child.name.name.str());
    }
  }
}

void link(Context& context, const TableName& parent, const TableName& child) {
  edit_table(context, parent).children.push_back(child);
  edit_table(context, child).inherits.push_back(parent);
  mark_inherited(context, child);
}

void unlink(Context& context, const TableName& parent, const TableName& child) {
  erase_value(edit_table(context, parent).children, child);
  erase_value(edit_table(context, child).inherits, parent);
  mark_inherited(context, child);
}

}  // namespace

void apply(Context& context, const AttachPartition& op) {
  if (const auto index = find_relation(context.schema, op.table); index && index->kind == Relation::Index) {
    const TableName* of = context.schema.index_tables.find(index->name);
    const Table* indexed = of == nullptr ? nullptr : context.schema.tables.find(*of);
    if (indexed != nullptr && indexed->partition_by)
      refuse("42P17", "\"{}\" is not a partitioned table", index->name.name.str());
    refuse("42809", "ALTER action ATTACH PARTITION cannot be performed on relation \"{}\"",
           index->name.name.str());
  }
  const TableName parent = table_named(context.schema, op.table);
  const TableName partition = table_named(context.schema, op.partition);
  const Table& above = table_at(context.schema, parent);
  const Table& below = table_at(context.schema, partition);
  if (above.kind == RelationKind::ForeignTable) {
    refuse("42809", "ALTER action ATTACH PARTITION cannot be performed on relation \"{}\"",
           parent.name.str());
  }
  if (!above.partition_by) refuse("42P17", "table \"{}\" is not partitioned", parent.name.str());
  if (below.partition_of) refuse("42809", "\"{}\" is already a partition", partition.name.str());
  if (!below.inherits.empty()) refuse("42809", "cannot attach inheritance child as partition");
  if (!below.children.empty() && !below.partition_by)
    refuse("42809", "cannot attach inheritance parent as partition");
  if (parent == partition) refuse("42P07", "circular inheritance not allowed");
  for (const Column& column : below.columns) {
    if (above.column(column.name) == nullptr) {
      refuse("42804", "table \"{}\" contains column \"{}\" not found in parent \"{}\"", partition.name.str(),
             column.name.str(), parent.name.str());
    }
  }
  require_free_bound(context.schema, parent, op.bound, partition);
  require_shape(above, below);
  const bool shares_identity = context.schema.server_version >= 170000;
  for (const Column& column : below.columns) {
    if (!shares_identity || !column.identity) continue;
    refuse("55000", "table \"{}\" being attached contains an identity column \"{}\"", partition.name.str(),
           column.name.str());
  }
  link(context, parent, partition);
  Table& table = edit_table(context, partition);
  table.partition_of = parent;
  table.bound = op.bound;
  // A partition has nothing of its own to keep when it leaves: the parent owns columns and constraints.
  for (Column& column : table.columns) {
    column.local = false;
    const Column* same = table_at(context.schema, parent).column(column.name);
    if (shares_identity && same != nullptr) column.identity = same->identity;
  }
  for (Constraint& constraint : table.constraints) {
    if (constraint.definition.kind == ConstraintKind::Check && constraint.inherited) constraint.local = false;
  }
  adopt_partition(context, parent, partition);
}

void apply(Context& context, const DetachPartition& op) {
  const TableName parent = table_named(context.schema, op.table);
  const TableName partition = table_named(context.schema, op.partition);
  if (op.finalize) return;  // the detach itself has been replayed
  const Table& below = table_at(context.schema, partition);
  const Table& above = table_at(context.schema, parent);
  if (!above.partition_by && above.kind != RelationKind::ForeignTable)
    refuse("42P17", "table \"{}\" is not partitioned", parent.name.str());
  if (below.partition_of != std::optional(parent)) {
    refuse("42P01", "relation \"{}\" is not a partition of relation \"{}\"", partition.name.str(),
           parent.name.str());
  }
  if (op.concurrently) {
    for (const TableName& other : table_at(context.schema, parent).children) {
      const Table* sibling = context.schema.tables.find(other);
      if (sibling != nullptr && sibling->bound && sibling->bound->is_default) {
        refuse("55000", "cannot detach partitions concurrently when a default partition exists");
      }
    }
  }
  for (const Schema::Reference& reference : context.schema.references_to(parent)) {
    Table& from = edit_table(context, reference.from);
    for (const Table::HiddenConstraint& hidden : from.hidden_constraints) {
      if (hidden.partition == partition)
        count_constraint_name(context.schema, from.name.schema, hidden.name, -1);
    }
    std::erase_if(from.hidden_constraints,
                  [&](const Table::HiddenConstraint& hidden) { return hidden.partition == partition; });
  }
  if (context.schema.server_version >= 170000) {
    for (Column& column : edit_table(context, partition).columns) column.identity.reset();
  }
  unlink(context, parent, partition);
  Table& table = edit_table(context, partition);
  table.partition_of.reset();
  table.bound.reset();
  for (Column& column : table.columns) column.local = true;
  for (Index& index : table.indexes) index.parent = ObjectName();
  for (Constraint& constraint : table.constraints) {
    constraint.inherited = false;
    constraint.local = true;
  }
  table.triggers.erase_if([](const Trigger& trigger) { return trigger.inherited; });
}

void apply(Context& context, const Inherit& op) {
  const TableName child = table_named(context.schema, op.table);
  const TableName parent = table_named(context.schema, op.parent);
  const Table& below = table_at(context.schema, child);
  if (op.remove) {
    if (!contains(below.inherits, parent)) {
      refuse("42P01", "relation \"{}\" is not a parent of relation \"{}\"", parent.name.str(),
             child.name.str());
    }
    if (below.partition_of) refuse("42809", "cannot change inheritance of a partition");
    unlink(context, parent, child);
    return;
  }
  if (below.partition_of) refuse("42809", "cannot change inheritance of a partition");
  if (!below.of_type.empty()) refuse("42809", "cannot change inheritance of typed table");
  if (table_at(context.schema, parent).partition_by) {
    refuse("42809", "cannot inherit from partitioned table \"{}\"", parent.name.str());
  }
  if (contains(with_children(context.schema, child, false), parent))
    refuse("42P07", "circular inheritance not allowed");
  if (contains(below.inherits, parent)) {
    refuse("42P07", "relation \"{}\" would be inherited from more than once", parent.name.str());
  }
  require_shape(table_at(context.schema, parent), below);
  link(context, parent, child);
}

}  // namespace planner::replaying
