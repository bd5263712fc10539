#include <algorithm>

#include "planner/sql/data_change.h"
#include "plans/recipes.h"
#include "plans/steps/backfill.h"
#include "plans/steps/fill.h"
#include "plans/steps/not_null.h"
#include "plans/steps/text.h"

namespace planner::plans {
namespace {

RecipeResult make(const SetNotNull& operation, const Intention&, const RecipeContext& context) {
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
    if (rename != nullptr && rename->table == operation.table && rename->to == operation.column)
      return covered("The rename makes the new column NOT NULL.");
  }
  if (context.before.not_null_proven(*table, operation.column))
    return harmless("a validated CHECK proves it, so the table is not read");
  if (table->kind != RelationKind::Table || !table->children.empty()) {
    return refused("SET NOT NULL on " + said(operation.table, operation.column) +
                       ": the table is partitioned or has children.",
                   "Do it partition by partition: on each, ADD CONSTRAINT ... CHECK (" +
                       quoted(operation.column) +
                       " IS NOT NULL) NOT VALID, VALIDATE CONSTRAINT, then SET NOT NULL on the parent.");
  }

  RecipeResult result;
  const Fill fill = fill_of(context, operation.table, operation.column);
  if (fill.value.empty()) {
    Step enforce = guarded_not_null_step(operation.table, operation.column);
    enforce.recipe = "set-not-null";
    enforce.window = Window::NewRelease;
    enforce.application = "Every running release must give " + said(operation.column) +
                          " a value: a write without one is refused from here on.";
    enforce.prisma = {
        {operation.table.name.str(), "the field of " + said(operation.column) + " becomes required"}};
    result.steps = {enforce};
    result.notes.push_back("No value is known for rows without " + said(operation.table, operation.column) +
                           ": the phase stops with nothing changed if there are any, and the old release may "
                           "write no more NULLs. With --fill " +
                           display(operation.table) + "." + operation.column.str() +
                           "=SQL the database fills them and the old release may go on.");
    return result;
  }
  result.steps = fill_steps(context, operation.table, *column, fill, "set-not-null");
  return result;
}

}  // namespace

const Recipe set_not_null{
    .id = "set-not-null",
    .summary = "Make a column NOT NULL by a CHECK that is validated while everybody works",
    .make = on<SetNotNull, make>,
};

}  // namespace planner::plans
