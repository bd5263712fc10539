#include <algorithm>

#include "plans/recipes.h"
#include "plans/steps/text.h"

namespace planner::plans {
namespace {

RecipeResult make(const ChangeType& operation, const Intention&, const RecipeContext& context) {
  const Table* table = context.before.table(operation.table);
  const Column* column = table == nullptr ? nullptr : table->column(operation.column);
  if (column == nullptr) return refused("Type of " + said(operation.table, operation.column) + ": the column is not known.", "Check that the history given to planner is complete.");
  if (table->is_new) return harmless("the table is new");
  const Effects effects = effects_of(operation, context.before, context.options.effects);
  for (const Failure& failure : effects.failures) {
    if (!failure.depends_on_data && !failure.only_with_rows) {
      return refused("Type of " + said(operation.table, operation.column) + ": PostgreSQL refuses the change (" + failure.message + ").", "Change or drop first what stands in the way.");
    }
  }
  const bool builds = std::any_of(effects.indexes.begin(), effects.indexes.end(), [](const IndexEffect& index) { return index.work == IndexWork::Built || index.work == IndexWork::Rebuilt; });
  if (effects.rewrites.empty() && effects.scans.empty() && !builds) {
    return harmless("PostgreSQL keeps every stored value, so it is only a note in the catalogue; sessions that prepared a query of the column see one error");
  }
  return refused("Type of " + said(operation.table, operation.column) + " from " + display(column->type) + " to " + display(operation.type) +
                     ": every row is rewritten or read while nobody can use the table.",
                 "Add a column of the new type, copy in batches, deploy code that uses it, then drop the old one.");
}

}  // namespace

const Recipe change_type{.id = "change-type", .summary = "Change a column's type where PostgreSQL keeps the stored values", .make = on<ChangeType, make>};

}  // namespace planner::plans
