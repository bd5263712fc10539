#include <algorithm>

#include "planner/replay/internal.h"
#include "planner/replay/limits.h"
#include "planner/replay/partition.h"
#include "planner/sql/query.h"

namespace planner::replaying {

// ---- storage options

void sort_options(std::vector<Option>& options) {
  std::sort(options.begin(), options.end(), [](const Option& a, const Option& b) { return a.name < b.name; });
}

void apply_options(std::vector<Option>& current, const std::vector<Option>& changes, bool reset) {
  for (const Option& change : changes) {
    std::erase_if(current, [&](const Option& option) { return option.name == change.name; });
    if (!reset) current.push_back({change.name, change.value.empty() ? "true" : change.value});
  }
  sort_options(current);
}

// ---- taking a table out

void forget_table(Schema& schema, const TableName& name) {
  const Table* held = schema.tables.find(name);
  if (held == nullptr) return;
  std::vector<Identifier> constraints;
  for (const Constraint& constraint : held->constraints) constraints.push_back(constraint.definition.name);
  const std::vector<ObjectName> sequences = held->owned_sequences;
  const std::vector<TableName> parents = held->inherits;
  std::vector<ObjectName> indexes;
  for (const Index& index : held->indexes) indexes.push_back(index.name);
  Table& table = *schema.tables.edit(name);
  for (const Identifier& constraint : constraints) remove_constraint(schema, table, constraint);
  for (const ObjectName& index : indexes) schema.index_tables.erase(index);
  for (const ObjectName& sequence : sequences) remove_sequence(schema, sequence);
  for (const TableName& parent : parents) {
    if (Table* above = schema.tables.edit(parent)) erase_value(above->children, name);
  }
  // A partition of a referenced table takes the hidden constraints of its references with it.
  for (const TableName& parent : parents) {
    for (const Schema::Reference& reference : schema.references_to(parent)) {
      Table* from = schema.tables.edit(reference.from);
      if (from == nullptr) continue;
      for (const Table::HiddenConstraint& hidden : from->hidden_constraints) {
        if (hidden.partition == name) count_constraint_name(schema, from->name.schema, hidden.name, -1);
      }
      std::erase_if(from->hidden_constraints,
                    [&](const Table::HiddenConstraint& hidden) { return hidden.partition == name; });
    }
  }
  schema.tables.erase(name);
  unpublish(schema, name);
}

// ---- CREATE TABLE

namespace {

/// Everything a CREATE TABLE needs while it is put together.
struct NewTable {
  Table table;
  std::vector<Constraint> inherited_checks;
  std::vector<ObjectName> sequences;
  struct Like {
    const LikeClause* clause;
    TableName source;
  };
  std::vector<Like> likes;
};

void require_new_column(const Table& table, const Identifier& name) {
  if (table.columns.size() >= kMostColumns)
    refuse("54011", "tables can have at most {} columns", kMostColumns);
  if (table.column(name) != nullptr) refuse("42701", "column \"{}\" specified more than once", name.str());
}

// -- LIKE

void add_like_columns(Context& context, NewTable& made, const LikeClause& like) {
  const auto found = find_relation(context.schema, like.source);
  if (!found) refuse("42P01", "relation \"{}\" does not exist", as_written(like.source));
  if (const View* view = context.schema.views.find(found->name)) {
    for (std::size_t i = 0; i < view->columns.size(); ++i) {
      require_new_column(made.table, view->columns[i]);
      Column column;
      column.name = view->columns[i];
      if (i < view->column_types.size()) column.type = view->column_types[i];
      if (column.type.empty()) made.table.certainty = Certainty::Uncertain;
      column.is_new = context.pending;
      made.table.columns.push_back(std::move(column));
    }
    return;
  }
  const OtherType* composite = context.schema.types.find(found->name);
  const Table* source = context.schema.tables.find(found->name);
  if (source == nullptr && composite == nullptr) {
    refuse("42809", "relation \"{}\" is invalid in LIKE clause", like.source.name.str());
  }
  const std::size_t count = source != nullptr ? source->columns.size() : composite->attributes.size();
  for (std::size_t i = 0; i < count; ++i) {
    const Column& original = source != nullptr ? source->columns[i] : composite->attributes[i];
    require_new_column(made.table, original.name);
    Column column = original;
    column.inherited = false;
    column.local = true;
    column.is_new = context.pending;
    column.statistics_target = -1;
    column.options.clear();
    if (!like.comments) column.comment.clear();
    if (!like.defaults) column.default_value = Expression();
    if (!like.generated) column.generated = Expression();
    if (!like.storage) column.storage.clear();
    if (!like.compression) column.compression.clear();
    column.identity.reset();
    if (like.identity && original.identity && source != nullptr) {
      column.identity = original.identity;
      const Sequence* sequence = nullptr;
      for (const ObjectName& name : source->owned_sequences) {
        const Sequence* one = context.schema.sequences.find(name);
        if (one != nullptr && one->internal && one->owner_column == original.name) sequence = one;
      }
      SequenceOptions options;
      TypeName type = original.type;
      if (sequence != nullptr) {
        type = parse_type("bigint");  // the copied options say no type
        options.start = sequence->start;
        options.increment = sequence->increment;
        options.minimum = sequence->minimum;
        options.maximum = sequence->maximum;
        options.cache = sequence->cache;
        options.cycle = sequence->cycle;
      }
      made.sequences.push_back(create_owned_sequence(context, made.table.name, original.name, type, options,
                                                     true, made.table.persistence));
    }
    made.table.columns.push_back(std::move(column));
  }
  if (source != nullptr) made.likes.push_back({&like, found->name});
}

void add_like_statistics(Context& context, const TableName& name, const Table& source) {
  for (CreateStatistics statistics : source.statistics) {
    statistics.table = name;
    statistics.name = ObjectName();
    statistics.if_not_exists = false;
    apply(context, statistics);
  }
}

void finish_like(Context& context, const TableName& name, const NewTable::Like& like) {
  const Table source = table_at(context.schema, like.source);
  if (like.clause->constraints) {
    for (const Constraint& constraint : source.constraints) {
      if (constraint.definition.kind != ConstraintKind::Check) continue;
      define_constraint(context, name, constraint.definition, true, false);
      if (!like.clause->comments) continue;
      if (Constraint* copy = edit_table(context, name).constraint(constraint.definition.name)) {
        copy->comment = constraint.comment;
      }
    }
  }
  if (like.clause->indexes) {
    for (const Index& original : source.indexes) {
      if (!original.valid) continue;
      Index index = original;
      index.name = ObjectName();
      index.parent = ObjectName();
      index.constraint = Identifier();
      index.clustered = index.replica_identity = false;
      index.bytes.reset();
      if (!like.clause->comments) index.comment.clear();
      const Constraint* constraint =
          original.constraint.empty() ? nullptr : source.constraint(original.constraint);
      create_index(context, name, std::move(index), constraint == nullptr ? nullptr : &constraint->definition,
                   false);
    }
  }
  if (like.clause->statistics) add_like_statistics(context, name, source);
}

// -- INHERITS and PARTITION OF

bool same_default(const Expression& a, const Expression& b) {
  if (a.empty() || b.empty()) return a.empty() && b.empty();
  return same_meaning(a, b);
}

void inherit_columns(Context& context, NewTable& made, const Table& parent, bool is_partition) {
  for (const Column& above : parent.columns) {
    if (Column* own = made.table.column(above.name)) {
      if (own->type != above.type) {
        refuse("42804", "inherited column \"{}\" has a type conflict", above.name.str());
      }
      own->not_null = own->not_null || above.not_null;
      // Two parents with different defaults: the child has to say which (it is refused otherwise).
      if (own->default_value.empty()) own->default_value = above.default_value;
      if (!same_default(own->default_value, above.default_value)) own->default_value = Expression();
      continue;
    }
    Column column = above;
    column.inherited = true;
    column.local = false;
    // From 17 on partitions share their parent's identity; inheriting tables never do.
    if (!is_partition || context.schema.server_version < 170000) column.identity.reset();
    column.comment.clear();
    column.statistics_target = -1;
    column.options.clear();
    column.is_new = context.pending;
    made.table.columns.push_back(std::move(column));
  }
  for (const Constraint& check : parent.constraints) {
    if (check.definition.kind != ConstraintKind::Check || check.definition.no_inherit) continue;
    const bool known =
        std::any_of(made.inherited_checks.begin(), made.inherited_checks.end(),
                    [&](const Constraint& c) { return c.definition.name == check.definition.name; });
    if (known) continue;
    Constraint copy = check;
    copy.inherited = true;
    copy.local = false;
    copy.validated = true;
    copy.comment.clear();
    copy.is_new = context.pending;
    made.inherited_checks.push_back(std::move(copy));
  }
}

/// A column the statement defines itself; one that a parent already brought is merged.
void add_own_column(Context& context, NewTable& made, const ColumnDefinition& definition, bool typed) {
  Column* inherited = made.table.column(definition.name);
  if (typed) {  // PARTITION OF p (column WITH OPTIONS ...) or OF type (column WITH OPTIONS ...)
    if (inherited == nullptr) refuse("42703", "column \"{}\" does not exist", definition.name.str());
  } else if (inherited == nullptr || !inherited->inherited) {
    require_new_column(made.table, definition.name);
    made.table.columns.push_back(make_column(context, made.table.name, definition, made.sequences));
    return;
  }
  ColumnDefinition changed = definition;
  if (typed) changed.type = inherited->type;
  const Column own = make_column(context, made.table.name, changed, made.sequences);
  inherited = made.table.column(definition.name);
  if (own.type != inherited->type)
    refuse("42804", "column \"{}\" has a type conflict", definition.name.str());
  inherited->local = inherited->local || !typed;
  inherited->not_null = inherited->not_null || own.not_null;
  if (definition.default_value || own.default_value) inherited->default_value = own.default_value;
  if (own.identity) inherited->identity = own.identity;
  if (own.generated) inherited->generated = own.generated;
  if (!own.collation.empty()) inherited->collation = own.collation;
  if (!own.storage.empty()) inherited->storage = own.storage;
}

void add_columns(Context& context, NewTable& made, const CreateTable& op) {
  const bool typed = op.partition_of.has_value() || !op.of_type.empty();
  if (!op.of_type.empty()) {
    const ObjectName type = type_named(context.schema, op.of_type);
    const OtherType* composite = context.schema.types.find(type);
    if (!type_exists(context.schema, type))
      refuse("42704", "type \"{}\" does not exist", as_written(op.of_type));
    if (composite == nullptr || composite->kind != 'c')
      refuse("42809", "type {} is not a composite type", as_written(op.of_type));
    for (const Column& attribute : composite->attributes) made.table.columns.push_back(attribute);
    made.table.of_type = type;
  }
  for (const TableName& parent : made.table.inherits) {
    inherit_columns(context, made, table_at(context.schema, parent), op.partition_of.has_value());
  }
  std::size_t at = 0;
  std::size_t next_like = 0;
  const auto likes_at = [&](std::size_t position) {
    while (next_like < op.likes.size() && op.likes[next_like].position <= position) {
      add_like_columns(context, made, op.likes[next_like++]);
    }
  };
  for (const ColumnDefinition& definition : op.columns) {
    likes_at(at++);
    add_own_column(context, made, definition, typed);
  }
  likes_at(op.columns.size());
}

void require_partition_key(const Table& table) {
  for (const IndexElement& element : table.partition_by->elements) {
    if (!element.column.empty() && table.column(element.column) == nullptr) {
      refuse("42703", "column \"{}\" named in partition key does not exist", element.column.str());
    }
  }
}

void add_constraints(Context& context, const TableName& name, const CreateTable& op) {
  std::vector<ConstraintDefinition> checks, keys, foreign_keys;
  const auto sort_in = [&](const ConstraintDefinition& constraint) {
    switch (constraint.kind) {
      case ConstraintKind::Check:
        checks.push_back(constraint);
        break;
      case ConstraintKind::ForeignKey:
        foreign_keys.push_back(constraint);
        break;
      default:
        keys.push_back(constraint);
        break;
    }
  };
  for (const ColumnDefinition& column : op.columns) {
    for (const ConstraintDefinition& constraint : column.constraints) sort_in(constraint);
  }
  for (const ConstraintDefinition& constraint : op.constraints) sort_in(constraint);
  for (const ConstraintDefinition& check : checks) define_constraint(context, name, check, true, false);
  const auto primary = std::count_if(keys.begin(), keys.end(), [](const ConstraintDefinition& key) {
    return key.kind == ConstraintKind::PrimaryKey;
  });
  if (primary > 1) refuse("42P16", "multiple primary keys for table \"{}\" are not allowed", name.name.str());
  for (const ConstraintDefinition& key : ordered_keys(keys))
    define_constraint(context, name, key, true, false);
  for (const ConstraintDefinition& key : foreign_keys) define_constraint(context, name, key, true, false);
}

}  // namespace

void apply(Context& context, const CreateTable& op) {
  const TableName name = new_relation_name(context.schema, op.table, op.persistence);
  if (relation_exists(context.schema, name)) {
    if (op.if_not_exists) return;
    require_free_relation(context.schema, name);
  }
  require_free_type(context.schema, name);
  NewTable made;
  Table& table = made.table;
  table.name = name;
  table.persistence = op.persistence;
  table.is_new = context.pending;
  table.options = op.options;
  apply_options(table.options, op.options, false);
  table.access_method = op.access_method == "heap" ? std::string() : op.access_method;
  table.tablespace = op.tablespace;
  if (!op.foreign_server.empty()) table.kind = RelationKind::ForeignTable;
  if (op.partition_by) {
    table.kind = RelationKind::PartitionedTable;
    table.partition_by = op.partition_by;
    std::transform(table.partition_by->strategy.begin(), table.partition_by->strategy.end(),
                   table.partition_by->strategy.begin(), [](unsigned char c) {
                     return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
                   });
  }
  for (const TableName& written : op.inherits) {
    const TableName parent = table_named(context.schema, written);
    const Table& above = table_at(context.schema, parent);
    if (above.partition_by)
      refuse("42809", "cannot inherit from partitioned table \"{}\"", parent.name.str());
    if (above.partition_of) refuse("42809", "cannot inherit from partition \"{}\"", parent.name.str());
    if (contains(table.inherits, parent))
      refuse("42P07", "relation \"{}\" would be inherited from more than once", parent.name.str());
    table.inherits.push_back(parent);
  }
  if (op.partition_of) {
    const TableName parent = table_named(context.schema, *op.partition_of);
    if (!table_at(context.schema, parent).partition_by) {
      refuse("42P17", "\"{}\" is not partitioned", parent.name.str());
    }
    table.inherits = {parent};
    table.partition_of = parent;
    table.bound = op.bound;
    require_free_bound(context.schema, parent, *op.bound, name);
  }
  try {
    add_columns(context, made, op);
    if (table.partition_by) {
      require_partition_key(table);
      table.partition_by->elements =
          stored_elements(context.schema, table.columns, "btree", std::move(table.partition_by->elements));
    }
    table.owned_sequences = made.sequences;
    const std::vector<TableName> parents = table.inherits;
    context.schema.tables.put(name, std::move(table));
    for (Constraint& check : made.inherited_checks) {
      add_constraint(context.schema, edit_table(context, name), std::move(check));
    }
    for (const NewTable::Like& like : made.likes) finish_like(context, name, like);
    add_constraints(context, name, op);
    for (const TableName& parent : parents) edit_table(context, parent).children.push_back(name);
    if (op.partition_of) adopt_partition(context, parents.front(), name);
  } catch (const Refused&) {
    forget_table(context.schema, name);
    for (const ObjectName& sequence : made.sequences) remove_sequence(context.schema, sequence);
    throw;
  }
}

void apply(Context& context, const CreateTableAs& op) {
  const TableName name = new_relation_name(context.schema, op.table, op.persistence);
  if (relation_exists(context.schema, name)) {
    if (op.if_not_exists) return;
    require_free_relation(context.schema, name);
  }
  require_free_type(context.schema, name);
  View query;
  query.name = name;
  query.query = op.query;
  const std::vector<QueryColumn> columns = look_into(context.schema, query, op.column_names);
  Table table;
  table.name = name;
  table.persistence = op.persistence;
  table.is_new = context.pending;
  for (const QueryColumn& described : columns) {
    Column column;
    column.name = described.name;
    column.type = described.type;
    column.collation = described.collation;
    if (column.type.empty()) table.certainty = Certainty::Uncertain;
    column.is_new = context.pending;
    table.columns.push_back(std::move(column));
  }
  if (query.columns.empty()) table.certainty = Certainty::Uncertain;
  if (table.certainty == Certainty::Uncertain) {
    context.schema.gaps.push("the columns of " + display(name) +
                             " come from a query whose types planner cannot tell");
  }
  context.schema.tables.put(name, std::move(table));
}

// ---- properties of the whole table

void apply(Context& context, const SetTableOptions& op) {
  const auto found = find_relation(context.schema, op.table);
  if (!found) refuse("42P01", "relation \"{}\" does not exist", as_written(op.table));
  if (Table* table = context.schema.tables.edit(found->name)) {
    if (table->kind != RelationKind::ForeignTable) apply_options(table->options, op.options, op.reset);
  } else if (View* view = context.schema.views.edit(found->name)) {
    apply_options(view->options, op.options, op.reset);
  } else if (Index* index = edit_index(context, found->name)) {
    apply_options(index->options, op.options, op.reset);
  }
}

void apply(Context& context, const SetPersistence& op) {
  const auto found = find_relation(context.schema, op.table);
  if (found && found->kind == Relation::Sequence) {
    context.schema.sequences.edit(found->name)->persistence = op.persistence;
    return;
  }
  const TableName name = table_named(context.schema, op.table);
  if (table_at(context.schema, name).persistence == Persistence::Temporary) {
    refuse("42P16", "cannot change logged status of table \"{}\" because it is temporary", name.name.str());
  }
  const std::vector<ObjectName> sequences = table_at(context.schema, name).owned_sequences;
  for (const Constraint& constraint : table_at(context.schema, name).constraints) {
    if (op.persistence != Persistence::Permanent || constraint.definition.kind != ConstraintKind::ForeignKey)
      continue;
    const Table* target = context.schema.tables.find(constraint.definition.references.table);
    if (target != nullptr && target->name != name && target->persistence == Persistence::Unlogged) {
      refuse("42P16", "could not change table \"{}\" to logged because it references unlogged table \"{}\"",
             name.name.str(), target->name.name.str());
    }
  }
  if (op.persistence == Persistence::Unlogged) {
    for (const Schema::Reference& reference : context.schema.references_to(name)) {
      const Table& from = table_at(context.schema, reference.from);
      if (from.name != name && from.persistence == Persistence::Permanent) {
        refuse("42P16", "could not change table \"{}\" to unlogged because it references logged table \"{}\"",
               name.name.str(), from.name.name.str());
      }
    }
  }
  edit_table(context, name).persistence = op.persistence;
  for (const ObjectName& sequence : sequences) {
    if (Sequence* edited = context.schema.sequences.edit(sequence)) edited->persistence = op.persistence;
  }
}

void apply(Context& context, const SetTablespace& op) {
  const auto found = find_relation(context.schema, op.table);
  if (!found) refuse("42P01", "relation \"{}\" does not exist", as_written(op.table));
  const std::string place = op.tablespace.str() == "pg_default" ? std::string() : op.tablespace.str();
  if (Table* table = context.schema.tables.edit(found->name)) table->tablespace = place;
  if (Index* index = edit_index(context, found->name)) index->tablespace = place;
}

void apply(Context& context, const SetAccessMethod& op) {
  edit_table(context, table_named(context.schema, op.table)).access_method =
      op.method == "heap" ? "" : op.method;
}

void apply(Context& context, const SetRowSecurity& op) {
  Table& table = edit_table(context, table_named(context.schema, op.table));
  switch (op.action) {
    case RowSecurity::Enable:
      table.row_security = true;
      break;
    case RowSecurity::Disable:
      table.row_security = false;
      break;
    case RowSecurity::Force:
      table.force_row_security = true;
      break;
    case RowSecurity::NoForce:
      table.force_row_security = false;
      break;
  }
}

}  // namespace planner::replaying
