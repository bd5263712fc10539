#include <algorithm>

#include "rules/about.h"

namespace planner::rules {
namespace {

/// Does the operation mention the label as a constant?
bool mentions(const Operation& operation, const std::string& label) {
  const auto in = [&](const Expression& expression) {
    if (!expression) return false;
    const std::vector<std::string>& constants = expression.facts().string_constants;
    return std::find(constants.begin(), constants.end(), label) != constants.end();
  };
  return std::visit(
      [&](const auto& op) {
        bool found = false;
        if constexpr (requires { op.value.facts(); }) found = found || in(op.value);
        if constexpr (requires { op.default_value.facts(); }) found = found || in(op.default_value);
        if constexpr (requires { op.column.default_value.facts(); })
          found = found || in(op.column.default_value);
        if constexpr (requires { op.statement.facts(); }) found = found || in(op.statement);
        if constexpr (requires { op.query.facts(); }) found = found || in(op.query);
        if constexpr (requires { op.predicate.facts(); }) found = found || in(op.predicate);
        if constexpr (requires { op.constraint.expression.facts(); })
          found = found || in(op.constraint.expression);
        if constexpr (requires { op.where.facts(); }) found = found || in(op.where);
        if constexpr (requires { op.columns.front().default_value.facts(); }) {
          for (const auto& column : op.columns) found = found || in(column.default_value);
        }
        return found;
      },
      operation);
}

/// Does the operation touch something of the enum type: a column of it, or is that not known?
bool concerns(const Operation& operation, const ObjectName& type, const Schema& schema) {
  const auto column_is = [&](const TableName& table_name, const Identifier& column_name) {
    const Table* table = schema.table(table_name);
    const Column* column = table != nullptr ? table->column(column_name) : nullptr;
    return column != nullptr && column->type.name == type;
  };
  const auto any_column = [&](const TableName& table_name) {
    const Table* table = schema.table(table_name);
    return table == nullptr || std::any_of(table->columns.begin(), table->columns.end(),
                                           [&](const Column& column) { return column.type.name == type; });
  };
  if (const auto* set = std::get_if<SetDefault>(&operation)) return column_is(set->table, set->column);
  if (const auto* add = std::get_if<AddColumn>(&operation)) return add->column.type.name == type;
  if (const auto* create = std::get_if<CreateTable>(&operation)) {
    return std::any_of(create->columns.begin(), create->columns.end(),
                       [&](const ColumnDefinition& c) { return c.type.name == type; });
  }
  const ObjectName* target = target_relation(operation);
  return target != nullptr && any_column(*target);
}

/// PostgreSQL 17 and later allow it when the type itself was created in the same transaction.
bool made_here(const MigrationSubject& subject, const ObjectName& type, std::size_t statement) {
  if (subject.settings.effects.server_version < 170000) return false;
  return std::any_of(subject.intentions.begin(), subject.intentions.end(), [&](const Intention& intention) {
    const auto* create = std::get_if<CreateEnum>(&intention.operation);
    const std::size_t made = intention.sources.front().statement;
    if (create == nullptr || create->type != type || made >= statement) return false;
    return std::all_of(subject.deliveries.begin(), subject.deliveries.end(), [&](const Delivered& delivery) {
      const TransactionGroup* group = group_of(delivery, statement);
      return group == nullptr || group == group_of(delivery, made) || group->statements.size() == 1;
    });
  });
}

std::vector<Verdict> check(const MigrationSubject& subject) {
  std::vector<Verdict> verdicts;
  for (std::size_t i = 0; i < subject.intentions.size(); ++i) {
    const auto* added = std::get_if<AddEnumValue>(&subject.intentions[i].operation);
    if (added == nullptr) continue;
    for (std::size_t j = i + 1; j < subject.intentions.size(); ++j) {
      const Intention& user = subject.intentions[j];
      const std::size_t first = subject.intentions[i].sources.front().statement,
                        second = user.sources.front().statement;
      if (!mentions(user.operation, added->label) || !concerns(user.operation, added->type, subject.end))
        continue;
      if (!may_share_transaction(subject.deliveries, first, second)) continue;
      if (made_here(subject, added->type, first)) continue;
      const bool always =
          std::all_of(subject.deliveries.begin(), subject.deliveries.end(), [&](const Delivered& delivery) {
            const TransactionGroup* group = group_of(delivery, first);
            return group != nullptr && group == group_of(delivery, second);
          });
      Verdict verdict;
      verdict.object = display(added->type) + "." + added->label;
      verdict.at = user.sources.front();
      verdict.message =
          "The new value '" + added->label + "' of " + name_of(added->type) +
          " is used in the transaction that adds it: " +
          (always ? "PostgreSQL refuses" : "where the file is sent as one transaction PostgreSQL refuses") +
          " with \"unsafe use of new value\", and the migration fails";
      verdict.help = "Add the value in a migration of its own, before the one that uses it";
      verdicts.push_back(std::move(verdict));
      break;
    }
  }
  return verdicts;
}

}  // namespace

extern const Rule enum_value_used;
const Rule enum_value_used{.id = "enum-value-used",
                           .summary = "A new enum value cannot be used in the transaction that adds it",
                           .severity = Severity::Error,
                           .category = Category::Fails,
                           .recipe = "enum-value",
                           .check_migration = check};

}  // namespace planner::rules
