#include <algorithm>

#include "planner/replay/internal.h"

namespace planner::replaying {

// ---- the books: names and references

void count_constraint_name(Schema& schema, const Identifier& place, const Identifier& name, int change) {
  const ObjectName key(place, name);
  if (int* count = schema.constraint_names.edit(key)) {
    *count += change;
    if (*count <= 0) schema.constraint_names.erase(key);
  } else if (change > 0) {
    schema.constraint_names.put(key, change);
  }
}

Constraint& add_constraint(Schema& schema, Table& table, Constraint constraint) {
  count_constraint_name(schema, table.name.schema, constraint.definition.name, 1);
  if (constraint.definition.kind == ConstraintKind::ForeignKey) {
    schema.references.put({constraint.definition.references.table, {table.name, constraint.definition.name}},
                          {});
  }
  table.constraints.push_back(std::move(constraint));
  return table.constraints.back();
}

void remove_constraint(Schema& schema, Table& table, const Identifier& name) {
  const Constraint* found = table.constraint(name);
  if (found == nullptr) return;
  count_constraint_name(schema, table.name.schema, name, -1);
  for (const Table::HiddenConstraint& hidden : table.hidden_constraints) {
    if (hidden.of == name) count_constraint_name(schema, table.name.schema, hidden.name, -1);
  }
  std::erase_if(table.hidden_constraints,
                [&](const Table::HiddenConstraint& hidden) { return hidden.of == name; });
  if (found->definition.kind == ConstraintKind::ForeignKey) {
    schema.references.erase({found->definition.references.table, {table.name, name}});
  }
  if (!found->index.empty()) {
    const ObjectName index = found->index;
    table.indexes.erase_if([&](const Index& one) { return one.name == index; });
    schema.index_tables.erase(index);
  }
  table.constraints.erase_if([&](const Constraint& one) { return one.definition.name == name; });
}

namespace {

void require_free_constraint(const Table& table, const Identifier& name) {
  if (table.constraint(name) != nullptr) {
    refuse("42710", "constraint \"{}\" for relation \"{}\" already exists", name.str(),
           table.name.name.str());
  }
}

Constraint new_constraint(const Context& context, const ConstraintDefinition& definition, bool with_table) {
  Constraint constraint;
  constraint.definition = definition;
  constraint.definition.not_valid = false;
  constraint.definition.inline_of_column = false;
  constraint.validated = with_table || !definition.not_valid;
  constraint.is_new = context.pending;
  return constraint;
}

// ---- CHECK

/// The columns of the table an expression mentions; refuses a name that is none.
std::vector<Identifier> columns_in(const Table& table, const Expression& expression) {
  std::vector<Identifier> out;
  for (const Identifier& name : expression.facts().columns) {
    if (table.column(name) != nullptr) {
      out.push_back(name);
    } else if (name != table.name.name &&
               name.str() != "tableoid") {  // the row itself and system columns are no columns of ours
      refuse("42703", "column \"{}\" does not exist", name.str());
    }
  }
  return out;
}

/// A CHECK of a parent on a child: merged with the child's own of that name, or added.
void inherit_check(Context& context, const TableName& child, const Constraint& check) {
  Table& table = edit_table(context, child);
  if (Constraint* own = table.constraint(check.definition.name)) {
    if (own->definition.kind != ConstraintKind::Check ||
        !same_meaning(own->definition.expression, check.definition.expression)) {
      refuse("42710", "constraint \"{}\" for relation \"{}\" already exists", check.definition.name.str(),
             child.name.str());
    }
    own->inherited = true;
    return;
  }
  Constraint copy = check;
  copy.inherited = true;
  copy.local = false;
  copy.comment.clear();
  add_constraint(context.schema, table, std::move(copy));
}

void define_check(Context& context, const TableName& name, const ConstraintDefinition& definition,
                  bool with_table, bool only) {
  Table& table = edit_table(context, name);
  if (definition.expression.facts().has_subquery) refuse("0A000", "cannot use subquery in check constraint");
  const std::vector<Identifier> columns = columns_in(table, definition.expression);
  if (definition.no_inherit && table.partition_by) {
    refuse("42P16", "cannot add NO INHERIT constraint to partitioned table \"{}\"", name.name.str());
  }
  Constraint check = new_constraint(context, definition, with_table);
  if (check.definition.name.empty()) {
    // Named after the column when the expression mentions exactly one.
    const bool one = columns.size() == 1 && !definition.expression.facts().whole_row;
    check.definition.name = free_constraint_name(context.schema, name.schema, name.name.str(),
                                                 one ? columns.front().str() : std::string_view{}, "check");
  } else if (Constraint* own = table.constraint(check.definition.name)) {
    // A child may say again what its parent says.
    if (own->inherited && !own->local && !table.partition_of &&
        own->definition.kind == ConstraintKind::Check &&
        same_meaning(own->definition.expression, check.definition.expression)) {
      own->local = true;
      return;
    }
    require_free_constraint(table, check.definition.name);
  }
  if (only && !definition.no_inherit && !table.children.empty()) {
    refuse("42P16", "constraint must be added to child tables too");
  }
  const Constraint added = add_constraint(context.schema, table, std::move(check));
  if (definition.no_inherit) return;
  for (const TableName& child : with_children(context.schema, name, false)) {
    if (child != name) inherit_check(context, child, added);
  }
}

// ---- FOREIGN KEY

bool same_set(const std::vector<Identifier>& a, const std::vector<Identifier>& b) {
  return a.size() == b.size() && std::is_permutation(a.begin(), a.end(), b.begin());
}

/// The unique index a foreign key leans on; empty when none fits.
ObjectName index_for_reference(const Table& target, const std::vector<Identifier>& columns,
                               bool deferrable = false) {
  for (const Index& index : target.indexes) {
    if (!index.unique || index.predicate || !index.valid) continue;
    std::vector<Identifier> own;
    for (const IndexElement& element : index.elements) own.push_back(element.column);
    if (contains(own, Identifier()) || !same_set(own, columns)) continue;
    const Constraint* constraint = index.constraint.empty() ? nullptr : target.constraint(index.constraint);
    if ((constraint != nullptr && constraint->definition.deferrable) != deferrable) continue;
    return index.name;
  }
  return {};
}

/// Types that `=` compares across: a foreign key may pair them. 0: only with itself.
int comparison_family(const TypeName& type) {
  if (type.array_dimensions > 0 || !type.name.schema.empty()) return 0;
  const std::string& name = type.name.name.str();
  if (name == "int2" || name == "int4" || name == "int8" || name == "numeric" || name == "float4" ||
      name == "float8" || name == "oid") {
    return 1;
  }
  if (name == "text" || name == "varchar" || name == "bpchar" || name == "name" || name == "char") return 2;
  if (name == "date" || name == "timestamp" || name == "timestamptz") return 3;
  if (name == "uuid") return 4;
  if (name == "bool") return 5;
  if (name == "jsonb") return 6;
  if (name == "bytea") return 7;
  return 0;
}

void require_comparable(const Table& from, const ConstraintDefinition& key, const Table& to) {
  for (std::size_t i = 0; i < key.columns.size(); ++i) {
    const Column* a = from.column(key.columns[i]);
    const Column* b = to.column(key.references.columns[i]);
    if (a == nullptr || b == nullptr) continue;
    const int family_a = comparison_family(a->type);
    const int family_b = comparison_family(b->type);
    if (family_a == 0 || family_b == 0 || family_a == family_b) continue;
    refuse("42804", "foreign key constraint \"{}\" cannot be implemented", key.name.str());
  }
}

/// One hidden constraint per partition of the referenced table, at every level (addFkRecurseReferenced).
void hide_references_to_partitions(Context& context, const TableName& from, const ConstraintDefinition& key,
                                   const TableName& partitioned) {
  const std::vector<TableName> partitions = table_at(context.schema, partitioned).children;
  for (const TableName& partition : partitions) {
    const Identifier name =
        free_constraint_name(context.schema, from.schema, from.name.str(), joined_names(key.columns), "fkey");
    edit_table(context, from).hidden_constraints.push_back({name, key.name, partition});
    count_constraint_name(context.schema, from.schema, name, 1);
    if (table_at(context.schema, partition).partition_by)
      hide_references_to_partitions(context, from, key, partition);
  }
}

/// A foreign key of a partitioned table on its partitions (addFkRecurseReferencing, CloneFkReferencing).
void inherit_foreign_key(Context& context, const TableName& child, const Constraint& key) {
  Table& table = edit_table(context, child);
  for (Constraint& own : table.constraints) {
    if (!own.inherited && own.validated && same_foreign_key(own.definition, key.definition)) {
      own.inherited = true;
      own.local = false;
      return;
    }
  }
  Constraint copy = key;
  copy.inherited = true;
  copy.local = false;
  copy.comment.clear();
  if (table.constraint(copy.definition.name) != nullptr) {
    copy.definition.name = free_constraint_name(context.schema, child.schema, child.name.str(),
                                                joined_names(copy.definition.columns), "fkey");
  }
  const Constraint added = add_constraint(context.schema, table, std::move(copy));
  if (!table.partition_by) return;
  const std::vector<TableName> partitions = table.children;
  for (const TableName& partition : partitions) inherit_foreign_key(context, partition, added);
}

void define_foreign_key(Context& context, const TableName& name, const ConstraintDefinition& definition,
                        bool with_table) {
  const Table& table = table_at(context.schema, name);
  const auto target = find_relation(context.schema, definition.references.table);
  if (!target) {
    if (!definition.references.table.schema.empty())
      require_schema(context.schema, definition.references.table.schema);
    refuse("42P01", "relation \"{}\" does not exist", as_written(definition.references.table));
  }
  if (target->kind != Relation::Table) {
    refuse("42809", "referenced relation \"{}\" is not a table", definition.references.table.name.str());
  }
  const Table& referenced = table_at(context.schema, target->name);
  if (referenced.kind == RelationKind::ForeignTable)
    refuse("42809", "referenced relation \"{}\" is not a table", target->name.name.str());
  if (table.persistence == Persistence::Permanent && referenced.persistence == Persistence::Unlogged) {
    refuse("42P16", "constraints on permanent tables may reference only permanent tables");
  }
  if (table.persistence == Persistence::Permanent && referenced.persistence == Persistence::Temporary) {
    refuse("42P16", "constraints on permanent tables may reference only permanent tables");
  }
  for (const Identifier& column : definition.columns) {
    if (table.column(column) == nullptr) {
      refuse("42703", "column \"{}\" referenced in foreign key constraint does not exist", column.str());
    }
  }
  Constraint key = new_constraint(context, definition, with_table);
  key.definition.references.table = target->name;
  if (key.definition.references.columns.empty()) {
    const Constraint* primary = referenced.primary_key();
    if (primary == nullptr) {
      refuse("42704", "there is no primary key for referenced table \"{}\"", target->name.name.str());
    }
    key.definition.references.columns = primary->definition.columns;
    key.referenced_index = primary->index;
  } else {
    for (const Identifier& column : key.definition.references.columns) {
      if (referenced.column(column) == nullptr) {
        refuse("42703", "column \"{}\" referenced in foreign key constraint does not exist", column.str());
      }
    }
    key.referenced_index = index_for_reference(referenced, key.definition.references.columns);
    if (key.referenced_index.empty()) {
      if (!index_for_reference(referenced, key.definition.references.columns, true).empty()) {
        refuse("55000", "cannot use a deferrable unique constraint for referenced table \"{}\"",
               target->name.name.str());
      }
      refuse("42830", "there is no unique constraint matching given keys for referenced table \"{}\"",
             target->name.name.str());
    }
  }
  if (key.definition.references.columns.size() != key.definition.columns.size()) {
    refuse("42830", "number of referencing and referenced columns for foreign key disagree");
  }
  if (key.definition.name.empty()) {
    key.definition.name = free_constraint_name(context.schema, name.schema, name.name.str(),
                                               joined_names(key.definition.columns), "fkey");
  } else {
    require_free_constraint(table, key.definition.name);
  }
  require_comparable(table, key.definition, referenced);
  const bool target_partitioned = referenced.partition_by.has_value();
  const bool own_partitioned = table.partition_by.has_value();
  if (own_partitioned && !key.validated && context.schema.server_version < 180000) {
    refuse("42809",
           "cannot add NOT VALID foreign key on partitioned table \"{}\" referencing relation \"{}\"",
           name.name.str(), target->name.name.str());
  }
  const Constraint added = add_constraint(context.schema, edit_table(context, name), std::move(key));
  if (target_partitioned) hide_references_to_partitions(context, name, added.definition, target->name);
  if (own_partitioned) {
    const std::vector<TableName> partitions = table_at(context.schema, name).children;
    for (const TableName& partition : partitions) inherit_foreign_key(context, partition, added);
  }
}

// ---- keys and exclusions

void set_key_columns_not_null(Context& context, const TableName& name,
                              const std::vector<Identifier>& columns) {
  for (const TableName& one : with_children(context.schema, name, false)) {
    Table& table = edit_table(context, one);
    for (const Identifier& key : columns) {
      if (Column* column = table.column(key)) column->not_null = true;
    }
  }
}

void define_using_index(Context& context, const TableName& name, const ConstraintDefinition& definition) {
  const ObjectName index_name(name.schema, definition.using_index);
  const Index* found = index_at(context.schema, index_name);
  if (found == nullptr) refuse("42704", "index \"{}\" does not exist", definition.using_index.str());
  if (found->table != name) {
    refuse("55000", "index \"{}\" does not belong to table \"{}\"", definition.using_index.str(),
           name.name.str());
  }
  if (!found->constraint.empty()) {
    refuse("55000", "index \"{}\" is already associated with a constraint", definition.using_index.str());
  }
  if (!found->valid) refuse("55000", "index \"{}\" is not valid", definition.using_index.str());
  if (!found->unique) refuse("42809", "\"{}\" is not a unique index", definition.using_index.str());
  if (found->predicate) refuse("42809", "\"{}\" is a partial index", definition.using_index.str());
  Constraint constraint = new_constraint(context, definition, true);
  constraint.definition.using_index = Identifier();
  for (const IndexElement& element : found->elements) {
    if (element.column.empty())
      refuse("42809", "index \"{}\" contains expressions", definition.using_index.str());
    constraint.definition.columns.push_back(element.column);
  }
  if (definition.kind == ConstraintKind::PrimaryKey &&
      table_at(context.schema, name).primary_key() != nullptr)
    refuse("42P16", "multiple primary keys for table \"{}\" are not allowed", name.name.str());
  constraint.definition.included = found->included;
  constraint.definition.nulls_not_distinct = found->nulls_not_distinct;
  ObjectName final_name = index_name;
  if (definition.name.empty()) {
    constraint.definition.name = index_name.name;
  } else if (definition.name != index_name.name) {
    final_name.name = definition.name;
    require_free_relation(context.schema, final_name);
  }
  if (table_at(context.schema, name).constraint(constraint.definition.name) != nullptr) {
    refuse("42710", "constraint \"{}\" for relation \"{}\" already exists", constraint.definition.name.str(),
           name.name.str());
  }
  if (final_name != index_name) rename_index_to(context, index_name, final_name);
  if (definition.kind == ConstraintKind::PrimaryKey)
    set_key_columns_not_null(context, name, constraint.definition.columns);
  Table& table = edit_table(context, name);
  Index* index = table.index(final_name.name);
  index->constraint = constraint.definition.name;
  index->primary = definition.kind == ConstraintKind::PrimaryKey;
  constraint.index = final_name;
  add_constraint(context.schema, table, std::move(constraint));
}

void define_key(Context& context, const TableName& name, const ConstraintDefinition& definition, bool only) {
  const Table& table = table_at(context.schema, name);
  const bool primary = definition.kind == ConstraintKind::PrimaryKey;
  if (!definition.using_index.empty()) return define_using_index(context, name, definition);
  if (primary && table.primary_key() != nullptr) {
    refuse("42P16", "multiple primary keys for table \"{}\" are not allowed", name.name.str());
  }
  for (const auto* columns : {&definition.columns, &definition.included}) {
    for (const Identifier& column : *columns) {
      if (table.column(column) == nullptr)
        refuse("42703", "column \"{}\" named in key does not exist", column.str());
    }
  }
  for (auto it = definition.columns.begin(); it != definition.columns.end(); ++it) {
    if (std::find(definition.columns.begin(), it, *it) != it) {
      refuse("42701", "column \"{}\" appears twice in {} constraint", it->str(),
             primary ? "primary key" : "unique");
    }
  }
  Index index;
  index.name = ObjectName(definition.name);
  index.unique = true;
  index.nulls_not_distinct = definition.nulls_not_distinct;
  index.included = definition.included;
  for (const Identifier& column : definition.columns) {
    IndexElement element;
    element.column = column;
    index.elements.push_back(std::move(element));
  }
  ConstraintDefinition stored = definition;
  stored.inline_of_column = false;
  create_index(context, name, std::move(index), &stored, only);
  if (primary) set_key_columns_not_null(context, name, definition.columns);
}

void define_exclusion(Context& context, const TableName& name, const ConstraintDefinition& definition) {
  const Table& table = table_at(context.schema, name);
  for (const IndexElement& element : definition.exclusion_elements) {
    if (!element.column.empty() && table.column(element.column) == nullptr) {
      refuse("42703", "column \"{}\" does not exist", element.column.str());
    }
  }
  Index index;
  index.name = ObjectName(definition.name);
  index.method = definition.access_method.empty() ? "btree" : definition.access_method;
  index.elements =
      stored_elements(context.schema, table.columns, index.method, definition.exclusion_elements);
  index.included = definition.included;
  index.predicate = definition.predicate;
  ConstraintDefinition stored = definition;
  stored.exclusion_elements = index.elements;
  stored.access_method = index.method;
  create_index(context, name, std::move(index), &stored, false);
}

}  // namespace

bool same_foreign_key(const ConstraintDefinition& a, const ConstraintDefinition& b) {
  return a.kind == ConstraintKind::ForeignKey && b.kind == ConstraintKind::ForeignKey &&
         a.columns == b.columns && a.references.table == b.references.table &&
         a.references.columns == b.references.columns && a.references.on_delete == b.references.on_delete &&
         a.references.on_update == b.references.on_update && a.references.match == b.references.match &&
         a.deferrable == b.deferrable && a.initially_deferred == b.initially_deferred;
}

std::vector<ConstraintDefinition> ordered_keys(const std::vector<ConstraintDefinition>& keys) {
  std::vector<ConstraintDefinition> out;
  for (const ConstraintDefinition& key : keys) {
    if (key.kind == ConstraintKind::PrimaryKey) out.push_back(key);
  }
  for (const ConstraintDefinition& key : keys) {
    if (key.kind == ConstraintKind::PrimaryKey) continue;
    // transformIndexConstraints drops a key that says what an earlier one says, but keeps its name.
    const auto same = std::find_if(out.begin(), out.end(), [&](const ConstraintDefinition& earlier) {
      return key.kind == ConstraintKind::Unique && earlier.columns == key.columns &&
             earlier.included == key.included && earlier.nulls_not_distinct == key.nulls_not_distinct &&
             earlier.deferrable == key.deferrable && earlier.initially_deferred == key.initially_deferred &&
             earlier.kind != ConstraintKind::Exclusion;
    });
    if (same == out.end()) {
      out.push_back(key);
    } else if (same->name.empty()) {
      same->name = key.name;
    }
  }
  return out;
}

void define_constraint(Context& context, const TableName& table, const ConstraintDefinition& definition,
                       bool with_table, bool only) {
  switch (definition.kind) {
    case ConstraintKind::Check:
      return define_check(context, table, definition, with_table, only);
    case ConstraintKind::ForeignKey:
      return define_foreign_key(context, table, definition, with_table);
    case ConstraintKind::PrimaryKey:
    case ConstraintKind::Unique:
      return define_key(context, table, definition, only);
    case ConstraintKind::Exclusion:
      return define_exclusion(context, table, definition);
    case ConstraintKind::NotNull:
      return set_key_columns_not_null(context, table, definition.columns);
  }
}

void clone_foreign_keys(Context& context, const TableName& parent, const TableName& partition) {
  const SharedList<Constraint> constraints = table_at(context.schema, parent).constraints;
  for (const Constraint& constraint : constraints) {
    if (constraint.definition.kind == ConstraintKind::ForeignKey)
      inherit_foreign_key(context, partition, constraint);
  }
  for (const Schema::Reference& reference : context.schema.references_to(parent)) {
    const Constraint* key = table_at(context.schema, reference.from).constraint(reference.constraint);
    // Only the foreign key as it was written: the copies on partitions of its own table follow it.
    if (key == nullptr || (key->inherited && table_at(context.schema, reference.from).partition_of)) continue;
    const ConstraintDefinition definition = key->definition;
    const Identifier name =
        free_constraint_name(context.schema, reference.from.schema, reference.from.name.str(),
                             joined_names(definition.columns), "fkey");
    edit_table(context, reference.from).hidden_constraints.push_back({name, definition.name, partition});
    count_constraint_name(context.schema, reference.from.schema, name, 1);
    if (table_at(context.schema, partition).partition_by) {
      hide_references_to_partitions(context, reference.from, definition, partition);
    }
  }
}

// ---- operations

void apply(Context& context, const AddForeignKey& op) {
  define_constraint(context, table_named(context.schema, op.table), op.constraint, false, op.only);
}
void apply(Context& context, const AddCheck& op) {
  define_constraint(context, table_named(context.schema, op.table), op.constraint, false, op.only);
}
void apply(Context& context, const AddUnique& op) {
  define_constraint(context, table_named(context.schema, op.table), op.constraint, false, op.only);
}
void apply(Context& context, const AddPrimaryKey& op) {
  define_constraint(context, table_named(context.schema, op.table), op.constraint, false, op.only);
}
void apply(Context& context, const AddExclusion& op) {
  define_constraint(context, table_named(context.schema, op.table), op.constraint, false, op.only);
}

namespace {

const Constraint& constraint_of(const Schema& schema, const TableName& table, const Identifier& name) {
  const Constraint* found = table_at(schema, table).constraint(name);
  if (found == nullptr) {
    refuse("42704", "constraint \"{}\" of relation \"{}\" does not exist", name.str(), table.name.str());
  }
  return *found;
}

}  // namespace

void apply(Context& context, const ValidateConstraint& op) {
  const TableName name = table_named(context.schema, op.table);
  const Constraint& before = constraint_of(context.schema, name, op.constraint);
  if (before.definition.kind != ConstraintKind::ForeignKey &&
      before.definition.kind != ConstraintKind::Check) {
    refuse("42809", "constraint \"{}\" of relation \"{}\" is not a foreign key or check constraint",
           op.constraint.str(), name.name.str());
  }
  const bool follows = before.definition.kind == ConstraintKind::Check && !before.definition.no_inherit;
  for (const TableName& one : with_children(context.schema, name, !follows)) {
    if (Constraint* constraint = edit_table(context, one).constraint(op.constraint))
      constraint->validated = true;
  }
}

void apply(Context& context, const AlterConstraint& op) {
  const TableName name = table_named(context.schema, op.table);
  const Constraint before = constraint_of(context.schema, name, op.constraint);
  if (before.definition.kind != ConstraintKind::ForeignKey) {
    refuse("42809", "constraint \"{}\" of relation \"{}\" is not a foreign key constraint",
           op.constraint.str(), name.name.str());
  }
  for (const TableName& one : with_children(context.schema, name, false)) {
    for (Constraint& constraint : edit_table(context, one).constraints) {
      const bool meant =
          one == name ? constraint.definition.name == op.constraint
                      : constraint.inherited && same_foreign_key(constraint.definition, before.definition);
      if (!meant) continue;
      constraint.definition.deferrable = op.deferrable;
      constraint.definition.initially_deferred = op.initially_deferred;
    }
  }
}

void rename_constraint_of(Context& context, const TableName& table_name_, const Identifier& from,
                          const Identifier& to) {
  Table& table = edit_table(context, table_name_);
  Constraint* constraint = table.constraint(from);
  if (constraint == nullptr) return;
  count_constraint_name(context.schema, table_name_.schema, from, -1);
  count_constraint_name(context.schema, table_name_.schema, to, 1);
  constraint->definition.name = to;
  for (Table::HiddenConstraint& hidden : table.hidden_constraints) {
    if (hidden.of == from) hidden.of = to;
  }
  if (constraint->definition.kind == ConstraintKind::ForeignKey) {
    context.schema.references.erase({constraint->definition.references.table, {table_name_, from}});
    context.schema.references.put({constraint->definition.references.table, {table_name_, to}}, {});
  }
  if (constraint->index.empty()) return;
  const ObjectName old_index = constraint->index;
  const ObjectName new_index(table_name_.schema, to);
  constraint->index = new_index;
  if (Index* index = table.index(old_index.name)) index->constraint = to;
  if (old_index != new_index) rename_index_to(context, old_index, new_index);
}

void apply(Context& context, const RenameConstraint& op) {
  const auto found = find_relation(context.schema, op.table);
  if (found && found->kind != Relation::Table && found->kind != Relation::Sequence) {
    refuse("42704", "constraint \"{}\" for table \"{}\" does not exist", op.from.str(),
           found->name.name.str());
  }
  const TableName name = table_named(context.schema, op.table);
  const Table& table = table_at(context.schema, name);
  forbid_typed(context, table, "rename column of");
  const Constraint* constraint = table.constraint(op.from);
  if (constraint == nullptr) {
    refuse("42704", "constraint \"{}\" for table \"{}\" does not exist", op.from.str(), name.name.str());
  }
  const bool is_check = constraint->definition.kind == ConstraintKind::Check;
  if (is_check && constraint->inherited)
    refuse("42P16", "cannot rename inherited constraint \"{}\"", op.from.str());
  if (!constraint->index.empty()) {
    require_free_relation(context.schema, ObjectName(name.schema, op.to));
  }
  if (table.constraint(op.to) != nullptr) {
    refuse("42710", "constraint \"{}\" for relation \"{}\" already exists", op.to.str(), name.name.str());
  }
  const bool follows = is_check && !constraint->definition.no_inherit;
  for (const TableName& one : with_children(context.schema, name, !follows)) {
    rename_constraint_of(context, one, op.from, op.to);
  }
}

}  // namespace planner::replaying
