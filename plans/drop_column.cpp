#include <algorithm>

#include "planner/compose/compose.h"
#include "planner/compose/prisma_schema.h"
#include "plans/recipes.h"
#include "plans/steps/dependents.h"
#include "plans/steps/fill.h"
#include "plans/steps/keep.h"
#include "plans/steps/locks.h"
#include "plans/steps/not_null.h"
#include "plans/steps/text.h"

namespace planner::plans {
namespace {

/// Until the drop the new release writes rows without the column.
std::optional<Step> relax_step(const Table& table, const Column& column, const RecipeContext& context) {
  if (!column.not_null || !column.default_value.empty() || column.identity || !column.generated.empty())
    return std::nullopt;
  const Constraint* key = table.primary_key();
  if (key != nullptr && std::find(key->definition.columns.begin(), key->definition.columns.end(),
                                  column.name) != key->definition.columns.end())
    return std::nullopt;
  Step step;
  step.kind = PhaseKind::Add;
  step.window = Window::BothReleases;
  step.slug = "relax_" + column.name.str();
  step.locks = {{table.name, LockMode::AccessExclusive, std::string(kMoment)}};
  step.why = "The new release does not know the column any more, so its INSERTs leave it out.";
  ReverseStep back;
  const Fill fill = fill_of(context, table.name, column.name);
  if (!fill.value.empty()) {
    step.title = "give " + said(column.name) + " of " + display(table.name) + " a default";
    step.statements = {
        sql("ALTER TABLE {} ALTER COLUMN {} SET DEFAULT {}", table.name, column.name, fill.value.text())};
    back.locks = step.locks;
    back.statements = {sql("ALTER TABLE {} ALTER COLUMN {} DROP DEFAULT", table.name, column.name)};
    step.application =
        "Rows of the new release get (" + fill.value.text().str() + ") there, which the old release reads.";
  } else {
    step.title = "let " + said(column.name) + " of " + display(table.name) + " be NULL";
    step.statements = {sql("ALTER TABLE {} ALTER COLUMN {} DROP NOT NULL", table.name, column.name)};
    back.shape = Shape::Committing;
    back.statements = guarded_not_null_step(table.name, column.name).statements;
    step.reverse_note = "It needs a value in every row: give one to the rows the new release wrote.";
    step.application =
        "The old release may read NULL there in rows of the new one; should it not bear that, split again "
        "with --fill " +
        display(table.name) + "." + column.name.str() + "=SQL for a default instead.";
  }
  step.reverse = {back};
  step.prisma = {{table.name.name.str(),
                  "keep `" + prisma_field(column.name, column.type, fill.value.empty()) +
                      " @ignore` until the column is dropped",
                  {column.name}}};
  return step;
}

RecipeResult make(const DropColumn& operation, const Intention&, const RecipeContext& context) {
  const Table* table = context.before.table(operation.table);
  if (table == nullptr)
    return refused("DROP COLUMN " + said(operation.table, operation.column) + ": the table is not known.",
                   "Check that the history given to planner is complete.");
  if (table->is_new) return harmless("the table is new");
  const Column* column = table->column(operation.column);
  if (column == nullptr)
    return operation.if_exists ? covered("the column does not exist")
                               : refused("DROP COLUMN " + said(operation.table, operation.column) +
                                             ": there is no such column.",
                                         "Correct the name.");
  if (column->is_new) return harmless("the column is new");
  const Effects effects = effects_of(operation, context.before, context.options.effects);
  for (const Failure& failure : effects.failures) {
    if (!failure.depends_on_data && !failure.only_with_rows) {
      return refused("DROP COLUMN " + said(operation.table, operation.column) + ": PostgreSQL refuses it (" +
                         failure.message + ").",
                     "Drop or change what needs the column first, in the same migration.");
    }
  }
  RecipeResult result;
  if (std::optional<Step> relax = relax_step(*table, *column, context)) result.steps.push_back(*relax);

  Step drop;
  drop.kind = PhaseKind::Drop;
  drop.window = Window::NewRelease;
  drop.slug = "drop_" + operation.column.str();
  drop.title = "drop " + said(operation.column) + " of " + display(operation.table);
  drop.why =
      "A process of the old release would fail at its next query of the table, even one that does not use "
      "the column: this phase is for when none is left.";
  drop.locks = locks_of(operation, context.before, context.options.effects);
  const Sql cascade = operation.cascade == Cascade::Cascade ? sql(" CASCADE") : Sql();
  drop.statements = {sql("ALTER TABLE {} DROP COLUMN {}{}{}", operation.table,
                         operation.if_exists ? sql("IF EXISTS ") : Sql(), operation.column, cascade)};
  drop.reversible = false;
  drop.reverse_note = "The values of " + said(operation.table, operation.column) +
                      " are gone with the column: only a backup has them.";
  drop.application = "The new release notices nothing.";
  drop.prisma = {{operation.table.name.str(),
                  "remove the ignored field of " + said(operation.column),
                  {operation.column}}};
  drop.provides.push_back("gone:column:" + quoted(operation.table) + "." + quoted(operation.column));
  const Table* at_start = context.start.table(operation.table);
  const Dependents dependents = dependents_of(at_start == nullptr ? context.before : context.start,
                                              at_start == nullptr ? *table : *at_start, operation.column);
  // What the migration drops by itself goes first: afterwards it would be gone already, and could not be made
  // again.
  for (const Index* index : dependents.indexes) drop.needs.push_back(label_gone(index->name));
  for (const Constraint* constraint : dependents.constraints) {
    const bool by_itself =
        std::any_of(context.intentions.begin(), context.intentions.end(), [&](const Intention& other) {
          const Identifier& name = constraint->definition.name;
          const auto* dropped = std::get_if<DropConstraint>(&other.operation);
          const auto* replaced = std::get_if<ReplaceConstraint>(&other.operation);
          return (dropped != nullptr && dropped->table == operation.table && dropped->constraint == name) ||
                 (replaced != nullptr && replaced->table == operation.table &&
                  replaced->old_constraint == name);
        });
    (by_itself ? drop.needs : drop.provides)
        .push_back("gone:" + label_constraint(operation.table, constraint->definition.name));
  }
  if (context.options.keep_dropped_data) {
    const bool required = column->not_null && result.steps.empty();
    const KeptColumn kept = keep_column(*table, *column, required, context);
    if (kept.why_not.empty()) {
      result.steps.push_back(kept.copy);
      drop.needs.insert(drop.needs.end(), kept.copy.provides.begin(), kept.copy.provides.end());
      drop.reverse = kept.back;
      drop.reversible = true;
      drop.reverse_note = "The values come back from the copy that was kept; rows written since have none.";
    } else {
      result.notes.push_back("The values of " + said(operation.table, operation.column) +
                             " are not kept: " + kept.why_not + ".");
    }
  }
  result.steps.push_back(drop);

  std::string with_it;
  for (const Index* index : dependents.indexes)
    with_it += (with_it.empty() ? "" : ", ") + said(index->name.name);
  if (!with_it.empty())
    result.notes.push_back("With " + said(operation.table, operation.column) + " go the indexes " + with_it +
                           ".");
  for (const Trigger* trigger : dependents.trigger_bodies) {
    result.notes.push_back("Trigger " + said(trigger->definition.name) + " of " + display(operation.table) +
                           " runs a function whose text names " + said(operation.column) +
                           ": change it before the drop.");
  }
  for (Step& step : result.steps) step.recipe = "drop-column";
  return result;
}

}  // namespace

const Recipe drop_column{
    .id = "drop-column",
    .summary =
        "Relax a column, deploy without it, then drop it; on request its data is kept for the way back",
    .make = on<DropColumn, make>};

}  // namespace planner::plans
