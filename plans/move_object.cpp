#include <algorithm>

#include "planner/compose/compose.h"
#include "plans/recipes.h"
#include "plans/steps/shim.h"
#include "plans/steps/text.h"

namespace planner::plans {
namespace {

/// A relation that gets another name or schema, with a view under the old one until nobody uses it.
struct Move {
  ObjectName from, to;
  std::vector<Identifier> columns;  ///< empty: whatever the relation has
  Sql there, back;                  ///< the statements that move it
  bool table = false, materialized = false;
  std::string title;  ///< `move a to the schema b`
  std::string doing;  ///< the same as the beginning of a refusal
};

std::vector<Sql> stand_in(const Move& move) {
  std::vector<std::pair<Identifier, Identifier>> columns;
  for (const Identifier& column : move.columns) columns.emplace_back(column, column);
  // With its owner's rights: those of its users may end at the other schema.
  if (!columns.empty()) return create_shim(move.from, move.to, columns, move.to, 0);
  return {sql("CREATE VIEW {} AS SELECT * FROM {}", move.from, move.to), copy_grants(move.to, move.from)};
}

/// Does another statement of the migration name it, before the move or after it?
bool named_elsewhere(const Move& move, const Intention& intention, const RecipeContext& context) {
  return std::any_of(context.intentions.begin(), context.intentions.end(), [&](const Intention& other) {
    if (&other == &intention) return false;
    const ObjectName* target = target_relation(other.operation);
    const auto* key = std::get_if<AddForeignKey>(&other.operation);
    const auto is = [&](const ObjectName& name) { return name == move.from || name == move.to; };
    return (target != nullptr && is(*target)) || (key != nullptr && is(key->constraint.references.table));
  });
}

RecipeResult steps_of(const Move& move, const Intention& intention, const RecipeContext& context) {
  if (named_elsewhere(move, intention, context)) {
    return refused(
        move.title + " beside other changes of it: a view cannot stand in for it under both names.",
        "Put the move into a migration of its own.");
  }
  const std::vector<Sql> view = stand_in(move);
  Step add;
  add.kind = PhaseKind::Add;
  add.window = Window::BothReleases;
  add.slug = "move_" + move.from.name.str();
  add.title = move.title + ", with a view under the old name";
  add.why = "Both names work from the same moment on: the view passes on what reaches it, nothing is copied.";
  const auto lock = [&](const ObjectName& name) {
    return StepLock{name, LockMode::AccessExclusive, std::string(kMoment), move.materialized};
  };
  add.locks = {lock(move.from)};
  add.statements = {move.there};
  add.statements.insert(add.statements.end(), view.begin(), view.end());
  ReverseStep back;
  back.locks = {lock(move.to)};
  back.statements = {sql("DROP VIEW {}", move.from), move.back};
  add.reverse = {back};
  if (move.table) {
    add.application =
        "Either name works for SELECT, INSERT, ON CONFLICT, UPDATE, DELETE and FOR UPDATE. TRUNCATE, COPY "
        "FROM, MERGE (before PostgreSQL 17) and new foreign keys need the new name.";
    add.prisma = {{move.to.name.str(), "the new release's model names the schema (@@schema(\"" +
                                           move.to.schema.str() + "\"), or its search path does)"}};
  } else {
    add.application = move.materialized
                          ? "Either name can be read; REFRESH and new indexes need the new name."
                          : "Either name works.";
  }
  add.provides = {label_relation(move.to)};

  Step drop;
  drop.kind = PhaseKind::Drop;
  drop.window = Window::NewRelease;
  drop.slug = "drop_view_" + move.from.name.str();
  drop.title = "drop the view that stands in under the old name " + display(move.from);
  drop.why = "Nobody uses the old name any more.";
  drop.locks = {{move.from, LockMode::AccessExclusive, std::string(kMoment)}};
  drop.statements = {sql("DROP VIEW {}", move.from)};
  ReverseStep again;
  again.locks = {lock(move.to)};
  again.statements = view;
  drop.reverse = {again};
  drop.application = "The new release notices nothing.";
  drop.provides = {label_gone(move.from)};
  RecipeResult result;
  result.steps = {add, drop};
  for (Step& step : result.steps) step.recipe = "move-object";
  if (move.from.schema != move.to.schema)
    result.notes.push_back("Every role of the new release needs USAGE on the schema " + said(move.to.schema) +
                           " before it is deployed.");
  return result;
}

std::string keyword(const Move& move) {
  return move.table ? "TABLE" : move.materialized ? "MATERIALIZED VIEW" : "VIEW";
}

/// `ALTER VIEW a SET SCHEMA b` there and back.
void move_to_schema(Move& move) {
  const Sql kind = Sql::verbatim(keyword(move));
  move.there = sql("ALTER {} {} SET SCHEMA {}", kind, move.from, move.to.schema);
  move.back = sql("ALTER {} {} SET SCHEMA {}", kind, move.to, move.from.schema);
}

std::optional<RecipeResult> set_schema(const SetSchema& operation, const Intention& intention,
                                       const RecipeContext& context) {
  Move move;
  move.from = operation.name;
  move.to = {operation.to, operation.name.name};
  move.title = "move " + display(move.from) + " to the schema " + said(operation.to);
  move.doing = "Moving " + display(move.from) + " to the schema " + said(operation.to);
  if (const Table* table = context.start.table(operation.name)) {
    if (table->kind == RelationKind::ForeignTable || table->row_security) {
      return refused(
          std::string("Moving ") + display(move.from) + ": a view cannot stand in for " +
              (table->row_security ? "a table with row security" : "a foreign table") +
              " in every statement.",
          "Put both schemas into the search path of every release first, or do it in a maintenance "
          "window.");
    }
    move.table = true;
    for (const Column& column : table->columns) move.columns.push_back(column.name);
  } else if (const View* view = context.start.view(operation.name)) {
    move.materialized = view->materialized;
    move.columns = view->columns;
  } else {
    return std::nullopt;
  }
  move_to_schema(move);
  return steps_of(move, intention, context);
}

std::optional<RecipeResult> rename_view(const RenameView& operation, const Intention& intention,
                                        const RecipeContext& context) {
  const View* view = context.start.view(operation.view);
  if (view == nullptr) return std::nullopt;
  Move move;
  move.from = view->name;
  move.to = {view->name.schema, operation.to};
  move.materialized = view->materialized;
  move.columns = view->columns;
  move.title = "rename " + display(move.from) + " to " + display(move.to);
  move.doing = "Renaming " + display(move.from) + " to " + display(move.to);
  const Sql kind = Sql::verbatim(keyword(move));
  move.there = sql("ALTER {} {} RENAME TO {}", kind, move.from, move.to.name);
  move.back = sql("ALTER {} {} RENAME TO {}", kind, move.to, move.from.name);
  return steps_of(move, intention, context);
}

std::optional<RecipeResult> make(const Intention& intention, const RecipeContext& context) {
  if (const auto* schema = std::get_if<SetSchema>(&intention.operation))
    return set_schema(*schema, intention, context);
  if (const auto* view = std::get_if<RenameView>(&intention.operation))
    return rename_view(*view, intention, context);
  return std::nullopt;
}

}  // namespace

const Recipe move_object{.id = "move-object",
                         .summary =
                             "Move a table or view to another schema, or rename a view, and let a view "
                             "stand in under the old name",
                         .make = make};

}  // namespace planner::plans
