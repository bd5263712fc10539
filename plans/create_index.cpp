#include <algorithm>

#include "plans/recipes.h"
#include "plans/steps/build.h"
#include "plans/steps/text.h"

namespace planner::plans {
namespace {

RecipeResult make(const CreateIndex& operation, const Intention&, const RecipeContext& context) {
  const Table* table = context.before.table(operation.table);
  const View* view = context.before.view(operation.table);
  if (table != nullptr && table->is_new) return harmless("the table is new");
  if (operation.concurrently && context.file.statements.size() == 1 && !operation.if_not_exists) {
    return harmless("it is built concurrently and alone in its file");
  }
  if (operation.if_not_exists && !operation.name.empty() && context.before.index({operation.table.schema, operation.name}) != nullptr) {
    return covered("the index is there already");
  }
  if (table != nullptr && (table->kind == RelationKind::PartitionedTable || operation.only)) {
    return refused("Index on the partitioned table " + display(operation.table) + ": PostgreSQL cannot build it concurrently in one statement.",
                   "CREATE INDEX ... ON ONLY the parent, CREATE INDEX CONCURRENTLY on every partition in migrations of their own, then ALTER INDEX ... ATTACH PARTITION.");
  }
  if (table == nullptr && view == nullptr) {
    return refused("Index on " + display(operation.table) + ": the table is not known.", "Check that the history given to planner is complete.");
  }
  const CreateIndex index = named(operation, context);
  if (index.name.empty()) return refused("The index on " + display(operation.table) + " has no name.", "Give it a name.");
  RecipeResult result;
  result.steps = {index_step(index, context)};
  return result;
}

}  // namespace

const Recipe create_index{
    .id = "create-index",
    .summary = "Build an index concurrently, alone in its migration",
    .make = on<CreateIndex, make>,
};

}  // namespace planner::plans
