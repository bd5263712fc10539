#include <algorithm>

#include "planner/sql/data_change.h"
#include "rules/about.h"

namespace planner::rules {
namespace {

bool holds_label(const Expression& expression, const std::string& label) {
  if (!expression) return false;
  const std::vector<std::string>& constants = expression.facts().string_constants;
  return std::find(constants.begin(), constants.end(), label) != constants.end();
}

/// The label as a constant where the enum is meant: the same word may stand for a text.
class LabelUse {
 public:
  LabelUse(const AddEnumValue& added, const Schema& schema)
      : type_(added.type), label_(added.label), schema_(schema) {}

  bool in(const Operation& operation) const {
    return std::visit(
        [&](const auto& op) {
          using Op = std::decay_t<decltype(op)>;
          if constexpr (std::is_same_v<Op, SetDefault>) {
            return holds_label(op.value, label_) && is_of_type(op.table, op.column);
          } else if constexpr (std::is_same_v<Op, AddColumn>) {
            return in_column(op.column);
          } else if constexpr (std::is_same_v<Op, CreateTable>) {
            return std::any_of(op.columns.begin(), op.columns.end(),
                               [&](const ColumnDefinition& column) { return in_column(column); });
          } else if constexpr (std::is_same_v<Op, Update>) {
            return in_update(op);
          } else if constexpr (std::is_same_v<Op, Insert>) {
            return holds_label(op.statement, label_) && fills_the_type(op);
          } else if constexpr (std::is_same_v<Op, CreatePolicy> || std::is_same_v<Op, AlterPolicy>) {
            return in_condition(op.using_expression, {op.table}) || in_condition(op.with_check, {op.table});
          } else if constexpr (std::is_same_v<Op, CreateTrigger>) {
            return in_condition(op.when, {op.table});
          } else if constexpr (requires {
                                 op.table;
                                 op.constraint.expression.facts();
                               }) {
            return in_condition(op.constraint.expression, {op.table});
          } else if constexpr (requires {
                                 op.table;
                                 op.where.facts();
                               }) {
            return in_condition(op.where, {op.table});
          } else if constexpr (requires {
                                 op.table;
                                 op.predicate.facts();
                               }) {
            return in_condition(op.predicate, {op.table});
          } else if constexpr (requires {
                                 op.table;
                                 op.value.facts();
                               }) {
            return in_condition(op.value, {op.table});
          } else if constexpr (requires { op.query.facts(); }) {
            return op.query && in_condition(op.query, op.query.facts().relations);
          } else if constexpr (requires { op.statement.facts(); }) {
            return op.statement && in_condition(op.statement, op.statement.facts().relations);
          }
          return false;
        },
        operation);
  }

 private:
  bool is_type(const TypeName& type) const { return type.name == type_; }

  bool is_of_type(const TableName& table_name, const Identifier& column_name) const {
    const Table* table = schema_.table(schema_.resolve_relation(table_name));
    const Column* column = table != nullptr ? table->column(column_name) : nullptr;
    return column != nullptr && is_type(column->type);
  }

  bool in_column(const ColumnDefinition& column) const {
    return is_type(column.type) && holds_label(column.default_value, label_);
  }

  /// Beside a column of the type, or cast to it. Of what is not a table the columns' types are not known.
  bool in_condition(const Expression& condition, const std::vector<TableName>& relations) const {
    if (!holds_label(condition, label_)) return false;
    const ExpressionFacts& facts = condition.facts();
    if (std::any_of(facts.casts_to.begin(), facts.casts_to.end(),
                    [&](const ObjectName& name) { return name.name == type_.name; }))
      return true;
    return std::any_of(relations.begin(), relations.end(), [&](const TableName& relation) {
      if (schema_.table(schema_.resolve_relation(relation)) == nullptr) return true;
      return std::any_of(facts.columns.begin(), facts.columns.end(),
                         [&](const Identifier& column) { return is_of_type(relation, column); });
    });
  }

  bool in_update(const Update& update) const {
    const std::optional<DataChange> change = data_change(update.statement);
    if (!change || !change->all_named || update.from_other_tables)
      return holds_label(update.statement, label_) && has_column_of_type(update.table);
    for (const auto& [column, value] : change->assignments) {
      if (holds_label(value, label_) &&
          (is_of_type(update.table, column) || in_condition(value, {update.table})))
        return true;
    }
    return in_condition(change->where, {update.table});
  }

  bool fills_the_type(const Insert& insert) const {
    if (insert.columns.empty()) return has_column_of_type(insert.table);
    return std::any_of(insert.columns.begin(), insert.columns.end(),
                       [&](const Identifier& column) { return is_of_type(insert.table, column); });
  }

  bool has_column_of_type(const TableName& table_name) const {
    const Table* table = schema_.table(schema_.resolve_relation(table_name));
    return table == nullptr || std::any_of(table->columns.begin(), table->columns.end(),
                                           [&](const Column& column) { return is_type(column.type); });
  }

  const ObjectName& type_;
  const std::string& label_;
  const Schema& schema_;
};

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
      if (!LabelUse(*added, subject.end).in(user.operation)) continue;
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
