#include "rules/keys.h"

#include <algorithm>

#include "rules/about.h"

namespace planner::rules {

std::vector<ForeignKey> foreign_keys_of(const Operation& operation) {
  std::vector<ForeignKey> keys;
  const auto add = [&](const TableName& table, const ConstraintDefinition& constraint,
                       const std::vector<Identifier>& columns) {
    if (constraint.kind == ConstraintKind::ForeignKey)
      keys.push_back({table, columns, constraint.references});
  };
  if (const auto* foreign = std::get_if<AddForeignKey>(&operation))
    add(foreign->table, foreign->constraint, foreign->constraint.columns);
  if (const auto* create = std::get_if<CreateTable>(&operation)) {
    for (const ConstraintDefinition& constraint : create->constraints)
      add(create->table, constraint, constraint.columns);
  }
  for_each_new_column(operation, [&](const TableName& table, const ColumnDefinition& column) {
    for (const ConstraintDefinition& constraint : column.constraints) add(table, constraint, {column.name});
  });
  return keys;
}

bool name_is_taken(const Effects& effects) {
  return std::any_of(effects.failures.begin(), effects.failures.end(), [](const Failure& failure) {
    return failure.sqlstate == "42710" && !failure.only_with_rows && !failure.depends_on_data;
  });
}

}  // namespace planner::rules
