#include "planner/compose/compose.h"
#include "plans/recipes.h"
#include "plans/steps/keep.h"
#include "plans/steps/locks.h"
#include "plans/steps/text.h"

namespace planner::plans {
namespace {

RecipeResult make(const DropTable& operation, const Intention&, const RecipeContext& context) {
  const Table* table = context.before.table(operation.table);
  if (table == nullptr)
    return operation.if_exists
               ? harmless("the table does not exist")
               : refused("DROP TABLE " + display(operation.table) + ": the table is not known.",
                         "Check that the history given to planner is complete.");
  if (table->is_new) return harmless("the table is new");
  const Effects effects = effects_of(operation, context.before, context.options.effects);
  for (const Failure& failure : effects.failures) {
    if (!failure.depends_on_data && !failure.only_with_rows) {
      return refused(
          "DROP TABLE " + display(operation.table) + ": PostgreSQL refuses it (" + failure.message + ").",
          "Drop what needs the table first, in the same migration.");
    }
  }
  Step drop;
  drop.recipe = "drop-table";
  drop.kind = PhaseKind::Drop;
  drop.window = Window::NewRelease;
  drop.slug = "drop_" + operation.table.name.str();
  drop.title = "drop table " + display(operation.table);
  drop.why =
      "A process of the old release would fail at its next query of the table: this phase is for when none "
      "is left.";
  drop.locks = locks_of(operation, context.before, context.options.effects);
  if (table->partition_of) drop.why += " The partitioned parent is locked with it.";
  drop.statements = {sql("DROP TABLE {}{}{}", operation.if_exists ? sql("IF EXISTS ") : Sql(),
                         operation.table, operation.cascade == Cascade::Cascade ? sql(" CASCADE") : Sql())};
  drop.reversible = false;
  drop.reverse_note =
      "The rows of " + display(operation.table) + " are gone with the table: only a backup has them.";
  drop.application = "The new release notices nothing.";
  drop.prisma = {{operation.table.name.str(), "keep the model with @@ignore until the table is dropped"}};
  drop.provides = {label_gone(operation.table)};
  // Its indexes that the migration drops by themselves go first: with the table they would be gone already.
  if (const Table* start = context.start.table(operation.table)) {
    for (const Index& index : start->indexes) drop.needs.push_back(label_gone(index.name));
  }
  // Foreign keys that point at it go first, where the migration takes them away.
  for (const Schema::Reference& reference : context.start.references_to(operation.table)) {
    if (reference.from != operation.table)
      drop.needs.push_back("gone:" + label_constraint(reference.from, reference.constraint));
  }
  RecipeResult result;
  if (context.options.keep_dropped_data) {
    const KeptTable kept = keep_table(*table, context);
    if (kept.why_not.empty()) {
      drop.title = "put table " + display(operation.table) + " aside, into schema planner";
      drop.statements = kept.statements;
      drop.reverse = kept.back;
      drop.reversible = true;
      drop.reverse_note = "The table comes back with its rows.";
    } else {
      result.notes.push_back("The rows of " + display(operation.table) + " are not kept: " + kept.why_not +
                             ".");
    }
  }
  result.steps = {drop};
  return result;
}

}  // namespace

const Recipe drop_table{.id = "drop-table",
                        .summary = "Drop a table when no process of the old release is left",
                        .make = on<DropTable, make>};

}  // namespace planner::plans
