#include "planner/few_rows.h"

#include <algorithm>

#include "planner/sql/row_reach.h"

namespace planner {
namespace {

bool is_integer(const TypeName& type) { return type.is("int2") || type.is("int4") || type.is("int8"); }

RowKeys keys_of(const Table& table) {
  RowKeys keys;
  for (const Column& column : table.columns) {
    keys.columns.push_back(column.name);
    if (is_integer(column.type)) keys.integers.push_back(column.name);
  }
  // An inheriting table may hold the same key once more.
  if (!table.children.empty() && table.kind != RelationKind::PartitionedTable) return keys;
  for (const Index& index : table.indexes) {
    if (!index.unique || !index.valid || !index.predicate.empty()) continue;
    std::vector<Identifier> columns;
    for (const IndexElement& element : index.elements) columns.push_back(element.column);
    if (std::find(columns.begin(), columns.end(), Identifier()) == columns.end())
      keys.unique.push_back(std::move(columns));
  }
  return keys;
}

}  // namespace

bool few_rows(const Table& table, const Expression& where) {
  const auto known = [&](const ObjectName& name) {
    return name == table.name ? std::optional(keys_of(table)) : std::nullopt;
  };
  return rows_through(where, table.name, known) <= kFewRows;
}

std::vector<RowsChanged> rows_changed(const Schema& schema, const Expression& statement) {
  const auto known = [&](const ObjectName& name) -> std::optional<RowKeys> {
    const Table* table = schema.table(schema.resolve_relation(name));
    return table == nullptr ? std::nullopt : std::optional(keys_of(*table));
  };
  std::vector<RowsChanged> changes;
  for (const RowReach& reach : row_reach(statement, known))
    changes.push_back({schema.resolve_relation(reach.table), reach.at_most <= kFewRows});
  return changes;
}

bool changes_few_rows(const Schema& schema, const Expression& statement) {
  const std::vector<RowsChanged> changes = rows_changed(schema, statement);
  return !changes.empty() && changes.front().few;
}

}  // namespace planner
