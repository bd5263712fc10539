#include <algorithm>

#include "planner/casts.h"
#include "plans/recipes.h"
#include "plans/steps/ddl.h"
#include "plans/steps/make_swap.h"
#include "plans/steps/text.h"
#include "plans/steps/type_wishes.h"

namespace planner::plans {
namespace {

/// timestamp -> timestamptz and back is only a note in the catalogue while the session's zone is UTC: asked
/// before it is done.
RecipeResult in_utc(const ChangeType& operation, const Column& before) {
  Step step;
  step.kind = PhaseKind::Add;
  step.window = Window::BothReleases;
  step.recipe = "change-type";
  step.slug = "type_" + operation.column.str();
  step.title = "let " + said(operation.table, operation.column) + " be " + display(operation.type);
  step.why =
      "In a session whose time zone is UTC PostgreSQL keeps every stored value; in any other it would write "
      "the table anew under a lock, so the zone is looked at first.";
  step.gates = {
      sql("IF '2024-01-15 12:00'::timestamp::timestamptz <> '2024-01-15 12:00+00'::timestamptz OR "
          "'2024-07-15 12:00'::timestamp::timestamptz <> '2024-07-15 12:00+00'::timestamptz THEN\n"
          "    RAISE EXCEPTION 'planner: the values of % are taken as UTC, but the time zone here is %', {}, "
          "current_setting('TimeZone')\n"
          "      USING HINT = 'Nothing was changed. Say which zone is meant: USING column AT TIME ZONE "
          "''zone'' in the migration, then split again.';\n"
          "  END IF",
          Literal(operation.column.str()))};
  step.statements = {sql("ALTER TABLE {} ALTER COLUMN {} TYPE {}", operation.table, operation.column,
                         type_sql(operation.type))};
  step.locks = {{operation.table, LockMode::AccessExclusive, std::string(kMoment)}};
  ReverseStep back;
  back.locks = step.locks;
  back.statements = {sql("SET LOCAL TimeZone = 'UTC'"),
                     sql("ALTER TABLE {} ALTER COLUMN {} TYPE {}", operation.table, operation.column,
                         type_sql(before.type))};
  step.reverse = {back};
  step.application =
      "Statements of either release work before and after it. A session that prepared a query of the column "
      "sees one error and has to prepare it again.";
  RecipeResult result;
  result.steps = {step};
  return result;
}

std::optional<RecipeResult> make_change(const Intention& intention, const RecipeContext& context) {
  const auto* operation = std::get_if<ChangeType>(&intention.operation);
  if (operation == nullptr) return std::nullopt;
  const Table* table = context.before.table(operation->table);
  const Column* column = table == nullptr ? nullptr : table->column(operation->column);
  if (column == nullptr)
    return refused("Type of " + said(operation->table, operation->column) + ": the column is not known.",
                   "Check that the history given to planner is complete.");
  if (table->is_new) return harmless("the table is new");
  ChangeType plain = *operation;
  plain.type = plain_type(operation->type);
  const Effects effects = effects_of(plain, context.before, context.options.effects);
  for (const Failure& failure : effects.failures) {
    if (!failure.depends_on_data && !failure.only_with_rows) {
      return refused("Type of " + said(operation->table, operation->column) +
                         ": PostgreSQL refuses the change (" + failure.message + ").",
                     "Change or drop first what stands in the way.");
    }
  }
  if (auto swapped = make_swap(intention, context)) return swapped;
  const TypeChange change = type_change(column->type, plain.type, plain.using_expression, plain.column,
                                        context.before, context.options.effects);
  if (!change.depends_on.empty() && !context.options.effects.time_zone_known &&
      context.before.time_zone.empty())
    return in_utc(*operation, *column);
  return harmless(
      "PostgreSQL keeps every stored value, so it is only a note in the catalogue; sessions that prepared a "
      "query of the column see one error");
}

/// Labels that are only added: the type stays, and nothing is converted.
RecipeResult add_labels(const ReplaceEnum& operation, const RecipeContext& context) {
  RecipeResult result;
  const EnumType* type = context.start.enum_type(operation.type);
  for (std::size_t i = 0; i < operation.labels.size(); ++i) {
    const std::string& label = operation.labels[i];
    if (std::find(type->labels.begin(), type->labels.end(), label) != type->labels.end()) continue;
    Step step;
    step.kind = PhaseKind::Add;
    step.shape = Shape::Alone;
    step.window = Window::OldRelease;
    step.recipe = "replace-enum";
    step.slug = "label_" + label;
    step.title = "add label " + label + " to enum " + display(operation.type);
    step.why =
        "All old labels stay in their order, so a new one is a note in the catalogue: no table has to be "
        "converted.";
    const Sql place = i == 0 ? sql(" BEFORE {}", Literal(type->labels.front()))
                             : sql(" AFTER {}", Literal(operation.labels[i - 1]));
    step.statements = {
        sql("ALTER TYPE {} ADD VALUE IF NOT EXISTS {}{}", operation.type, Literal(label), place)};
    step.reversible = false;
    step.reverse_note = "PostgreSQL cannot take a label away again; unused, it does no harm.";
    step.application = "The old release need not know it; deploy the new one from here on.";
    step.provides = {label_enum_values()};
    result.steps.push_back(step);
  }
  if (result.steps.empty()) return covered("it has the same labels already, so there is nothing to do");
  return result;
}

std::optional<RecipeResult> make_enum(const Intention& intention, const RecipeContext& context) {
  const auto* operation = std::get_if<ReplaceEnum>(&intention.operation);
  if (operation == nullptr) return std::nullopt;
  const EnumType* type = context.start.enum_type(operation->type);
  if (type == nullptr) return std::nullopt;
  if (only_adds(*operation, context.start)) return add_labels(*operation, context);
  if (auto swapped = make_swap(intention, context)) return swapped;
  return refused("Enum " + display(operation->type) + " is made anew, but no column of it was found.",
                 "Put it into a migration of its own.");
}

std::optional<RecipeResult> make_replaced(const Intention& intention, const RecipeContext& context) {
  const auto* operation = std::get_if<ReplaceColumn>(&intention.operation);
  if (operation == nullptr) return std::nullopt;
  const Table* table = context.start.table(operation->table);
  if (table == nullptr || table->is_new) return std::nullopt;
  return make_swap(intention, context);
}

template <typename... Kinds>
bool is_one_of(const Operation& operation) {
  return (std::holds_alternative<Kinds>(operation) || ...);
}

/// Views, triggers and policies that may stand in the way of a type.
bool may_be_carried(const Operation& operation) {
  return is_one_of<DropView, CreateView, DropTrigger, CreateTrigger, DropPolicy, CreatePolicy>(operation);
}

/// What the migration says about a column, a key or an index that the swap of a type brings along.
std::optional<RecipeResult> make_parts(const Intention& intention, const RecipeContext& context) {
  // Nearly every change passes here, and what all types cost is dear to find out.
  if (!may_be_carried(intention.operation) &&
      !is_one_of<SetDefault, DropDefault, DropNotNull, SetNotNull, ReplaceConstraint, CreateIndex>(
          intention.operation))
    return std::nullopt;
  const std::vector<Wanted> all = wanted_of(context);
  if (all.empty()) return std::nullopt;
  const auto shares = [&](const TableName& table, const Identifier& column) -> std::optional<RecipeResult> {
    if (!is_wanted(all, table, column)) return std::nullopt;
    return covered("The swap of the column's type does it.");
  };
  if (const auto* set = std::get_if<SetDefault>(&intention.operation)) return shares(set->table, set->column);
  if (const auto* drop = std::get_if<DropDefault>(&intention.operation))
    return shares(drop->table, drop->column);
  if (const auto* relax = std::get_if<DropNotNull>(&intention.operation))
    return shares(relax->table, relax->column);
  if (const auto* set = std::get_if<SetNotNull>(&intention.operation)) {
    const Table* table = context.start.table(set->table);
    const Column* column = table == nullptr ? nullptr : table->column(set->column);
    if (column != nullptr && column->not_null) return shares(set->table, set->column);
  }
  if (const auto* replace = std::get_if<ReplaceConstraint>(&intention.operation)) {
    const Table* table = context.start.table(replace->table);
    const Constraint* constraint = table == nullptr ? nullptr : table->constraint(replace->old_constraint);
    if (constraint == nullptr) return std::nullopt;
    const bool about = touches(replace->table, constraint->definition, all) ||
                       std::any_of(all.begin(), all.end(), [&](const Wanted& one) {
                         return one.table == replace->table && mentions(constraint->definition, one.column);
                       });
    if (about) return covered("The swap of the column's type does it.");
  }
  if (may_be_carried(intention.operation)) {
    for (const Carried& one : carried_with(all, context)) {
      if (one.drop == &intention || one.create == &intention)
        return covered("The swap of the column's type does it.");
    }
  }
  if (const auto* create = std::get_if<CreateIndex>(&intention.operation)) {
    const Table* table = context.start.table(create->table);
    const Index* index = table == nullptr ? nullptr : table->index(create->name);
    if (index == nullptr) return std::nullopt;
    for (const Wanted& one : all) {
      if (one.replaced != nullptr && one.table == create->table && mentions(*index, one.column))
        return covered("The swap of the column's type does it.");
    }
  }
  return std::nullopt;
}

}  // namespace

const Recipe change_type{
    .id = "change-type", .summary = "Change a column's type under its own name", .make = make_change};
const Recipe replace_enum{
    .id = "replace-enum", .summary = "Replace an enum by one with other labels", .make = make_enum};
const Recipe replace_column{.id = "replace-column",
                            .summary = "Convert a column that is dropped and added again as another type",
                            .make = make_replaced};
const Recipe change_type_parts{.id = "change-type-parts",
                               .summary = "Defaults, keys and indexes that come along with a change of type",
                               .make = make_parts};

}  // namespace planner::plans
