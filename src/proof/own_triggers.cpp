#include "src/proof/own_triggers.h"

#include <algorithm>
#include <optional>
#include <utility>

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

/// What can be written into a column of the table: a trigger may look whether there is a real change.
std::vector<std::pair<Identifier, Sql>> changes_of(const Schema& schema, const Table& table) {
  std::vector<std::pair<Identifier, Sql>> out;
  for (const Column& column : table.columns) {
    const bool indexed = std::any_of(table.indexes.begin(), table.indexes.end(), [&](const Index& index) {
      return index.unique && std::any_of(index.elements.begin(), index.elements.end(),
                                         [&](const IndexElement& e) { return e.column == column.name; });
    });
    if (!column.generated.empty() || column.identity || indexed || column.type.array_dimensions > 0 ||
        in_a_key(schema, table, column.name))
      continue;
    if (column.type.is("bool")) out.emplace_back(column.name, sql("NOT {}", column.name));
    if (column.type.is("int4") || column.type.is("int8"))
      out.emplace_back(column.name, sql("{} + 1", column.name));
    if (column.type.is("text") || (column.type.is("varchar") && column.type.modifiers.empty()))
      out.emplace_back(column.name, sql("{} || 'x'", column.name));
  }
  return out;
}

/// Every column of every table as one digest of its values.
using Digests = std::map<TableName, std::map<Identifier, std::string>>;
Digests digests(Connection& connection, const Schema& schema) {
  Digests out;
  for (const auto& [name, table] : schema.tables) {
    std::vector<Sql> parts;
    for (const Column& column : table->columns)
      parts.push_back(
          sql("md5(coalesce(string_agg({}::text, ',' ORDER BY {}::text), ''))", column.name, column.name));
    if (parts.empty()) continue;
    const Result result = connection.exec(sql("SELECT {} FROM {}", join(parts, ", "), name).str());
    for (std::size_t i = 0; i < table->columns.size(); ++i)
      out[name][table->columns[i].name] = result.rows.at(0).at(i).value_or("");
  }
  return out;
}

/// What the statement changes beside the column it is about. Nothing: a value the table does not take, or a
/// trigger that refuses, which the phases will say.
std::optional<TriggerWrites> changed_by(Connection& connection, const Schema& schema, const Sql& update,
                                        const Digests& before,
                                        const std::pair<TableName, Identifier>& about) {
  std::optional<TriggerWrites> out;
  connection.exec("BEGIN");
  try {
    connection.exec(update.str());
    TriggerWrites found;
    for (const auto& [changed, columns] : digests(connection, schema)) {
      for (const auto& [each, digest] : columns) {
        if ((changed != about.first || each != about.second) && before.at(changed).at(each) != digest)
          found[display(changed)].insert(each.str());
      }
    }
    out = std::move(found);
  } catch (const DatabaseError&) {
    out.reset();
  }
  connection.exec("ROLLBACK");
  return out;
}

}  // namespace

TriggerWrites written_by_triggers(Connection& connection, const Schema& schema) {
  TriggerWrites out;
  std::optional<Digests> before;
  for (const auto& [name, table] : schema.tables) {
    if (!fires_on_update(*table) || table->partition_of) continue;
    if (!before) before = digests(connection, schema);
    const auto note = [&](const TriggerWrites& writes) {
      for (const auto& [changed, columns] : writes) out[changed].insert(columns.begin(), columns.end());
    };
    // Set to itself, a column shows also what the trigger makes of that column.
    if (const Identifier column = any_column(*table); !column.empty()) {
      if (const auto writes =
              changed_by(connection, schema, sql("UPDATE {} SET {} = {}", name, column, column), *before, {}))
        note(*writes);
    }
    // What follows from one column alone is no matter of the others; what several changes cause any may.
    std::vector<TriggerWrites> all;
    for (const auto& [column, value] : changes_of(schema, *table)) {
      if (auto writes = changed_by(connection, schema, sql("UPDATE {} SET {} = {}", name, column, value),
                                   *before, {name, column}))
        all.push_back(std::move(*writes));
    }
    std::map<std::pair<std::string, std::string>, std::size_t> times;
    for (const TriggerWrites& writes : all) {
      for (const auto& [changed, columns] : writes) {
        for (const std::string& column : columns) ++times[{changed, column}];
      }
    }
    for (const auto& [column, number] : times) {
      if (number > 1 || all.size() == 1) out[column.first].insert(column.second);
    }
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
