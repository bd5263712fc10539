#include <algorithm>

#include "planner/compose/compose.h"
#include "plans/recipes.h"
#include "plans/steps/text.h"

namespace planner::plans {
namespace {

/// CONCURRENTLY, VACUUM and their like among other statements: each becomes a migration of its own.
std::optional<RecipeResult> alone(const Intention& intention, const RecipeContext& context) {
  const Effects effects = effects_of(intention.operation, context.before, context.options.effects);
  const SourceRef& source = intention.sources.front();
  if (!effects.outside_transaction || source.nested >= 0) return std::nullopt;
  if (context.file.statements.size() == 1) return harmless("it is alone in its file");
  const Statement& statement = context.file.statements[source.statement];
  Step step;
  step.kind = PhaseKind::Index;
  step.shape = Shape::Alone;
  step.window = Window::BothReleases;
  step.recipe = "session";
  step.slug = "alone";
  const std::string text =
      context.migration.text.substr(statement.span.begin, statement.span.end - statement.span.begin);
  step.title = "the migration's own statement: " + text.substr(0, text.find('\n'));
  step.why = "It cannot run inside a transaction and so must be alone in its file.";
  step.statements = {Sql::verbatim(text)};
  step.locks = strong_locks(effects, context.before);
  step.reversible = false;
  step.reverse_note = "There is nothing to undo, or planner does not know how.";
  step.application = "Nothing changes for it.";
  RecipeResult result;
  result.steps = {step};
  return result;
}

/// ALTER TYPE ... ADD VALUE commits before anything may use the value.
RecipeResult enum_label(const AddEnumValue& operation, const Intention& intention,
                        const RecipeContext& context) {
  const EnumType* type = context.start.enum_type(operation.type);
  if (type == nullptr) return harmless("the type is new");
  if (operation.if_not_exists &&
      std::find(type->labels.begin(), type->labels.end(), operation.label) != type->labels.end())
    return covered("the value is there already");
  for (const Intention& other : context.intentions) {
    const auto* replace = std::get_if<ReplaceEnum>(&other.operation);
    if (replace != nullptr && replace->type == operation.type && replace->labels != type->labels &&
        other.sources.front().statement > intention.sources.front().statement)
      return covered("the same migration makes the type anew with other labels");
  }
  const bool used =
      std::any_of(context.intentions.begin(), context.intentions.end(), [&](const Intention& other) {
        if (&other == &intention) return false;
        return context.file.statements.size() > 1 &&
               other.sources.front().statement != intention.sources.front().statement &&
               !std::holds_alternative<AddEnumValue>(other.operation);
      });
  if (!used) return harmless("no table is locked; the value is there for the next migration");
  const Statement& statement = context.file.statements[intention.sources.front().statement];
  Step step;
  step.kind = PhaseKind::Add;
  step.shape = Shape::Alone;
  step.window = Window::BothReleases;
  step.recipe = "enum-value";
  step.slug = "value_" + operation.label;
  step.title = "add value '" + operation.label + "' to type " + display(operation.type);
  step.why = "A new value cannot be used in the transaction that adds it.";
  const std::string text =
      context.migration.text.substr(statement.span.begin, statement.span.end - statement.span.begin);
  step.statements = {Sql::verbatim(text)};
  step.reversible = false;
  step.reverse_note = "A value cannot be taken out of a type; unused, it does no harm.";
  step.application =
      "A release that does not know the value fails when it reads it: let nobody write it before every "
      "release knows it.";
  step.provides = {label_enum_values(), label_new_release()};
  RecipeResult result;
  result.steps = {step};
  return result;
}

}  // namespace

const Recipe session{
    .id = "session",
    .summary = "Give a statement that cannot run inside a transaction a migration of its own",
    .make = alone};
const Recipe enum_value{.id = "enum-value",
                        .summary = "Add a value to an enum before anything uses it",
                        .make = on<AddEnumValue, enum_label>};

}  // namespace planner::plans
