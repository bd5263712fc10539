#include <algorithm>

#include "planner/replay/drop.h"
#include "planner/replay/internal.h"
#include "planner/sql/renames.h"

/// One object moves to another name or schema: its name is kept in many places.
namespace planner::replaying {

namespace {

void replace(std::vector<TableName>& names, const TableName& from, const TableName& to) {
  std::replace(names.begin(), names.end(), from, to);
}

/// Views, policies, rules and SQL function bodies that read a relation.
void follow_in_readers(Context& context, const ObjectName& from, const ObjectName& to) {
  Schema& schema = context.schema;
  for (const ObjectName& name : schema.views_reading(from)) move_in_view(context, name, from, to);
  std::vector<std::pair<TableName, std::size_t>> policies;
  std::vector<std::pair<TableName, std::size_t>> rules;
  for (const auto& [name, table] : schema.tables) {
    for (std::size_t i = 0; i < table->policies.size(); ++i) {
      const CreatePolicy& policy = table->policies[i].definition;
      if (contains(policy.using_expression.facts().relations, from) ||
          contains(policy.with_check.facts().relations, from)) {
        policies.emplace_back(name, i);
      }
    }
    for (std::size_t i = 0; i < table->rules.size(); ++i) {
      if (contains(table->rules[i].definition.mentions, from)) rules.emplace_back(name, i);
    }
  }
  for (const auto& [name, i] : policies) {
    CreatePolicy& policy = schema.tables.edit(name)->policies[i].definition;
    policy.using_expression = policy.using_expression.with_table_renamed(from, to);
    policy.with_check = policy.with_check.with_table_renamed(from, to);
  }
  for (const auto& [name, i] : rules)
    replace(schema.tables.edit(name)->rules[i].definition.mentions, from, to);
  std::vector<std::pair<ObjectName, std::size_t>> bodies;
  for (const auto& [name, overloads] : schema.functions) {
    for (std::size_t i = 0; i < overloads->size(); ++i) {
      const Expression& body = (*overloads)[i].definition.sql_body;
      if (body && contains(body.facts().relations, from)) bodies.emplace_back(name, i);
    }
  }
  for (const auto& [name, i] : bodies) {
    Expression& body = (*schema.functions.edit(name))[i].definition.sql_body;
    body = body.with_table_renamed(from, to);
  }
}

void retype(TypeName& type, const ObjectName& from, const ObjectName& to) {
  if (type.name == from) type.name = to;
}

/// Everything that holds a value of the type.
void follow_in_types(Context& context, const ObjectName& from, const ObjectName& to) {
  Schema& schema = context.schema;
  std::vector<Object> users;
  find_type_users(schema, from, [&](const Object& user, Hold) { users.push_back(user); });
  std::sort(users.begin(), users.end());
  users.erase(std::unique(users.begin(), users.end()), users.end());
  for (const Object& user : users) {
    Table* table = schema.tables.edit(user.name);
    switch (user.kind) {
      case Object::Kind::Column:
        if (table != nullptr) {
          if (Column* column = table->column(user.part)) {
            retype(column->type, from, to);
            column->generated = with_type_renamed(column->generated, from, to);
          }
        } else if (OtherType* other = schema.types.edit(user.name)) {
          for (Column& attribute : other->attributes) retype(attribute.type, from, to);
        }
        break;
      case Object::Kind::Table:
        table->of_type = to;
        break;
      case Object::Kind::Default:
        if (Column* column = table->column(user.part)) {
          column->default_value = with_type_renamed(column->default_value, from, to);
        }
        break;
      case Object::Kind::Constraint:
        if (Constraint* constraint = table->constraint(user.part)) {
          constraint->definition.expression = with_type_renamed(constraint->definition.expression, from, to);
        }
        break;
      case Object::Kind::Index:
        if (Index* index = edit_index(context, user.name)) {
          for (IndexElement& element : index->elements)
            element.expression = with_type_renamed(element.expression, from, to);
          index->predicate = with_type_renamed(index->predicate, from, to);
        }
        break;
      case Object::Kind::Policy:
        for (Policy& policy : table->policies) {
          policy.definition.using_expression =
              with_type_renamed(policy.definition.using_expression, from, to);
          policy.definition.with_check = with_type_renamed(policy.definition.with_check, from, to);
        }
        break;
      case Object::Kind::Trigger:
        for (Trigger& trigger : table->triggers) {
          trigger.definition.when = with_type_renamed(trigger.definition.when, from, to);
        }
        break;
      case Object::Kind::View:
        if (View* view = schema.views.edit(user.name)) view->query = with_type_renamed(view->query, from, to);
        break;
      case Object::Kind::Type:
        if (Domain* domain = schema.domains.edit(user.name)) retype(domain->base, from, to);
        if (OtherType* other = schema.types.edit(user.name); other != nullptr && other->range)
          retype(other->range->subtype, from, to);
        break;
      case Object::Kind::Function:
        for (Function& function : *schema.functions.edit(user.name)) {
          retype(function.definition.returns, from, to);
          for (FunctionArgument& argument : function.definition.arguments) retype(argument.type, from, to);
          for (TypeName& type : function.input_types) retype(type, from, to);
        }
        break;
      default:
        break;
    }
  }
}

}  // namespace

void move_table(Context& context, const TableName& from, const TableName& to) {
  Schema& schema = context.schema;
  follow_in_readers(context, from, to);
  follow_in_types(context, from, to);
  Table moved = table_at(schema, from);
  moved.name = to;
  // What the table holds itself.
  const bool other_schema = from.schema != to.schema;
  for (Constraint& constraint : moved.constraints) {
    if (other_schema) {
      count_constraint_name(schema, from.schema, constraint.definition.name, -1);
      count_constraint_name(schema, to.schema, constraint.definition.name, 1);
    }
    if (other_schema && !constraint.index.empty()) constraint.index.schema = to.schema;
    if (constraint.definition.expression) {
      constraint.definition.expression = constraint.definition.expression.with_table_renamed(from, to);
    }
  }
  if (other_schema) {
    for (const Table::HiddenConstraint& hidden : moved.hidden_constraints) {
      count_constraint_name(schema, from.schema, hidden.name, -1);
      count_constraint_name(schema, to.schema, hidden.name, 1);
    }
  }
  std::vector<std::pair<ObjectName, ObjectName>> indexes;
  for (Index& index : moved.indexes) {
    const ObjectName old_name = index.name;
    index.table = to;
    if (other_schema) index.name.schema = to.schema;
    schema.index_tables.erase(old_name);
    schema.index_tables.put(index.name, to);
    if (old_name != index.name) indexes.emplace_back(old_name, index.name);
  }
  for (Trigger& trigger : moved.triggers) trigger.definition.table = to;
  for (Policy& policy : moved.policies) policy.definition.table = to;
  for (RewriteRule& rule : moved.rules) rule.definition.table = to;
  for (CreateStatistics& statistics : moved.statistics) statistics.table = to;
  const std::vector<ObjectName> sequences = moved.owned_sequences;
  const std::vector<TableName> parents = moved.inherits;
  const std::vector<TableName> children = moved.children;
  const SharedList<Constraint> constraints = moved.constraints;
  schema.tables.erase(from);
  schema.tables.put(to, std::move(moved));

  // References of others to it, and its own to others.
  for (const Schema::Reference& reference : schema.references_to(from)) {
    schema.references.erase({from, reference});
    schema.references.put({to, reference}, {});
  }
  for (const Constraint& constraint : constraints) {
    if (constraint.definition.kind != ConstraintKind::ForeignKey) continue;
    const TableName& written = constraint.definition.references.table;
    const TableName& target = written == from ? to : written;
    schema.references.erase({target, {from, constraint.definition.name}});
    schema.references.put({target, {to, constraint.definition.name}}, {});
  }
  for (const Schema::Reference& reference : schema.references_to(to)) {
    Constraint* key = edit_table(context, reference.from).constraint(reference.constraint);
    if (key == nullptr) continue;
    key->definition.references.table = to;
    for (const auto& [old_name, new_name] : indexes) {
      if (key->referenced_index == old_name) key->referenced_index = new_name;
    }
  }
  for (const TableName& parent : parents) {
    replace(edit_table(context, parent).children, from, to);
    for (const Schema::Reference& reference : schema.references_to(parent)) {
      for (Table::HiddenConstraint& hidden : edit_table(context, reference.from).hidden_constraints) {
        if (hidden.partition == from) hidden.partition = to;
      }
    }
  }
  for (const TableName& child : children) {
    Table& below = edit_table(context, child);
    replace(below.inherits, from, to);
    if (below.partition_of == std::optional(from)) below.partition_of = to;
    for (Index& index : below.indexes) {
      for (const auto& [old_name, new_name] : indexes) {
        if (index.parent == old_name) index.parent = new_name;
      }
    }
  }
  for (const ObjectName& sequence : sequences) {
    if (Sequence* edited = schema.sequences.edit(sequence)) edited->owner_table = to;
    // Serial and identity sequences live where their table lives.
    if (other_schema) move_sequence(context, sequence, ObjectName(to.schema, sequence.name));
  }
  rename_published(schema, from, to);
}

void move_view(Context& context, const ObjectName& from, const ObjectName& to) {
  Schema& schema = context.schema;
  follow_in_readers(context, from, to);
  follow_in_types(context, from, to);
  View moved = *schema.views.find(from);
  moved.name = to;
  for (Index& index : moved.indexes) {
    schema.index_tables.erase(index.name);
    index.table = to;
    index.name.schema = to.schema;
    schema.index_tables.put(index.name, to);
  }
  for (Trigger& trigger : moved.triggers) trigger.definition.table = to;
  for (RewriteRule& rule : moved.rules) rule.definition.table = to;
  schema.views.erase(from);
  schema.views.put(to, std::move(moved));
}

void move_sequence(Context& context, const ObjectName& from, const ObjectName& to) {
  Schema& schema = context.schema;
  std::vector<Object> users;
  find_dependents(schema, {Object::Kind::Sequence, from, {}},
                  [&](const Object& user, Hold) { users.push_back(user); });
  Sequence moved = *schema.sequences.find(from);
  moved.name = to;
  if (moved.owner_table) {
    std::vector<ObjectName>& owned = edit_table(context, *moved.owner_table).owned_sequences;
    replace(owned, from, to);
  }
  schema.sequences.erase(from);
  schema.sequences.put(to, std::move(moved));
  for (const Object& user : users) {
    if (Column* column = edit_table(context, user.name).column(user.part))
      column->default_value = nextval_of(to);
  }
}

void move_type(Context& context, const ObjectName& from, const ObjectName& to) {
  Schema& schema = context.schema;
  follow_in_types(context, from, to);
  if (const EnumType* held = schema.enums.find(from)) {
    EnumType moved = *held;
    moved.name = to;
    schema.enums.erase(from);
    schema.enums.put(to, std::move(moved));
  } else if (const Domain* domain = schema.domains.find(from)) {
    Domain moved = *domain;
    moved.name = to;
    for (const Constraint& check : moved.checks) {
      count_constraint_name(schema, from.schema, check.definition.name, -1);
      count_constraint_name(schema, to.schema, check.definition.name, 1);
    }
    schema.domains.erase(from);
    schema.domains.put(to, std::move(moved));
  } else if (const OtherType* other = schema.types.find(from)) {
    OtherType moved = *other;
    moved.name = to;
    if (moved.range) moved.range->type = to;
    schema.types.erase(from);
    schema.types.put(to, std::move(moved));
  } else {
    for (const auto& [name, type] : schema.types) {
      if (!type->range || type->range->multirange != from) continue;
      schema.types.edit(ObjectName(name))->range->multirange = to;
      break;
    }
  }
}

void move_function(Context& context, const ObjectName& from, std::size_t overload, const ObjectName& to) {
  Schema& schema = context.schema;
  std::vector<Function>& overloads = *schema.functions.edit(from);
  Function moved = overloads[overload];
  moved.definition.name = to;
  const bool last = overloads.size() == 1;
  std::vector<Object> users;
  // Calls do not say which overload they mean; with one there is no doubt.
  if (last) find_function_users(schema, from, [&](const Object& user, Hold) { users.push_back(user); });
  overloads.erase(overloads.begin() + static_cast<std::ptrdiff_t>(overload));
  if (last) schema.functions.erase(from);
  if (std::vector<Function>* held = schema.functions.edit(to)) {
    held->push_back(std::move(moved));
  } else {
    schema.functions.put(to, {std::move(moved)});
  }
  const auto renamed = [&](Expression& expression) {
    expression = with_function_renamed(expression, from, to);
  };
  for (const Object& user : users) {
    if (View* view = schema.views.edit(user.name)) {
      if (user.kind == Object::Kind::View) renamed(view->query);
      for (Trigger& trigger : view->triggers) {
        if (trigger.definition.function == from) trigger.definition.function = to;
      }
      continue;
    }
    if (user.kind == Object::Kind::Index) {
      Index& index = *edit_index(context, user.name);
      for (IndexElement& element : index.elements) renamed(element.expression);
      renamed(index.predicate);
      continue;
    }
    if (user.kind == Object::Kind::DomainCheck) {
      for (Constraint& check : schema.domains.edit(user.name)->checks) renamed(check.definition.expression);
      continue;
    }
    if (user.kind == Object::Kind::Function) {
      for (Function& function : *schema.functions.edit(user.name)) renamed(function.definition.sql_body);
      continue;
    }
    Table* table = schema.tables.edit(user.name);
    if (table == nullptr) continue;
    if (Column* column = table->column(user.part)) {
      renamed(column->default_value);
      renamed(column->generated);
    }
    if (Constraint* constraint = table->constraint(user.part)) renamed(constraint->definition.expression);
    for (Trigger& trigger : table->triggers) {
      if (trigger.definition.function == from) trigger.definition.function = to;
      renamed(trigger.definition.when);
    }
    for (Policy& policy : table->policies) {
      renamed(policy.definition.using_expression);
      renamed(policy.definition.with_check);
    }
  }
}

}  // namespace planner::replaying
