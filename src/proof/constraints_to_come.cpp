#include "src/proof/constraints_to_come.h"

#include <algorithm>

namespace planner {

Schema with_constraints_to_come(Schema schema, const ProofInput& input) {
  const auto all_there = [](const Table& table, const std::vector<Identifier>& columns) {
    return std::all_of(columns.begin(), columns.end(),
                       [&](const Identifier& column) { return table.column(column) != nullptr; });
  };
  const auto add_key = [&](Table& table, const std::vector<Identifier>& columns) {
    Index index;
    index.name = ObjectName(table.name.schema, Identifier("planner_to_come"));
    index.table = table.name;
    index.unique = true;
    for (const Identifier& column : columns) {
      IndexElement element;
      element.column = column;
      index.elements.push_back(element);
    }
    table.indexes.push_back(index);
  };
  const auto add = [&](const TableName& name, const ConstraintDefinition& definition) {
    const Table* known = schema.table(name);
    if (known == nullptr || !all_there(*known, definition.columns)) return;
    if (definition.kind == ConstraintKind::Check && !all_there(*known, definition.expression.facts().columns))
      return;
    if (definition.kind == ConstraintKind::ForeignKey) {
      const Table* target = schema.table(definition.references.table);
      if (target == nullptr || !all_there(*target, definition.references.columns)) return;
    }
    Table* table = schema.tables.edit(name);
    if (definition.kind == ConstraintKind::Unique || definition.kind == ConstraintKind::PrimaryKey) {
      if (!definition.columns.empty()) add_key(*table, definition.columns);
      return;
    }
    Constraint constraint;
    constraint.definition = definition;
    constraint.validated = true;
    table->constraints.push_back(constraint);
  };
  for (const Intention& intention : input.intentions) {
    const Operation& operation = intention.operation;
    if (const auto* key = std::get_if<AddForeignKey>(&operation)) add(key->table, key->constraint);
    if (const auto* check = std::get_if<AddCheck>(&operation)) add(check->table, check->constraint);
    if (const auto* unique = std::get_if<AddUnique>(&operation)) add(unique->table, unique->constraint);
    if (const auto* primary = std::get_if<AddPrimaryKey>(&operation))
      add(primary->table, primary->constraint);
    if (const auto* replaced = std::get_if<ReplaceConstraint>(&operation))
      add(replaced->table, replaced->constraint);
    if (const auto* index = std::get_if<CreateIndex>(&operation); index != nullptr && index->unique) {
      std::vector<Identifier> columns;
      for (const IndexElement& element : index->elements) columns.push_back(element.column);
      const Table* known = schema.table(index->table);
      if (known != nullptr && all_there(*known, columns)) add_key(*schema.tables.edit(index->table), columns);
    }
    if (const auto* required = std::get_if<SetNotNull>(&operation)) {
      const bool filled =
          std::any_of(input.fills.begin(), input.fills.end(), [&](const SplitOptions::Fill& fill) {
            return schema.resolve_relation(fill.table) == required->table && fill.column == required->column;
          });
      const Table* known = schema.table(required->table);
      if (filled || intention.evidence || known == nullptr || known->column(required->column) == nullptr)
        continue;
      schema.tables.edit(required->table)->column(required->column)->not_null = true;
    }
  }
  return schema;
}

}  // namespace planner
