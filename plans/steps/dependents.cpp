#include "plans/steps/dependents.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "plans/steps/ddl.h"

namespace planner::plans {
namespace {

bool listed(const std::vector<Identifier>& columns, const Identifier& column) {
  return std::find(columns.begin(), columns.end(), column) != columns.end();
}

bool in(const Expression& expression, const Identifier& column) {
  return !expression.empty() && (expression.mentions(column) || expression.facts().whole_row);
}

bool word_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool has_word(std::string_view text, std::string_view word) {
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const bool starts = at == 0 || !word_character(text[at - 1]);
    const bool ends = at + word.size() == text.size() || !word_character(text[at + word.size()]);
    if (starts && ends) return true;
  }
  return false;
}

/// A body in a language the engine does not read: looks for the name anywhere. Too careful rather than too
/// trusting.
bool body_names(const Schema& schema, const ObjectName& function, const Identifier& column) {
  const std::vector<Function>* overloads = schema.functions_named(function);
  if (overloads == nullptr) return false;
  return std::any_of(overloads->begin(), overloads->end(), [&](const Function& candidate) {
    return has_word(candidate.definition.body, column.str()) || in(candidate.definition.sql_body, column);
  });
}

}  // namespace

Dependents dependents_of(const Schema& schema, const Table& table, const Identifier& column) {
  Dependents found;
  for (const Index& index : table.indexes) {
    if (mentions(index, column)) found.indexes.push_back(&index);
  }
  for (const Constraint& constraint : table.constraints) {
    if (mentions(constraint.definition, column)) found.constraints.push_back(&constraint);
  }
  for (const Schema::Reference& reference : schema.references_to(table.name)) {
    const Table* from = schema.table(reference.from);
    const Constraint* key = from == nullptr ? nullptr : from->constraint(reference.constraint);
    if (key != nullptr && listed(key->definition.references.columns, column))
      found.references.push_back(reference);
  }
  found.views = schema.views_reading(table.name, column);
  for (const Trigger& trigger : table.triggers) {
    if (listed(trigger.definition.update_columns, column) || in(trigger.definition.when, column))
      found.triggers.push_back(&trigger);
    if (body_names(schema, trigger.definition.function, column)) found.trigger_bodies.push_back(&trigger);
  }
  for (const Policy& policy : table.policies) {
    if (in(policy.definition.using_expression, column) || in(policy.definition.with_check, column))
      found.policies.push_back(policy.definition.name);
  }
  for (const Column& other : table.columns) {
    if (!(other.name == column) && in(other.generated, column)) found.generated_columns.push_back(other.name);
  }
  for (const CreateStatistics& statistics : table.statistics) {
    const bool in_expression =
        std::any_of(statistics.expressions.begin(), statistics.expressions.end(),
                    [&](const Expression& expression) { return in(expression, column); });
    if (listed(statistics.columns, column) || in_expression) found.statistics.push_back(statistics.name);
  }
  for (const auto& [name, sequence] : schema.sequences) {
    if (sequence->owner_table == table.name && sequence->owner_column == column)
      found.sequences.push_back(sequence.get());
  }
  for (const RewriteRule& rule : table.rules) found.rules.push_back(rule.definition.name);
  if (table.partition_by) {
    found.partition_key = std::any_of(table.partition_by->elements.begin(),
                                      table.partition_by->elements.end(), [&](const IndexElement& element) {
                                        return element.column == column || in(element.expression, column);
                                      });
  }
  return found;
}

std::vector<Identifier> update_triggers(const Table& table, const std::vector<Identifier>& assigned) {
  std::vector<Identifier> fired;
  for (const Trigger& trigger : table.triggers) {
    if (!trigger.definition.on_update || trigger.state == TriggerState::Disable ||
        trigger.state == TriggerState::EnableReplica)
      continue;
    const std::vector<Identifier>& only = trigger.definition.update_columns;
    const bool fires = only.empty() || std::any_of(only.begin(), only.end(), [&](const Identifier& column) {
                         return listed(assigned, column);
                       });
    if (fires) fired.push_back(trigger.definition.name);
  }
  return fired;
}

}  // namespace planner::plans
