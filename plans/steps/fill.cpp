#include "plans/steps/fill.h"

#include <algorithm>

#include "planner/compose/compose.h"
#include "planner/sql/data_change.h"
#include "plans/recipes.h"
#include "plans/steps/backfill.h"
#include "plans/steps/dependents.h"
#include "plans/steps/follow.h"
#include "plans/steps/not_null.h"
#include "plans/steps/text.h"

namespace planner::plans {
namespace {

bool only_missing(const Expression& where, const Identifier& column) {
  return same_meaning(where, Expression::parse(quoted(column) + " IS NULL"));
}

/// The value an UPDATE of the migration gives a column wherever it is NULL.
Expression filled_by(const Update& update, const Table& table, const Identifier& column) {
  const std::optional<DataChange> change = data_change(update.statement);
  if (!change || !change->plain || update.from_other_tables) return {};
  const Column* known = table.column(column);
  if (known == nullptr) return {};
  // Without WHERE it also overwrites what is there: on a column as old as the migration that is nothing.
  const bool fits = change->where.empty() ? known->is_new : only_missing(change->where, column);
  if (!fits) return {};
  for (const auto& [assigned, value] : change->assignments) {
    if (assigned == column && !value.mentions(column) && !value.facts().has_subquery) return value;
  }
  return {};
}

}  // namespace

Fill fill_of(const RecipeContext& context, const TableName& table, const Identifier& column) {
  for (const SplitOptions::Fill& fill : context.options.fills) {
    if (context.before.resolve_relation(fill.table) == table && fill.column == column)
      return {fill.value, "--fill"};
  }
  const Table* known = context.before.table(table);
  if (known == nullptr) return {};
  for (const Intention& other : context.intentions) {
    const auto* update = std::get_if<Update>(&other.operation);
    if (update == nullptr || update->table != table || other.sources.front().nested >= 0) continue;
    if (Expression value = filled_by(*update, *known, column); !value.empty())
      return {value, "the migration's UPDATE"};
  }
  return {};
}

std::optional<RecipeResult> alike_where_unique(const RecipeContext& context, const TableName& table,
                                               const Identifier& column) {
  const Fill fill = fill_of(context, table, column);
  const Table* after = context.after.table(table);
  if (after == nullptr || fill.said_by != "--fill" || !fill.value.facts().is_constant) return std::nullopt;
  const auto index = std::find_if(after->indexes.begin(), after->indexes.end(), [&](const Index& each) {
    return each.unique && each.predicate.empty() && each.elements.size() == 1 &&
           each.elements.front().column == column;
  });
  if (index == after->indexes.end()) return std::nullopt;
  return question(
      "--fill gives every row without " + said(table, column) + " the same value, and unique index " +
          said(index->name.name) + " lets one row have it.",
      "Say an expression that differs from row to row: over the row's key, or gen_random_uuid().");
}

bool update_is_fill(const RecipeContext& context, const Update& update) {
  const Table* known = context.before.table(update.table);
  if (known == nullptr) return false;
  return !update.columns.empty() &&
         std::all_of(update.columns.begin(), update.columns.end(), [&](const Identifier& column) {
           const bool required =
               std::any_of(context.intentions.begin(), context.intentions.end(), [&](const Intention& other) {
                 const auto* set = std::get_if<SetNotNull>(&other.operation);
                 return set != nullptr && set->table == update.table && set->column == column;
               });
           const Column* existing = known->column(column);
           return required && existing != nullptr && !existing->not_null &&
                  !filled_by(update, *known, column).empty();
         });
}

Step fill_backfill(const RecipeContext& context, const Table& table, const Identifier& column,
                   const Expression& value) {
  Backfill backfill = keyed_backfill(table);
  backfill.assignments = {{column, value.text()}};
  backfill.todo = sql("{} IS NULL", column);
  Step step = backfill_step(backfill, context.options, {column});
  step.title = "fill " + said(column) + " of " + display(table.name) + " where it is NULL";
  step.reverse_note = "The filled values stay.";
  step.application = "Nothing changes for it.";
  step.after = {{said(table.name, column) + " is NULL nowhere",
                 sql("SELECT 1 FROM {} WHERE {} IS NULL LIMIT 1", table.name, column)}};
  step.provides = {label_filled(table.name, column)};
  return step;
}

std::vector<Step> fill_steps(const RecipeContext& context, const TableName& table, const Column& column,
                             const Fill& fill, std::string_view recipe) {
  const FillTrigger trigger{table, column.name, fill.value};
  const StepLock moment{table, LockMode::AccessExclusive, std::string(kMoment)};
  const Table& known = *context.before.table(table);

  Step add;
  add.kind = PhaseKind::Add;
  add.window = Window::BothReleases;
  add.slug = "guard_" + column.name.str();
  add.title = "fill " + said(column.name) + " of " + display(table) + " whenever a row is written without it";
  add.why =
      "No new NULL may appear once the old ones are being filled, and the release that writes them must not "
      "fail.";
  add.locks = {moment};
  add.statements = create_fill_trigger(trigger);
  add.statements.push_back(add_not_null_proof(table, column.name));
  ReverseStep back;
  back.locks = add.locks;
  back.statements = drop_fill_trigger(trigger);
  back.statements.push_back(sql("ALTER TABLE {} DROP CONSTRAINT {}", table, not_null_proof(column.name)));
  add.reverse = {back};
  add.application = "A row written without " + said(column.name) + " gets (" + fill.value.text().str() + ").";
  add.provides = {"guarded:" + quoted(table) + "." + quoted(column.name)};
  add.needs = {label_column(table, column.name)};

  Step backfill = fill_backfill(context, known, column.name, fill.value);
  backfill.window = Window::BothReleases;
  backfill.needs = add.provides;

  Step enforce = enforce_not_null_step(table, column.name);
  enforce.window = Window::BothReleases;
  enforce.application = "Nothing changes for it: a write without a value is still filled.";
  enforce.needs = backfill.provides;
  enforce.provides = {"required:" + quoted(table) + "." + quoted(column.name)};
  enforce.prisma = {
      {table.name.str(), "the field of " + said(column.name) + " becomes required", {column.name}}};

  Step drop;
  drop.kind = PhaseKind::Drop;
  drop.window = Window::NewRelease;
  drop.slug = "unguard_" + column.name.str();
  drop.title = "stop filling " + said(column.name) + " of " + display(table);
  drop.why = "The new release always gives a value; from here on a write without one is refused.";
  drop.locks = {moment};
  drop.statements = drop_fill_trigger(trigger);
  ReverseStep again;
  again.locks = drop.locks;
  again.statements = create_fill_trigger(trigger);
  drop.reverse = {again};
  drop.application = "A write without " + said(column.name) + " is refused.";
  drop.needs = enforce.provides;

  std::vector<Step> steps{add, backfill, enforce, drop};
  // Computed from a column that goes, it also has to follow what the old release changes there.
  DataChange change;
  change.plain = true;
  change.assignments = {{column.name, fill.value}};
  if (std::optional<Follow> followed = follow(known, change, context)) {
    steps[1].needs.insert(steps[1].needs.end(), followed->install.provides.begin(),
                          followed->install.provides.end());
    steps.insert(steps.begin() + 1, std::move(followed->install));
    steps.push_back(std::move(followed->remove));
  }
  for (Step& step : steps) step.recipe = std::string(recipe);
  return steps;
}

}  // namespace planner::plans
