#include <algorithm>

#include "planner/replay/internal.h"

/// RENAME and SET SCHEMA: what may move where.
namespace planner::replaying {

namespace {

std::string_view word_of(Relation kind) {
  switch (kind) {
    case Relation::Table:
      return "table";
    case Relation::View:
      return "view";
    case Relation::Sequence:
      return "sequence";
    case Relation::Index:
      return "index";
    case Relation::CompositeType:
      return "composite type";
  }
  return "relation";
}

void rename_relation(Context& context, const FoundRelation& found, const Identifier& to) {
  const ObjectName target(found.name.schema, to);
  if (found.name == target) require_free_relation(context.schema, target);
  require_free_relation(context.schema, target);
  switch (found.kind) {
    case Relation::Table:
      require_free_type(context.schema, target);
      return move_table(context, found.name, target);
    case Relation::View:
      require_free_type(context.schema, target);
      return move_view(context, found.name, target);
    case Relation::Sequence:
      return move_sequence(context, found.name, target);
    case Relation::CompositeType:
      return move_type(context, found.name, target);
    case Relation::Index: {
      const Index* index = index_at(context.schema, found.name);
      if (index->constraint.empty()) return rename_index_to(context, found.name, target);
      // The constraint takes the index's name.
      const TableName table = index->table;
      const Identifier constraint = index->constraint;
      if (table_at(context.schema, table).constraint(to) != nullptr) {
        refuse("42710", "constraint \"{}\" for relation \"{}\" already exists", to.str(), table.name.str());
      }
      return rename_constraint_of(context, table, constraint, to);
    }
  }
}

FoundRelation relation_to_rename(const Schema& schema, const ObjectName& written) {
  const auto found = find_relation(schema, written);
  if (!found) {
    if (!written.schema.empty()) require_schema(schema, written.schema);
    refuse("42P01", "relation \"{}\" does not exist", as_written(written));
  }
  return *found;
}

}  // namespace

void apply(Context& context, const RenameTable& op) {
  if (op.if_exists && !find_relation(context.schema, op.table)) return;
  // ALTER TABLE renames any relation but a composite type.
  const FoundRelation found = relation_to_rename(context.schema, op.table);
  if (found.kind == Relation::CompositeType)
    refuse("42809", "\"{}\" is a composite type", op.table.name.str());
  rename_relation(context, found, op.to);
}

void apply(Context& context, const RenameView& op) {
  if (op.if_exists && !find_relation(context.schema, op.view)) return;
  const FoundRelation found = relation_to_rename(context.schema, op.view);
  const View* view = context.schema.views.find(found.name);
  if (view == nullptr || view->materialized != op.materialized) {
    // ALTER SEQUENCE .. RENAME and its like come here only for their own kinds.
    refuse("42809", "\"{}\" is not a {}", op.view.name.str(), op.materialized ? "materialized view" : "view");
  }
  rename_relation(context, found, op.to);
}

void apply(Context& context, const RenameType& op) {
  const ObjectName name = type_named(context.schema, op.type);
  if (context.schema.tables.contains(name) || context.schema.views.contains(name)) {
    refuse("42809", "{} is a table's row type", name.name.str());
  }
  if (op.domain && !context.schema.domains.contains(name))
    refuse("42809", "{} is not a domain", as_written(op.type));
  const ObjectName target(name.schema, op.to);
  if (const OtherType* other = context.schema.types.find(name); other != nullptr && other->kind == 'c') {
    require_free_relation(context.schema, target);
  }
  require_free_type(context.schema, target);
  move_type(context, name, target);
}

namespace {

void rename_in_elements(std::vector<IndexElement>& elements, const Identifier& from, const Identifier& to) {
  for (IndexElement& element : elements) {
    if (element.column == from) element.column = to;
    if (element.expression.mentions(from))
      element.expression = element.expression.with_column_renamed(from, to);
  }
}

void rename_in(Expression& expression, const Identifier& from, const Identifier& to) {
  if (expression.mentions(from)) expression = expression.with_column_renamed(from, to);
}

void rename_in(std::vector<Identifier>& names, const Identifier& from, const Identifier& to) {
  std::replace(names.begin(), names.end(), from, to);
}

/// The column in everything its own table holds.
void rename_own_column(Table& table, const Identifier& from, const Identifier& to) {
  table.column(from)->name = to;
  for (Column& column : table.columns) rename_in(column.generated, from, to);
  for (Constraint& constraint : table.constraints) {
    ConstraintDefinition& definition = constraint.definition;
    rename_in(definition.columns, from, to);
    rename_in(definition.included, from, to);
    rename_in(definition.expression, from, to);
    rename_in(definition.predicate, from, to);
    rename_in(definition.references.on_delete_set_columns, from, to);
    rename_in_elements(definition.exclusion_elements, from, to);
  }
  for (Index& index : table.indexes) {
    rename_in_elements(index.elements, from, to);
    rename_in(index.included, from, to);
    rename_in(index.predicate, from, to);
  }
  for (Trigger& trigger : table.triggers) {
    rename_in(trigger.definition.update_columns, from, to);
    rename_in(trigger.definition.when, from, to);
  }
  for (Policy& policy : table.policies) {
    // Those with sub-queries have been followed already: there the name may be another table's.
    if (!policy.definition.using_expression.facts().has_subquery)
      rename_in(policy.definition.using_expression, from, to);
    if (!policy.definition.with_check.facts().has_subquery) rename_in(policy.definition.with_check, from, to);
  }
  for (RewriteRule& rule : table.rules) rename_in(rule.definition.where, from, to);
  for (CreateStatistics& statistics : table.statistics) {
    rename_in(statistics.columns, from, to);
    for (Expression& expression : statistics.expressions) rename_in(expression, from, to);
  }
  if (table.partition_by) rename_in_elements(table.partition_by->elements, from, to);
}

/// The sub-queries of every table's policies.
void rename_in_policies(Context& context, const TableName& name, const Identifier& from,
                        const Identifier& to) {
  const QueryRename rename{name, {}, from, to};
  std::vector<TableName> tables;
  const auto concerned = [&](const Expression& one) {
    return one.facts().has_subquery && one.mentions(from);
  };
  for (const auto& [table_name, table] : context.schema.tables) {
    for (const Policy& policy : table->policies) {
      if (concerned(policy.definition.using_expression) || concerned(policy.definition.with_check))
        tables.push_back(table_name);
    }
  }
  for (const TableName& one : tables) {
    for (std::size_t i = 0; i < table_at(context.schema, one).policies.size(); ++i) {
      CreatePolicy definition = table_at(context.schema, one).policies[i].definition;
      definition.using_expression = resolved_in(context.schema, definition.using_expression, one, &rename);
      definition.with_check = resolved_in(context.schema, definition.with_check, one, &rename);
      edit_table(context, one).policies[i].definition = std::move(definition);
    }
  }
}

void rename_column_of(Context& context, const TableName& name, const Identifier& from, const Identifier& to) {
  Schema& schema = context.schema;
  // Views first: while they are looked into, the table still has its old column.
  for (const ObjectName& view_name : schema.views_reading(name, from))
    rename_in_view(context, view_name, name, from, to);
  rename_in_policies(context, name, from, to);
  Table& table = edit_table(context, name);
  rename_own_column(table, from, to);
  for (const ObjectName& sequence : table.owned_sequences) {
    Sequence* owned = schema.sequences.edit(sequence);
    if (owned != nullptr && owned->owner_column == from) owned->owner_column = to;
  }
  for (const Schema::Reference& reference : schema.references_to(name)) {
    if (Constraint* key = edit_table(context, reference.from).constraint(reference.constraint)) {
      rename_in(key->definition.references.columns, from, to);
    }
  }
  rename_published_column(schema, name, from, to);
}

/// The names of an index's own columns mean little, but they can be given.
void rename_index_column(Context& context, const ObjectName& name, const RenameColumn& op) {
  Index* index = edit_index(context, name);
  if (index == nullptr) return;
  auto& names = index->column_names;
  const auto column = std::find(names.begin(), names.end(), op.from);
  if (column == names.end()) refuse("42703", "column \"{}\" does not exist", op.from.str());
  if (contains(names, op.to))
    refuse("42701", "column \"{}\" of relation \"{}\" already exists", op.to.str(), name.name.str());
  *column = op.to;
}

}  // namespace

void apply(Context& context, const RenameColumn& op) {
  const FoundRelation found = relation_to_rename(context.schema, op.table);
  if (found.kind == Relation::View) {
    RenameViewColumn view;
    view.view = op.table;
    view.from = op.from;
    view.to = op.to;
    view.materialized = context.schema.views.find(found.name)->materialized;
    return apply(context, view);
  }
  if (found.kind == Relation::CompositeType) {
    AlterCompositeType attribute;
    attribute.type = op.table;
    attribute.change = 'r';
    attribute.attribute.name = op.from;
    attribute.to = op.to;
    return apply(context, attribute);
  }
  if (found.kind == Relation::Index) return rename_index_column(context, found.name, op);
  if (found.kind != Relation::Table) {
    refuse("42809", "cannot rename columns of relation \"{}\"", op.table.name.str());
  }
  forbid_typed(context, table_at(context.schema, found.name), "rename column of");
  const auto tables = with_children(context.schema, found.name, false);
  if (op.only && tables.size() > 1) {
    refuse("42P16", "inherited column \"{}\" must be renamed in child tables too", op.from.str());
  }
  // renameatt_internal goes to the children first.
  for (auto one = tables.rbegin(); one != tables.rend(); ++one) {
    const Table& table = table_at(context.schema, *one);
    if (table.column(op.from) == nullptr) refuse("42703", "column \"{}\" does not exist", op.from.str());
    // It keeps its name where more parents have it than those that are renamed with it.
    const auto above =
        std::count_if(table.inherits.begin(), table.inherits.end(), [&](const TableName& each) {
          const Table* parent = context.schema.tables.find(each);
          return parent != nullptr && parent->column(op.from) != nullptr;
        });
    const auto renamed = *one == found.name
                             ? 0
                             : std::count_if(table.inherits.begin(), table.inherits.end(),
                                             [&](const TableName& each) { return contains(tables, each); });
    if (above > renamed) refuse("42P16", "cannot rename inherited column \"{}\"", op.from.str());
    if (table.column(op.to) != nullptr) {
      refuse("42701", "column \"{}\" of relation \"{}\" already exists", op.to.str(), one->name.str());
    }
  }
  for (const TableName& one : tables) rename_column_of(context, one, op.from, op.to);
}

// ---- SET SCHEMA

void apply(Context& context, const SetSchema& op) {
  Schema& schema = context.schema;
  switch (op.kind) {
    case ObjectKind::Table:
    case ObjectKind::ForeignTable:
    case ObjectKind::View:
    case ObjectKind::MaterializedView:
    case ObjectKind::Sequence:
    case ObjectKind::Index: {
      if (op.if_exists && !find_relation(schema, op.name)) return;
      const FoundRelation found = relation_to_rename(schema, op.name);
      require_schema(schema, op.to);
      if (const Sequence* sequence = schema.sequences.find(found.name);
          sequence != nullptr && sequence->owner_table) {
        refuse("0A000", "cannot move an owned sequence into another schema");
      }
      if (found.name.schema == op.to) return;
      const ObjectName target(op.to, found.name.name);
      if (relation_exists(schema, target)) {
        refuse("42P07", "relation \"{}\" already exists in schema \"{}\"", target.name.str(), op.to.str());
      }
      if (found.kind == Relation::Table) return move_table(context, found.name, target);
      if (found.kind == Relation::View) return move_view(context, found.name, target);
      if (found.kind == Relation::Sequence) return move_sequence(context, found.name, target);
      refuse("42809", "\"{}\" is an {}", found.name.name.str(), word_of(found.kind));
    }
    case ObjectKind::Type:
    case ObjectKind::Domain: {
      const ObjectName name = type_named(schema, op.name);
      require_schema(schema, op.to);
      if (name.schema == op.to) return;
      const ObjectName target(op.to, name.name);
      if (type_exists(schema, target)) {
        refuse("42710", "type \"{}\" already exists in schema \"{}\"", target.name.str(), op.to.str());
      }
      return move_type(context, name, target);
    }
    case ObjectKind::Function:
    case ObjectKind::Procedure:
    case ObjectKind::Aggregate:
    case ObjectKind::Routine: {
      ObjectName name;
      const std::size_t overload =
          overload_named(schema, FunctionSignature{op.name, op.arguments}, name, routine_word(op.kind));
      require_schema(schema, op.to);
      if (name.schema == op.to) return;
      return move_function(context, name, overload, ObjectName(op.to, name.name));
    }
    case ObjectKind::Extension: {
      require_schema(schema, op.to);
      std::vector<ObjectName> types;
      for (const auto& [name, type] : schema.types) {
        if (type->extension == op.name.name) types.push_back(name);
      }
      for (const ObjectName& type : types) move_type(context, type, ObjectName(op.to, type.name));
      return;
    }
    case ObjectKind::Statistics: {
      for (const auto& [name, table] : schema.tables) {
        for (const CreateStatistics& statistics : table->statistics) {
          if (statistics.name.name != op.name.name) continue;
          for (CreateStatistics& edited : schema.tables.edit(name)->statistics) {
            if (edited.name.name == op.name.name) edited.name.schema = op.to;
          }
          return;
        }
      }
      return;
    }
    default:
      return;
  }
}

void apply(Context& context, const RenameSchema& op) {
  Schema& schema = context.schema;
  const std::string* comment = schema.schemas.find(op.schema);
  if (comment == nullptr) refuse("3F000", "schema \"{}\" does not exist", op.schema.str());
  if (schema.schemas.contains(op.to)) refuse("42P06", "schema \"{}\" already exists", op.to.str());
  schema.schemas.put(op.to, std::string(*comment));
  const auto names_in = [&](const auto& objects) {
    std::vector<ObjectName> out;
    for (const auto& [name, object] : objects) {
      if (name.schema == op.schema) out.push_back(name);
    }
    return out;
  };
  for (const ObjectName& name : names_in(schema.tables))
    move_table(context, name, ObjectName(op.to, name.name));
  for (const ObjectName& name : names_in(schema.views))
    move_view(context, name, ObjectName(op.to, name.name));
  for (const ObjectName& name : names_in(schema.sequences))
    move_sequence(context, name, ObjectName(op.to, name.name));
  for (const ObjectName& name : names_in(schema.enums))
    move_type(context, name, ObjectName(op.to, name.name));
  for (const ObjectName& name : names_in(schema.domains))
    move_type(context, name, ObjectName(op.to, name.name));
  for (const ObjectName& name : names_in(schema.types))
    move_type(context, name, ObjectName(op.to, name.name));
  for (const ObjectName& name : names_in(schema.functions)) {
    while (schema.functions.contains(name)) move_function(context, name, 0, ObjectName(op.to, name.name));
  }
  std::vector<TableName> holders;
  for (const auto& [name, table] : schema.tables) {
    if (!table->statistics.empty()) holders.push_back(name);
  }
  for (const TableName& name : holders) {
    for (CreateStatistics& statistics : schema.tables.edit(name)->statistics) {
      if (statistics.name.schema == op.schema) statistics.name.schema = op.to;
    }
  }
  schema.schemas.erase(op.schema);
}

}  // namespace planner::replaying
