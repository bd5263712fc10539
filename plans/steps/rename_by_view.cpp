#include "plans/steps/rename_by_view.h"

#include <algorithm>

#include "planner/compose/compose.h"
#include "plans/steps/shim.h"
#include "plans/steps/text.h"

namespace planner::plans {

std::optional<std::vector<Step>> rename_by_view(const Table& table, const std::vector<ViewRename>& columns,
                                                const std::vector<SourceRef>& sources,
                                                const RecipeContext& context, std::string& why_not) {
  if (table.kind != RelationKind::Table || table.partition_of || !table.children.empty())
    why_not = "the table is partitioned or has children";
  if (table.row_security && context.options.effects.server_version < 150000)
    why_not = "it has row security, which a view before PostgreSQL 15 does not pass on";
  for (const Intention& other : context.intentions) {
    const bool own = std::any_of(sources.begin(), sources.end(), [&](const SourceRef& source) {
      return std::find(other.sources.begin(), other.sources.end(), source) != other.sources.end();
    });
    // While the view stands under the table's name nothing else can be done to the table.
    if (!own) why_not = "the migration does more than the rename; put the rename into a migration of its own";
  }
  if (!why_not.empty()) return std::nullopt;

  const TableName base(table.name.schema, planner_name("base", table.name.name.str()));
  std::string pairs;
  std::vector<std::pair<Identifier, Identifier>> shown;
  for (const Column& column : table.columns) shown.emplace_back(column.name, column.name);
  for (const ViewRename& column : columns) {
    shown.emplace_back(column.from, column.to);
    pairs += (pairs.empty() ? "" : ", ") + said(column.from) + " also as " + said(column.to);
  }
  const StepLock moment{table.name, LockMode::AccessExclusive, std::string(kMoment)};
  const StepLock base_moment{base, LockMode::AccessExclusive, std::string(kMoment)};
  const std::vector<Sql> shim =
      create_shim(table.name, base, shown, base, context.options.effects.server_version);

  Step add;
  add.kind = PhaseKind::Add;
  add.window = Window::BothReleases;
  add.slug = "view_" + table.name.name.str();
  add.title = "show " + pairs + " in a view that stands in for " + display(table.name);
  add.why =
      "Nothing is copied and no trigger is needed: an automatically updatable view passes reads and writes "
      "to the table under either name.";
  add.locks = {moment};
  add.statements = {sql("ALTER TABLE {} RENAME TO {}", table.name, base.name)};
  add.statements.insert(add.statements.end(), shim.begin(), shim.end());
  ReverseStep back;
  back.locks = {base_moment};
  back.statements = {sql("DROP VIEW {}", table.name),
                     sql("ALTER TABLE {} RENAME TO {}", base, table.name.name)};
  add.reverse = {back};
  add.application =
      "Either name works, but not both in one statement. TRUNCATE, COPY FROM, MERGE (before PostgreSQL 17), "
      "new foreign keys and any ALTER TABLE do not work on a view: "
      "let no other migration touch the table until the last phase.";

  Step swap;
  swap.kind = PhaseKind::Drop;
  swap.window = Window::NewRelease;
  swap.slug = "rename_" + table.name.name.str();
  swap.title = "put the table itself back under " + display(table.name) + ", with the new names";
  swap.why = "Nobody uses the old names any more.";
  swap.locks = {base_moment};
  swap.statements = {sql("DROP VIEW {}", table.name),
                     sql("ALTER TABLE {} RENAME TO {}", base, table.name.name)};
  ReverseStep again;
  again.locks = {moment};
  for (const ViewRename& column : columns) {
    swap.statements.push_back(
        sql("ALTER TABLE {} RENAME COLUMN {} TO {}", table.name, column.from, column.to));
    again.statements.push_back(
        sql("ALTER TABLE {} RENAME COLUMN {} TO {}", table.name, column.to, column.from));
  }
  again.statements.insert(again.statements.end(), add.statements.begin(), add.statements.end());
  swap.reverse = {again};
  swap.application = "The new release notices nothing.";
  for (Step* step : {&add, &swap}) {
    step->recipe = "rename-column";
    step->sources = sources;
  }
  for (const ViewRename& column : columns) {
    add.prisma.push_back({table.name.name.str(),
                          "the new release's field maps to " + said(column.to) + "; the old release keeps " +
                              said(column.from),
                          {column.from, column.to}});
  }
  return std::vector<Step>{add, swap};
}

}  // namespace planner::plans
