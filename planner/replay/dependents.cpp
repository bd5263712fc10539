#include <algorithm>

#include "planner/builtin_types.h"
#include "planner/replay/drop.h"
#include "planner/sql/grouping.h"

namespace planner::replaying {

namespace {

using Kind = Object::Kind;

Object part(Kind kind, const ObjectName& relation, const Identifier& name) {
  return Object{kind, relation, name};
}

/// A constraint stands for its index, too.
Object of_index(const TableName& relation, const Index& index) {
  return index.constraint.empty() ? Object{Kind::Index, index.name, {}}
                                  : part(Kind::Constraint, relation, index.constraint);
}

bool covers(const Index& index, const Identifier& column) {
  return contains(index.included, column) || index.predicate.mentions(column) ||
         std::any_of(index.elements.begin(), index.elements.end(), [&](const IndexElement& element) {
           return element.column == column || element.expression.mentions(column);
         });
}

bool speaks_of(const Constraint& constraint, const Identifier& column) {
  const ConstraintDefinition& definition = constraint.definition;
  return contains(definition.columns, column) || contains(definition.included, column) ||
         definition.expression.mentions(column) || definition.predicate.mentions(column) ||
         std::any_of(definition.exclusion_elements.begin(), definition.exclusion_elements.end(),
                     [&](const IndexElement& element) {
                       return element.column == column || element.expression.mentions(column);
                     });
}

/// An exclusion constraint depends on its plain columns; expressions and predicate are its index's, which
/// does not go without the constraint.
bool only_its_index_uses(const Constraint& constraint, const Identifier& column) {
  const ConstraintDefinition& definition = constraint.definition;
  return definition.kind == ConstraintKind::Exclusion &&
         std::none_of(definition.exclusion_elements.begin(), definition.exclusion_elements.end(),
                      [&](const IndexElement& element) { return element.column == column; });
}

bool same_name(const Schema& schema, const ObjectName& written, const ObjectName& qualified) {
  return written.name == qualified.name &&
         (written.schema.empty() ? schema.resolve_relation(written) == qualified
                                 : written.schema == qualified.schema);
}

bool reads_relation(const Schema& schema, const Expression& expression, const ObjectName& relation) {
  const auto& relations = expression.facts().relations;
  return std::any_of(relations.begin(), relations.end(),
                     [&](const ObjectName& written) { return same_name(schema, written, relation); });
}

// ---- relations

void find_relation_readers(const Schema& schema, const ObjectName& relation, const FoundDependent& found) {
  for (const ObjectName& view : schema.views_reading(relation)) {
    if (view != relation) found({Kind::View, view, {}}, Hold::Normal);
  }
  for (const auto& [name, table] : schema.tables) {
    for (const Policy& policy : table->policies) {
      if (reads_relation(schema, policy.definition.using_expression, relation) ||
          reads_relation(schema, policy.definition.with_check, relation)) {
        found(part(Kind::Policy, name, policy.definition.name), Hold::Normal);
      }
    }
    for (const RewriteRule& rule : table->rules) {
      const auto& mentions = rule.definition.mentions;
      if (name != relation && std::any_of(mentions.begin(), mentions.end(), [&](const ObjectName& written) {
            return same_name(schema, written, relation);
          })) {
        found(part(Kind::Rule, name, rule.definition.name), Hold::Normal);
      }
    }
  }
  for (const auto& [name, view] : schema.views) {
    for (const RewriteRule& rule : view->rules) {
      const auto& mentions = rule.definition.mentions;
      if (name != relation && std::any_of(mentions.begin(), mentions.end(), [&](const ObjectName& written) {
            return same_name(schema, written, relation);
          })) {
        found(part(Kind::Rule, name, rule.definition.name), Hold::Normal);
      }
    }
  }
  for (const auto& [name, overloads] : schema.functions) {
    for (const Function& function : *overloads) {
      if (function.definition.sql_body && reads_relation(schema, function.definition.sql_body, relation)) {
        found(part(Kind::Function, name, signature_of(function)), Hold::Normal);
      }
    }
  }
}

void find_table_dependents(const Schema& schema, const TableName& name, const FoundDependent& found) {
  const Table* table = schema.tables.find(name);
  if (table == nullptr) return;
  for (const Schema::Reference& reference : schema.references_to(name)) {
    if (reference.from != name)
      found(part(Kind::Constraint, reference.from, reference.constraint), Hold::Normal);
  }
  for (const TableName& child : table->children) {
    const Table* below = schema.tables.find(child);
    found({Kind::Table, child, {}}, below != nullptr && below->partition_of ? Hold::Automatic : Hold::Normal);
  }
  for (const ObjectName& sequence : table->owned_sequences)
    found({Kind::Sequence, sequence, {}}, Hold::Automatic);
  find_relation_readers(schema, name, found);
  find_type_users(schema, name, found);
}

void find_column_dependents(const Schema& schema, const TableName& name, const Identifier& column,
                            const FoundDependent& found) {
  const Table* table = schema.tables.find(name);
  if (table == nullptr) return;
  for (const Constraint& constraint : table->constraints) {
    if (speaks_of(constraint, column))
      found(part(Kind::Constraint, name, constraint.definition.name),
            only_its_index_uses(constraint, column) ? Hold::Normal : Hold::Automatic);
  }
  for (const Index& index : table->indexes) {
    if (index.constraint.empty() && covers(index, column)) found(of_index(name, index), Hold::Automatic);
  }
  for (const Schema::Reference& reference : schema.references_to(name)) {
    const Table* from = schema.tables.find(reference.from);
    const Constraint* key = from == nullptr ? nullptr : from->constraint(reference.constraint);
    if (key != nullptr && contains(key->definition.references.columns, column)) {
      found(part(Kind::Constraint, reference.from, reference.constraint), Hold::Normal);
    }
  }
  for (const Column& other : table->columns) {
    if (other.name != column && other.generated.mentions(column)) {
      found(part(Kind::Column, name, other.name), Hold::Normal);
    }
  }
  for (const ObjectName& sequence : table->owned_sequences) {
    const Sequence* owned = schema.sequences.find(sequence);
    if (owned != nullptr && owned->owner_column == column)
      found({Kind::Sequence, sequence, {}}, Hold::Automatic);
  }
  for (const Trigger& trigger : table->triggers) {
    if (contains(trigger.definition.update_columns, column) || trigger.definition.when.mentions(column)) {
      found(part(Kind::Trigger, name, trigger.definition.name), Hold::Normal);
    }
  }
  for (const Policy& policy : table->policies) {
    if (policy.definition.using_expression.mentions(column) ||
        policy.definition.with_check.mentions(column)) {
      found(part(Kind::Policy, name, policy.definition.name), Hold::Normal);
    }
  }
  for (const RewriteRule& rule : table->rules) {
    if (rule.definition.where.mentions(column))
      found(part(Kind::Rule, name, rule.definition.name), Hold::Normal);
  }
  for (const CreateStatistics& statistics : table->statistics) {
    if (contains(statistics.columns, column) ||
        std::any_of(statistics.expressions.begin(), statistics.expressions.end(),
                    [&](const Expression& expression) { return expression.mentions(column); })) {
      found(part(Kind::Statistics, name, statistics.name.name), Hold::Automatic);
    }
  }
  for (const auto& [other_name, other] : schema.tables) {
    for (const Policy& policy : other->policies) {
      if (other_name != name &&
          (reads_in(schema, policy.definition.using_expression, other_name, name, column) ||
           reads_in(schema, policy.definition.with_check, other_name, name, column))) {
        found(part(Kind::Policy, other_name, policy.definition.name), Hold::Normal);
      }
    }
  }
  for (const auto* facts : {&schema.publication_filters, &schema.publication_columns}) {
    for (const auto& [publication, tables] : *facts) {
      const auto named = tables->find(name);
      if (named != tables->end() && contains(named->second, column))
        found(part(Kind::Published, name, publication), Hold::Normal);
    }
  }
  for (const ObjectName& view : schema.views_reading(name, column))
    found({Kind::View, view, {}}, Hold::Normal);
}

/// Foreign keys that lean on a unique index.
void find_leaning_keys(const Schema& schema, const TableName& table, const ObjectName& index,
                       const FoundDependent& found) {
  for (const Schema::Reference& reference : schema.references_to(table)) {
    const Table* from = schema.tables.find(reference.from);
    const Constraint* key = from == nullptr ? nullptr : from->constraint(reference.constraint);
    if (key != nullptr && key->referenced_index == index) {
      found(part(Kind::Constraint, reference.from, reference.constraint), Hold::Normal);
    }
  }
}

void find_index_dependents(const Schema& schema, const TableName& relation, const ObjectName& index,
                           const FoundDependent& found) {
  find_leaning_keys(schema, relation, index, found);
  const Table* table = schema.tables.find(relation);
  if (table == nullptr) return;
  for (const TableName& child : table->children) {
    const Table* below = schema.tables.find(child);
    if (below == nullptr) continue;
    for (const Index& own : below->indexes) {
      if (own.parent == index) found(of_index(child, own), Hold::Automatic);
    }
  }
}

/// Views that use columns beside those they group by: the primary key among these lets them
/// (check_functional_ grouping).
void find_grouped_views(const Schema& schema, const TableName& name, const ConstraintDefinition& key,
                        const FoundDependent& found) {
  for (const ObjectName& view_name : schema.views_reading(name)) {
    for (const GroupedRows& rows : grouped_rows(schema.views.find(view_name)->query)) {
      const bool leans = same_name(schema, rows.relation, name) && !rows.ungrouped.empty() &&
                         std::all_of(key.columns.begin(), key.columns.end(),
                                     [&](const Identifier& column) { return contains(rows.keys, column); });
      if (leans) found({Kind::View, view_name, {}}, Hold::Normal);
    }
  }
}

void find_constraint_dependents(const Schema& schema, const TableName& name,
                                const Identifier& constraint_name, const FoundDependent& found) {
  const Table* table = schema.tables.find(name);
  const Constraint* constraint = table == nullptr ? nullptr : table->constraint(constraint_name);
  if (constraint == nullptr) return;
  if (constraint->definition.kind == ConstraintKind::PrimaryKey)
    find_grouped_views(schema, name, constraint->definition, found);
  if (!constraint->index.empty()) return find_index_dependents(schema, name, constraint->index, found);
  if (constraint->definition.kind != ConstraintKind::ForeignKey || !table->partition_by) return;
  for (const TableName& child : table->children) {
    const Table* below = schema.tables.find(child);
    if (below == nullptr) continue;
    for (const Constraint& own : below->constraints) {
      if (own.inherited && same_foreign_key(own.definition, constraint->definition)) {
        found(part(Kind::Constraint, child, own.definition.name), Hold::Automatic);
      }
    }
  }
}

void find_sequence_users(const Schema& schema, const ObjectName& sequence, const FoundDependent& found) {
  for (const auto& [name, table] : schema.tables) {
    for (const Column& column : table->columns) {
      if (column.default_value.empty()) continue;
      const auto used = nextval_sequence(column.default_value);
      if (used && *used == sequence) found(part(Kind::Default, name, column.name), Hold::Normal);
    }
  }
}

// ---- everything in a schema

template <typename Objects>
void find_inside(const Objects& objects, Kind kind, const Identifier& place, const FoundDependent& found) {
  for (const auto& [name, object] : objects) {
    if (name.schema == place) found({kind, name, {}}, Hold::Normal);
  }
}

void find_schema_contents(const Schema& schema, const Identifier& place, const FoundDependent& found) {
  find_inside(schema.tables, Kind::Table, place, found);
  find_inside(schema.views, Kind::View, place, found);
  find_inside(schema.sequences, Kind::Sequence, place, found);
  find_inside(schema.enums, Kind::Type, place, found);
  find_inside(schema.domains, Kind::Type, place, found);
  find_inside(schema.types, Kind::Type, place, found);
  for (const auto& [name, overloads] : schema.functions) {
    if (name.schema != place) continue;
    for (const Function& function : *overloads) {
      found(part(Kind::Function, name, signature_of(function)), Hold::Normal);
    }
  }
}

// ---- types and functions, wherever they are named

/// Visits every expression of the schema with the object that would go if the expression lost what it needs.
template <typename Visit>
void each_expression(const Schema& schema, const Visit& visit) {
  for (const auto& [name, table] : schema.tables) {
    for (const Column& column : table->columns) {
      if (column.default_value) visit(column.default_value, part(Kind::Default, name, column.name));
      if (column.generated) visit(column.generated, part(Kind::Column, name, column.name));
    }
    for (const Constraint& constraint : table->constraints) {
      if (constraint.definition.expression) {
        visit(constraint.definition.expression, part(Kind::Constraint, name, constraint.definition.name));
      }
    }
    for (const Index& index : table->indexes) {
      for (const IndexElement& element : index.elements) {
        if (element.expression) visit(element.expression, of_index(name, index));
      }
      if (index.predicate) visit(index.predicate, of_index(name, index));
    }
    for (const Policy& policy : table->policies) {
      for (const Expression* expression :
           {&policy.definition.using_expression, &policy.definition.with_check}) {
        if (*expression) visit(*expression, part(Kind::Policy, name, policy.definition.name));
      }
    }
    for (const Trigger& trigger : table->triggers) {
      if (trigger.definition.when)
        visit(trigger.definition.when, part(Kind::Trigger, name, trigger.definition.name));
    }
    for (const CreateStatistics& statistics : table->statistics) {
      for (const Expression& expression : statistics.expressions) {
        visit(expression, part(Kind::Statistics, name, statistics.name.name));
      }
    }
  }
  for (const auto& [name, view] : schema.views) visit(view->query, Object{Kind::View, name, {}});
  for (const auto& [name, domain] : schema.domains) {
    for (const Constraint& check : domain->checks) {
      visit(check.definition.expression, part(Kind::DomainCheck, name, check.definition.name));
    }
  }
  for (const auto& [name, overloads] : schema.functions) {
    for (const Function& function : *overloads) {
      if (function.definition.sql_body)
        visit(function.definition.sql_body, part(Kind::Function, name, signature_of(function)));
    }
  }
}

bool means(const ObjectName& written, const ObjectName& qualified) {
  return written.name == qualified.name && (written.schema.empty() || written.schema == qualified.schema);
}

}  // namespace

void find_type_users(const Schema& schema, const ObjectName& type, const FoundDependent& found) {
  for (const auto& [name, table] : schema.tables) {
    for (const Column& column : table->columns) {
      if (column.type.name == type && name != type)
        found(part(Kind::Column, name, column.name), Hold::Normal);
    }
    if (table->of_type == type) found({Kind::Table, name, {}}, Hold::Normal);
  }
  for (const auto& [name, domain] : schema.domains) {
    if (domain->base.name == type) found({Kind::Type, name, {}}, Hold::Normal);
  }
  for (const auto& [name, other] : schema.types) {
    if (other->range && other->range->subtype.name == type) found({Kind::Type, name, {}}, Hold::Normal);
    for (const Column& attribute : other->attributes) {
      if (attribute.type.name == type) found(part(Kind::Column, name, attribute.name), Hold::Normal);
    }
  }
  for (const auto& [name, overloads] : schema.functions) {
    for (const Function& function : *overloads) {
      const auto& arguments = function.definition.arguments;
      if (function.definition.returns.name == type ||
          std::any_of(arguments.begin(), arguments.end(),
                      [&](const FunctionArgument& argument) { return argument.type.name == type; })) {
        found(part(Kind::Function, name, signature_of(function)), Hold::Normal);
      }
    }
  }
  // A table's row type is hardly ever cast to; looking through every expression on each DROP TABLE is not
  // worth it.
  if (schema.tables.contains(type) || schema.views.contains(type)) return;
  each_expression(schema, [&](const Expression& expression, const Object& holder) {
    const auto& casts = expression.facts().casts_to;
    if (std::any_of(casts.begin(), casts.end(), [&](const ObjectName& cast) { return means(cast, type); })) {
      found(holder, Hold::Normal);
    }
  });
}

void find_function_users(const Schema& schema, const ObjectName& function, const FoundDependent& found) {
  for (const auto& [name, table] : schema.tables) {
    for (const Trigger& trigger : table->triggers) {
      if (trigger.definition.function == function)
        found(part(Kind::Trigger, name, trigger.definition.name), Hold::Normal);
    }
  }
  for (const auto& [name, view] : schema.views) {
    for (const Trigger& trigger : view->triggers) {
      if (trigger.definition.function == function)
        found(part(Kind::Trigger, name, trigger.definition.name), Hold::Normal);
    }
  }
  for (const auto& [name, overloads] : schema.functions) {
    for (const Function& aggregate : *overloads) {
      const auto& options = aggregate.definition.aggregate_options;
      const bool built_on = std::any_of(options.begin(), options.end(), [&](const Option& option) {
        return option.name.ends_with("func") &&
               (option.value == function.name.str() || option.value == quoted(function));
      });
      if (built_on) found(part(Kind::Function, name, signature_of(aggregate)), Hold::Normal);
    }
  }
  each_expression(schema, [&](const Expression& expression, const Object& holder) {
    const auto& calls = expression.facts().functions;
    if (std::any_of(calls.begin(), calls.end(),
                    [&](const FunctionCall& call) { return means(call.name, function); })) {
      found(holder, Hold::Normal);
    }
  });
}

void find_dependents(const Schema& schema, const Object& object, const FoundDependent& found) {
  switch (object.kind) {
    case Kind::Table:
      return find_table_dependents(schema, object.name, found);
    case Kind::Column:
      return find_column_dependents(schema, object.name, object.part, found);
    case Kind::Constraint:
      return find_constraint_dependents(schema, object.name, object.part, found);
    case Kind::Index: {
      const TableName* relation = schema.index_tables.find(object.name);
      if (relation != nullptr) find_index_dependents(schema, *relation, object.name, found);
      return;
    }
    case Kind::Sequence:
      return find_sequence_users(schema, object.name, found);
    case Kind::View: {
      find_relation_readers(schema, object.name, found);
      return find_type_users(schema, object.name, found);
    }
    case Kind::Type: {
      const OtherType* held = schema.types.find(object.name);
      if (held != nullptr && held->range) find_type_users(schema, held->range->multirange, found);
      return find_type_users(schema, object.name, found);
    }
    case Kind::Function: {
      // Calls do not say which overload: only the last one of a name is missed by somebody.
      const std::vector<Function>* overloads = schema.functions.find(object.name);
      if (overloads != nullptr && overloads->size() == 1) find_function_users(schema, object.name, found);
      return;
    }
    case Kind::Schema:
      return find_schema_contents(schema, object.name.name, found);
    case Kind::Extension: {
      for (const auto& [name, type] : schema.types) {
        if (type->extension == object.name.name) {
          found({Kind::Type, name, {}}, Hold::Automatic);
        }
      }
      return;
    }
    default:
      return;
  }
}

}  // namespace planner::replaying
