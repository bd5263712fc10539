#include "planner/fill_check.h"

#include <algorithm>

#include "planner/effects/effects.h"

namespace planner {
namespace {

/// The table as it is before or after the migration.
const Table* known_table(const Schema& schema, const ObjectName& name) {
  return schema.table(schema.resolve_relation(name));
}

bool has_column(const Table* table, const Identifier& column) {
  return table != nullptr && table->column(column) != nullptr;
}

/// Why PostgreSQL would not take a constant for the column; empty: it would, or nobody can tell.
std::string not_taken(const Expression& value, const Table& table, const Identifier& column,
                      const Schema& schema, const EffectsSettings& settings) {
  if (!value.facts().is_constant || value.facts().is_null_constant) return "";
  const Effects effects = effects_of(SetDefault{table.name, column, value}, schema, settings);
  for (const Failure& failure : effects.failures) {
    if (!failure.depends_on_data && failure.sqlstate.starts_with("22")) return failure.message;
  }
  return "";
}

std::optional<SplitResult::Problem> problem_of(const SplitOptions::Fill& fill, const Schema& start,
                                               const Schema& end, const EffectsSettings& settings) {
  const Table* before = known_table(start, fill.table);
  const Table* after = known_table(end, fill.table);
  const std::string option = "--fill " + display(fill.table) + "." + fill.column.str();
  if (before == nullptr && after == nullptr)
    return SplitResult::Problem{option + ": there is no table " + display(fill.table) + ".",
                                "Say it as schema.table.column=SQL.",
                                {}};
  if (!has_column(before, fill.column) && !has_column(after, fill.column))
    return SplitResult::Problem{
        option + ": table " + display(fill.table) + " has no column " + fill.column.str() + ".",
        "Names are taken as they are written, without quotes and with their capitals.",
        {}};
  const ExpressionFacts& facts = fill.value.facts();
  if (facts.has_subquery || facts.whole_row) return std::nullopt;
  for (const Identifier& column : facts.columns) {
    if (has_column(before, column) || has_column(after, column)) continue;
    return SplitResult::Problem{
        option + ": " + quoted(column) + " is no column of " + display(fill.table) + ".",
        "A text stands in quotes of its own: --fill \"" + display(fill.table) + "." + fill.column.str() +
            "='" + column.str() + "'\".",
        {}};
  }
  const Schema& schema = has_column(after, fill.column) ? end : start;
  const Table& table = has_column(after, fill.column) ? *after : *before;
  const std::string refusal = not_taken(fill.value, table, fill.column, schema, settings);
  if (refusal.empty()) return std::nullopt;
  return SplitResult::Problem{option + ": PostgreSQL would refuse the value (" + refusal + ").",
                              "Give a value of type " + display(table.column(fill.column)->type) + ".",
                              {}};
}

}  // namespace

std::vector<SplitResult::Problem> problems_of_fills(const std::vector<SplitOptions::Fill>& fills,
                                                    const Schema& start, const Schema& end,
                                                    const EffectsSettings& settings) {
  std::vector<SplitResult::Problem> problems;
  for (const SplitOptions::Fill& fill : fills) {
    if (auto problem = problem_of(fill, start, end, settings)) problems.push_back(std::move(*problem));
  }
  return problems;
}

}  // namespace planner
