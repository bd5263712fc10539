#include <algorithm>

#include "planner/builtin_types.h"
#include "planner/replay/internal.h"
#include "planner/sql/query.h"
#include "planner/sql/system_columns.h"

namespace planner::replaying {

// ---- where indexes are

SharedList<Index>* indexes_of(Context& context, const ObjectName& relation) {
  if (Table* table = context.schema.tables.edit(relation)) return &table->indexes;
  if (View* view = context.schema.views.edit(relation)) return &view->indexes;
  return nullptr;
}

const SharedList<Index>* indexes_of(const Schema& schema, const ObjectName& relation) {
  if (const Table* table = schema.tables.find(relation)) return &table->indexes;
  if (const View* view = schema.views.find(relation)) return &view->indexes;
  return nullptr;
}

namespace {

std::optional<std::size_t> place_of(const SharedList<Index>* indexes, const ObjectName& name) {
  for (std::size_t i = 0; indexes != nullptr && i < indexes->size(); ++i) {
    if ((*indexes)[i].name == name) return i;
  }
  return std::nullopt;
}

}  // namespace

const Index* index_at(const Schema& schema, const ObjectName& qualified) {
  const TableName* relation = schema.index_tables.find(qualified);
  if (relation == nullptr) return nullptr;
  const SharedList<Index>* indexes = indexes_of(schema, *relation);
  const auto place = place_of(indexes, qualified);
  return place ? &(*indexes)[*place] : nullptr;
}

Index* edit_index(Context& context, const ObjectName& qualified) {
  const TableName* relation = context.schema.index_tables.find(qualified);
  if (relation == nullptr) return nullptr;
  SharedList<Index>* indexes = indexes_of(context, *relation);
  const auto place = place_of(indexes, qualified);
  return place ? &(*indexes)[*place] : nullptr;
}

// ---- how PostgreSQL stores and names them

std::vector<IndexElement> stored_elements(const Schema& schema, const SharedList<Column>& columns,
                                          std::string_view method, std::vector<IndexElement> elements) {
  for (IndexElement& element : elements) {
    const auto column = std::find_if(columns.begin(), columns.end(),
                                     [&](const Column& one) { return one.name == element.column; });
    element.collation = resolved_collation(element.collation);
    if (element.opclass.schema.str() == "pg_catalog") element.opclass = ObjectName(element.opclass.name);
    if (element.nulls_first && *element.nulls_first == element.descending) element.nulls_first.reset();
    if (column == columns.end()) continue;
    if (element.collation == column->collation) element.collation = ObjectName();
    TypeName type = column->type;
    // A domain has the operator classes of its base type.
    for (const Domain* domain = schema.domains.find(type.name);
         domain != nullptr && type.array_dimensions == 0; domain = schema.domains.find(type.name)) {
      type = domain->base;
    }
    if (element.opclass.schema.empty() && element.opclass.name.str() == default_opclass(method, type)) {
      element.opclass = ObjectName();
    }
  }
  return elements;
}

std::vector<Identifier> index_column_names(const std::vector<IndexElement>& elements,
                                           const std::vector<Identifier>& included) {
  std::vector<Identifier> out;
  const auto add = [&out](const Identifier& wanted) {
    Identifier name = wanted;
    for (int n = 1; contains(out, name); ++n) {
      const std::string number = std::to_string(n);
      name = Identifier(truncated_name(wanted.str(), kMaxNameBytes - number.size()) + number);
    }
    out.push_back(name);
  };
  for (const IndexElement& element : elements) {
    if (!element.column.empty()) {
      add(element.column);
      continue;
    }
    const Identifier label = column_label(element.expression);
    add(label.empty() ? Identifier("expr") : label);
  }
  for (const Identifier& column : included) add(column);
  return out;
}

// ---- making them

namespace {

bool same_elements(const std::vector<IndexElement>& a, const std::vector<IndexElement>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const IndexElement& x, const IndexElement& y) {
    return x.column == y.column && x.collation == y.collation && x.opclass == y.opclass &&
           x.expression.empty() == y.expression.empty() &&
           (x.expression.empty() || same_meaning(x.expression, y.expression));
  });
}

/// CompareIndexInfo of PostgreSQL, as far as replay knows its parts.
bool same_index(const Index& a, const Index& b) {
  return a.unique == b.unique && a.nulls_not_distinct == b.nulls_not_distinct && a.method == b.method &&
         a.included == b.included && same_elements(a.elements, b.elements) &&
         a.predicate.empty() == b.predicate.empty() &&
         (a.predicate.empty() || same_meaning(a.predicate, b.predicate));
}

/// An index of the partition that may become part of the parent's.
const Index* matching_index(const Schema& schema, const Table& partition, const Index& parent,
                            const ConstraintDefinition* constraint) {
  // Before 17 a UNIQUE of the partition serves the parent's PRIMARY KEY as well (measured on 15.20, 16.14
  // and 17.10).
  const bool same_kind = schema.server_version >= 170000;
  for (const Index& index : partition.indexes) {
    if (!index.parent.empty() || !same_index(index, parent)) continue;
    if (constraint == nullptr) return &index;
    const Constraint* own = index.constraint.empty() ? nullptr : partition.constraint(index.constraint);
    if (own != nullptr && (!same_kind || own->definition.kind == constraint->kind)) return &index;
  }
  return nullptr;
}

void attach_index(Context& context, const TableName& partition, const ObjectName& index,
                  const ObjectName& parent) {
  Table& table = edit_table(context, partition);
  Index* attached = table.index(index.name);
  attached->parent = parent;
  if (attached->constraint.empty()) return;
  if (Constraint* constraint = table.constraint(attached->constraint)) {
    constraint->inherited = true;
    constraint->local = false;
  }
}

Identifier generated_index_name(const Context& context, const ObjectName& relation, const Index& index,
                                const ConstraintDefinition* constraint) {
  const Schema& schema = context.schema;
  if (constraint == nullptr) {
    return free_relation_name(schema, relation.schema, relation.name.str(), joined_names(index.column_names),
                              "idx", false);
  }
  switch (constraint->kind) {
    case ConstraintKind::PrimaryKey:
      return free_relation_name(schema, relation.schema, relation.name.str(), "", "pkey", true);
    case ConstraintKind::Exclusion:
      return free_relation_name(schema, relation.schema, relation.name.str(),
                                joined_names(index.column_names), "excl", true);
    default:
      return free_relation_name(schema, relation.schema, relation.name.str(),
                                joined_names(index.column_names), "key", true);
  }
}

void require_partition_columns(const Schema& schema, const Table& table, const Index& index,
                               const ConstraintDefinition* constraint) {
  if (!table.partition_by || (!index.unique && constraint == nullptr)) return;
  if (constraint != nullptr && constraint->kind == ConstraintKind::Exclusion &&
      schema.server_version < 170000) {
    refuse("0A000", "exclusion constraints are not supported on partitioned tables");
  }
  const std::string_view word = constraint == nullptr                            ? "UNIQUE"
                                : constraint->kind == ConstraintKind::PrimaryKey ? "PRIMARY KEY"
                                                                                 : "UNIQUE";
  for (const IndexElement& key : table.partition_by->elements) {
    if (key.column.empty()) {
      refuse("0A000", "unsupported {} constraint with partition key definition", word);
    }
    const bool covered =
        std::any_of(index.elements.begin(), index.elements.end(),
                    [&](const IndexElement& element) { return element.column == key.column; });
    if (!covered)
      refuse("0A000", "unique constraint on partitioned table must include all partitioning columns");
  }
}

/// The parent's index, made anew for a partition under a name of its own.
Index cloned(const Index& parent, const ObjectName& parent_name) {
  Index clone = parent;
  clone.name = ObjectName();
  clone.parent = parent_name;
  clone.constraint = Identifier();
  clone.comment.clear();
  clone.bytes.reset();
  clone.clustered = false;
  clone.replica_identity = false;
  clone.valid = true;
  return clone;
}

}  // namespace

ObjectName create_index(Context& context, const ObjectName& relation, Index index,
                        const ConstraintDefinition* constraint, bool only, bool is_inherited) {
  const Table* before = context.schema.tables.find(relation);
  if (before != nullptr) require_partition_columns(context.schema, *before, index, constraint);
  if (constraint != nullptr && constraint->kind == ConstraintKind::PrimaryKey && before != nullptr &&
      before->primary_key() != nullptr)
    refuse("42P16", "multiple primary keys for table \"{}\" are not allowed", relation.name.str());
  if (index.column_names.empty()) index.column_names = index_column_names(index.elements, index.included);
  if (index.name.name.empty()) {
    index.name = ObjectName(relation.schema, generated_index_name(context, relation, index, constraint));
  } else {
    index.name.schema = relation.schema;
    require_free_relation(context.schema, index.name);
    if (constraint != nullptr && before != nullptr && before->constraint(index.name.name) != nullptr) {
      refuse("42710", "constraint \"{}\" for relation \"{}\" already exists", index.name.name.str(),
             relation.name.str());
    }
  }
  const bool partitioned = before != nullptr && before->partition_by.has_value();
  index.table = relation;
  index.is_new = context.pending;
  if (partitioned && only && !before->children.empty()) index.valid = false;
  if (constraint != nullptr) {
    index.constraint = index.name.name;
    index.primary = constraint->kind == ConstraintKind::PrimaryKey;
    Constraint added;
    added.definition = *constraint;
    added.definition.name = index.name.name;
    added.definition.using_index = Identifier();
    added.definition.not_valid = false;
    added.index = index.name;
    added.inherited = is_inherited;
    added.local = !is_inherited;
    added.is_new = context.pending;
    add_constraint(context.schema, edit_table(context, relation), std::move(added));
  }
  const ObjectName name = index.name;
  context.schema.index_tables.put(name, relation);
  indexes_of(context, relation)->push_back(index);
  if (partitioned && !only) {
    const std::vector<TableName> partitions = table_at(context.schema, relation).children;
    for (const TableName& partition : partitions) {
      const Table& table = table_at(context.schema, partition);
      if (table.kind == RelationKind::ForeignTable) continue;
      if (const Index* match = matching_index(context.schema, table, index, constraint)) {
        attach_index(context, partition, ObjectName(match->name), name);
      } else {
        create_index(context, partition, cloned(index, name), constraint, false, true);
      }
    }
  }
  return name;
}

void ensure_partition_indexes(Context& context, const TableName& parent, const TableName& partition) {
  const SharedList<Index> wanted = table_at(context.schema, parent).indexes;
  if (table_at(context.schema, partition).kind == RelationKind::ForeignTable) return;
  for (const Index& index : wanted) {
    const Constraint* held =
        index.constraint.empty() ? nullptr : table_at(context.schema, parent).constraint(index.constraint);
    const std::optional<ConstraintDefinition> constraint =
        held == nullptr ? std::nullopt : std::optional(held->definition);
    const ConstraintDefinition* definition = constraint ? &*constraint : nullptr;
    if (const Index* match =
            matching_index(context.schema, table_at(context.schema, partition), index, definition)) {
      attach_index(context, partition, ObjectName(match->name), index.name);
    } else {
      create_index(context, partition, cloned(index, index.name), definition, false, true);
    }
  }
}

void remove_index(Schema& schema, const ObjectName& qualified) {
  const TableName* found = schema.index_tables.find(qualified);
  if (found == nullptr) return;
  const TableName relation = *found;
  Context context{schema};
  if (SharedList<Index>* indexes = indexes_of(context, relation)) {
    indexes->erase_if([&](const Index& index) { return index.name == qualified; });
  }
  schema.index_tables.erase(qualified);
}

void rename_index_to(Context& context, const ObjectName& qualified, const ObjectName& to) {
  Index* index = edit_index(context, qualified);
  const TableName relation = index->table;
  const std::vector<TableName> children = context.schema.tables.contains(relation)
                                              ? table_at(context.schema, relation).children
                                              : std::vector<TableName>{};
  index->name = to;
  context.schema.index_tables.erase(qualified);
  context.schema.index_tables.put(to, relation);
  for (const TableName& child : children) {
    for (Index& below : edit_table(context, child).indexes) {
      if (below.parent == qualified) below.parent = to;
    }
  }
  // Foreign keys of other tables remember the index they lean on.
  for (const Schema::Reference& reference : context.schema.references_to(relation)) {
    if (!context.schema.tables.contains(reference.from)) continue;
    Constraint* foreign = edit_table(context, reference.from).constraint(reference.constraint);
    if (foreign != nullptr && foreign->referenced_index == qualified) foreign->referenced_index = to;
  }
}

// ---- operations

namespace {

/// Columns of an index's expressions and predicate must exist; names what does not.
void require_columns(const SharedList<Column>& columns, const Expression& expression) {
  for (const Identifier& name : expression.facts().columns) {
    const bool known =
        std::any_of(columns.begin(), columns.end(), [&](const Column& c) { return c.name == name; });
    if (!known && !expression.facts().has_subquery)
      refuse("42703", "column \"{}\" does not exist", name.str());
  }
}

}  // namespace

void apply(Context& context, const CreateIndex& op) {
  const auto found = find_relation(context.schema, op.table);
  if (!found) {
    if (!op.table.schema.empty()) require_schema(context.schema, op.table.schema);
    refuse("42P01", "relation \"{}\" does not exist", as_written(op.table));
  }
  const Table* table = context.schema.tables.find(found->name);
  const View* view = context.schema.views.find(found->name);
  if (table == nullptr && (view == nullptr || !view->materialized)) {
    refuse("42809", "cannot create index on relation \"{}\"", op.table.name.str());
  }
  if (!op.name.empty()) {
    const ObjectName name(found->name.schema, op.name);
    if (op.if_not_exists && relation_exists(context.schema, name)) return;
    require_free_relation(context.schema, name);
  }
  if (table != nullptr && table->partition_by && op.concurrently) {
    refuse("0A000", "cannot create index on partitioned table \"{}\" concurrently", op.table.name.str());
  }
  static const SharedList<Column> kNone;
  if (table != nullptr) {
    for (const IndexElement& element : op.elements) {
      if (is_system_column(element.column))
        refuse("0A000", "index creation on system columns is not supported");
      if (!element.column.empty() && table->column(element.column) == nullptr) {
        refuse("42703", "column \"{}\" does not exist", element.column.str());
      }
      if (const Column* column = table->column(element.column))
        require_collatable(context.schema, column->type, element.collation);
      require_columns(table->columns, element.expression);
    }
    for (const Identifier& column : op.included) {
      if (table->column(column) == nullptr) refuse("42703", "column \"{}\" does not exist", column.str());
    }
    require_columns(table->columns, op.predicate);
  }
  Index index;
  index.name = ObjectName(op.name);
  index.method = op.method;
  // DefineIndex names the columns before it looks at collations and operator classes.
  index.elements =
      stored_elements(context.schema, table == nullptr ? kNone : table->columns, op.method, op.elements);
  index.included = op.included;
  index.predicate = op.predicate;
  index.options = op.options;
  sort_options(index.options);
  index.unique = op.unique;
  index.nulls_not_distinct = op.nulls_not_distinct;
  index.tablespace = op.tablespace;
  create_index(context, found->name, std::move(index), nullptr, op.only);
}

void apply(Context& context, const AttachIndexPartition& op) {
  const auto parent = find_relation(context.schema, op.index);
  const auto part = find_relation(context.schema, op.partition);
  if (!parent) refuse("42P01", "relation \"{}\" does not exist", as_written(op.index));
  if (!part) refuse("42P01", "relation \"{}\" does not exist", as_written(op.partition));
  const Index* above = index_at(context.schema, parent->name);
  const Index* below = index_at(context.schema, part->name);
  if (above == nullptr) refuse("42809", "\"{}\" is not an index", op.index.name.str());
  if (below == nullptr) refuse("42809", "\"{}\" is not an index", op.partition.name.str());
  if (below->parent == parent->name) return;
  const auto cannot = [&] {
    refuse("42P17", "cannot attach index \"{}\" as a partition of index \"{}\"", part->name.name.str(),
           parent->name.name.str());
  };
  const Table* partition = context.schema.tables.find(below->table);
  if (partition == nullptr || partition->partition_of != std::optional(above->table)) cannot();
  if (!same_index(*above, *below)) cannot();
  if (!above->constraint.empty() && below->constraint.empty()) cannot();
  const TableName parent_table = above->table;
  attach_index(context, below->table, part->name, parent->name);
  // The parent's index is valid once every partition has its part.
  const std::vector<TableName> children = table_at(context.schema, parent_table).children;
  const bool complete = std::all_of(children.begin(), children.end(), [&](const TableName& child) {
    const auto& indexes = table_at(context.schema, child).indexes;
    return std::any_of(indexes.begin(), indexes.end(),
                       [&](const Index& index) { return index.parent == parent->name && index.valid; });
  });
  if (complete) edit_index(context, parent->name)->valid = true;
}

void apply(Context& context, const RenameIndex& op) {
  const auto found = find_relation(context.schema, op.index);
  if (!found) {
    if (op.if_exists) return;
    refuse("42P01", "relation \"{}\" does not exist", as_written(op.index));
  }
  RenameTable rename;  // ALTER INDEX renames any relation
  rename.table = op.index;
  rename.to = op.to;
  apply(context, rename);
}

void apply(Context& context, const ClusterOn& op) {
  const auto found = find_relation(context.schema, op.table);
  if (!found) refuse("42P01", "relation \"{}\" does not exist", as_written(op.table));
  SharedList<Index>* indexes = indexes_of(context, found->name);
  if (indexes == nullptr) refuse("42809", "\"{}\" is not a table", op.table.name.str());
  const ObjectName wanted(found->name.schema, op.index);
  const auto place = op.index.empty() ? std::nullopt : place_of(indexes, wanted);
  if (!op.index.empty() && !place) {
    refuse("42704", "index \"{}\" for table \"{}\" does not exist", op.index.str(), op.table.name.str());
  }
  if (place) {
    const Index* index = &std::as_const(*indexes)[*place];
    if (index->method != "btree" && index->method != "gist") {
      refuse("0A000", "cannot cluster on index \"{}\" because access method does not support clustering",
             op.index.str());
    }
    if (!index->predicate.empty()) refuse("0A000", "cannot cluster on partial index \"{}\"", op.index.str());
    if (!index->valid) refuse("0A000", "cannot cluster on invalid index \"{}\"", op.index.str());
  }
  for (Index& index : *indexes) index.clustered = !op.index.empty() && index.name == wanted;
}

void apply(Context& context, const Cluster& op) {
  if (op.table.empty() || op.index.empty()) return;
  apply(context, ClusterOn{op.table, op.index});
}

void apply(Context& context, const SetReplicaIdentity& op) {
  const auto found = find_relation(context.schema, op.table);
  const View* view = found ? context.schema.views.find(found->name) : nullptr;
  if (view != nullptr && view->materialized) {  // it has one, and nothing is made of it
    if (op.identity == 'i' && !place_of(&view->indexes, ObjectName(found->name.schema, op.index)))
      refuse("42704", "index \"{}\" for table \"{}\" does not exist", op.index.str(), found->name.name.str());
    return;
  }
  const TableName name = table_named(context.schema, op.table);
  Table& table = edit_table(context, name);
  if (op.identity == 'i' && table.index(op.index) == nullptr) {
    refuse("42704", "index \"{}\" for table \"{}\" does not exist", op.index.str(), name.name.str());
  }
  table.replica_identity = op.identity;
  for (Index& index : table.indexes)
    index.replica_identity = op.identity == 'i' && index.name.name == op.index;
}

}  // namespace planner::replaying
