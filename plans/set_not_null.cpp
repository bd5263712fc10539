#include <algorithm>

#include "planner/sql/data_change.h"
#include "plans/recipes.h"
#include "plans/steps/backfill.h"
#include "plans/steps/fill.h"
#include "plans/steps/locks.h"
#include "plans/steps/not_null.h"
#include "plans/steps/text.h"

namespace planner::plans {
namespace {

RecipeResult make(const SetNotNull& operation, const Intention& intention, const RecipeContext& context) {
  const Table* table = context.before.table(operation.table);
  const Column* column = table == nullptr ? nullptr : table->column(operation.column);
  if (column == nullptr)
    return refused(
        "SET NOT NULL on " + said(operation.table, operation.column) + ": the column is not known.",
        "Check that the history given to planner is complete.");
  if (table->is_new || column->not_null)
    return harmless(table->is_new ? "the table is new" : "the column is NOT NULL already");
  for (const Intention& other : context.intentions) {
    const auto* rename = std::get_if<RenameColumn>(&other.operation);
    const bool before_it = rename != nullptr && rename->from == operation.column && !other.evidence &&
                           intention.sources.front().statement <= other.sources.front().statement;
    if (rename != nullptr && rename->table == operation.table &&
        (rename->to == operation.column || before_it) &&
        !(!other.evidence && keeps_old_column(*rename, context)))
      return covered("The rename makes the new column NOT NULL.");
  }
  // A proof that the migration itself brings is one only when its own phase has validated it.
  const Table* at_start = context.start.table(operation.table);
  if (context.before.not_null_proven(*table, operation.column) && at_start != nullptr &&
      context.start.not_null_proven(*at_start, operation.column))
    return harmless("a validated CHECK proves it, so the table is not read");
  RecipeResult result;
  const Fill fill = fill_of(context, operation.table, operation.column);
  // The CHECK and its proof go down to every partition by themselves; a trigger that fills does so in
  // partitions only, and the batches need one key over all.
  const bool inherited = table->kind == RelationKind::Table && !table->children.empty();
  const bool keyless = table->kind == RelationKind::PartitionedTable && keyed_backfill(*table).key.empty();
  if (!fill.value.empty() && (inherited || keyless)) {
    return refused(
        "SET NOT NULL on " + said(operation.table, operation.column) + " with values for rows without: " +
            (inherited ? "other tables inherit from it." : "the partitioned table has no unique key."),
        "Fill the rows table by table in migrations of their own, then SET NOT NULL without a value.");
  }
  if (auto ask = alike_where_unique(context, operation.table, operation.column)) return *ask;
  if (fill.value.empty()) {
    Step enforce = guarded_not_null_step(operation.table, operation.column);
    enforce.recipe = "set-not-null";
    enforce.window = Window::NewRelease;
    enforce.application = "Every running release must give " + said(operation.column) +
                          " a value: a write without one is refused from here on.";
    enforce.prisma = {{operation.table.name.str(),
                       "the field of " + said(operation.column) + " becomes required",
                       {operation.column}}};
    enforce.provides = {"required:" + quoted(operation.table) + "." + quoted(operation.column)};
    result.steps = {enforce};
    lock_below(result.steps, operation.table, context);
    result.notes.push_back("No value is known for rows without " + said(operation.table, operation.column) +
                           ": the phase stops with nothing changed if there are any, and the old release may "
                           "write no more NULLs. With --fill " +
                           display(operation.table) + "." + operation.column.str() +
                           "=SQL the database fills them and the old release may go on.");
    return result;
  }
  result.steps = fill_steps(context, operation.table, *column, fill, "set-not-null");
  lock_below(result.steps, operation.table, context);
  return result;
}

}  // namespace

const Recipe set_not_null{
    .id = "set-not-null",
    .summary = "Make a column NOT NULL by a CHECK that is validated while everybody works",
    .make = on<SetNotNull, make>,
};

}  // namespace planner::plans
