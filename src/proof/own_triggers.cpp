#include "src/proof/own_triggers.h"

#include <algorithm>

#include "planner/sql/sql.h"
#include "src/database/connection.h"

namespace planner {
namespace {

bool fires_on_update(const Table& table) {
  return std::any_of(table.triggers.begin(), table.triggers.end(), [](const Trigger& trigger) {
    return trigger.definition.for_each_row && trigger.definition.on_update;
  });
}

/// A column to set to itself; empty when every column is generated.
Identifier any_column(const Table& table) {
  for (const Column& column : table.columns) {
    if (column.generated.empty() && !column.identity) return column.name;
  }
  return {};
}

/// Why PostgreSQL, or a trigger, refuses to update rows to what they are; empty: it does not.
std::string refusal(Connection& connection, const Table& table) {
  const Identifier column = any_column(table);
  if (column.empty()) return "";
  connection.exec("BEGIN");
  std::string why;
  try {
    connection.exec(sql("UPDATE {} SET {} = {}", table.name, column, column).str());
  } catch (const DatabaseError& error) {
    why = error.what();
  }
  connection.exec("ROLLBACK");
  return why;
}

bool in_a_key(const Schema& schema, const Table& table, const Identifier& column) {
  const auto holds = [&](const std::vector<Identifier>& columns) {
    return std::find(columns.begin(), columns.end(), column) != columns.end();
  };
  for (const Constraint& constraint : table.constraints) {
    const ConstraintDefinition& definition = constraint.definition;
    if (definition.kind == ConstraintKind::ForeignKey && holds(definition.columns)) return true;
    if (definition.kind == ConstraintKind::Check && definition.expression.mentions(column)) return true;
  }
  for (const Schema::Reference& reference : schema.references_to(table.name)) {
    const Table* from = schema.table(reference.from);
    const Constraint* key = from == nullptr ? nullptr : from->constraint(reference.constraint);
    if (key != nullptr && holds(key->definition.references.columns)) return true;
  }
  return false;
}

}  // namespace

TriggerWrites written_by_triggers(Connection& connection, const Schema& schema) {
  TriggerWrites out;
  for (const auto& [name, table] : schema.tables) {
    const Identifier set = any_column(*table);
    const Constraint* key = table->primary_key();
    if (!fires_on_update(*table) || key == nullptr || set.empty()) continue;
    std::vector<Sql> differs, same;
    for (const Column& column : table->columns)
      differs.push_back(
          sql("coalesce(bool_or(w.{}::text IS DISTINCT FROM n.{}::text), false)", column.name, column.name));
    for (const Identifier& column : key->definition.columns)
      same.push_back(sql("w.{}::text = n.{}::text", column, column));
    connection.exec("BEGIN");
    try {
      const Result result = connection.exec(
          sql("WITH n AS (UPDATE {} SET {} = {} RETURNING *) SELECT {} FROM {} w JOIN n ON {}", name, set,
              set, join(differs, ", "), name, join(same, " AND "))
              .str());
      for (std::size_t i = 0; i < table->columns.size(); ++i) {
        if (result.rows.at(0).at(i) == "t") out[display(name)].insert(table->columns[i].name.str());
      }
    } catch (const DatabaseError&) {
      out.erase(display(name));  // a trigger that refuses: the phases will say so
    }
    connection.exec("ROLLBACK");
  }
  return out;
}

std::vector<std::string> please_triggers(Connection& connection, const Schema& schema) {
  std::vector<std::string> left;
  for (const auto& [name, table] : schema.tables) {
    if (!fires_on_update(*table) || table->partition_of || refusal(connection, *table).empty()) continue;
    std::vector<Sql> other;
    for (const Column& column : table->columns) {
      const bool text = (column.type.is("text") || column.type.is("varchar")) &&
                        column.type.modifiers.empty() && column.type.array_dimensions == 0;
      if (text && column.generated.empty() && !in_a_key(schema, *table, column.name))
        other.push_back(sql("{} = {} || {}", column.name, Literal(name.name.str() + "_"), column.name));
    }
    if (!other.empty()) {
      connection.exec("SET session_replication_role = replica");
      connection.exec(sql("UPDATE {} SET {}", name, join(other, ", ")).str());
      connection.exec("RESET session_replication_role");
    }
    const std::string why = refusal(connection, *table);
    if (!why.empty()) left.push_back(display(name) + ": its own trigger refuses any update: " + why);
  }
  return left;
}

}  // namespace planner
