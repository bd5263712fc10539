#include "plans/steps/keep.h"

#include <algorithm>

#include "planner/compose/compose.h"
#include "plans/steps/backfill.h"
#include "plans/steps/build.h"
#include "plans/steps/ddl.h"
#include "plans/steps/dependents.h"
#include "plans/steps/not_null.h"
#include "plans/steps/text.h"

namespace planner::plans {
namespace {

const Identifier kSchema("planner");

Sql own_schema() { return sql("CREATE SCHEMA IF NOT EXISTS {}", kSchema); }

ObjectName kept_name(const TableName& table, const std::string& column) {
  const std::string what = table.schema.str() + "." + table.name.str() + (column.empty() ? "" : "." + column);
  return {kSchema, fitted_name("dropped_" + table.name.str() + (column.empty() ? "" : "_" + column) + "_" +
                               short_hash(what))};
}

/// Why the column with all that hangs on it cannot be made again.
std::string not_to_be_made_again(const Table& table, const Column& column, const Dependents& dependents,
                                 const Backfill& keyed) {
  if (table.kind != RelationKind::Table || !table.children.empty() || table.partition_of)
    return "the table is partitioned or has children";
  if (keyed.key.empty()) return "the table has no unique key to find the rows by";
  if (std::find(keyed.key.begin(), keyed.key.end(), column.name) != keyed.key.end())
    return "it is part of the table's key";
  if (column.identity || !column.generated.empty() || !dependents.sequences.empty())
    return "its values are generated";
  if (!dependents.references.empty()) return "foreign keys of other tables go with it";
  if (!dependents.views.empty()) return "views go with it";
  if (!dependents.triggers.empty() || !dependents.policies.empty() || !dependents.generated_columns.empty() ||
      !dependents.statistics.empty()) {
    return "triggers, policies, statistics or generated columns go with it";
  }
  return "";
}

}  // namespace

KeptColumn keep_column(const Table& table, const Column& column, bool required,
                       const RecipeContext& context) {
  const Dependents dependents = dependents_of(context.before, table, column.name);
  Backfill restore = keyed_backfill(table);
  KeptColumn kept;
  kept.why_not = not_to_be_made_again(table, column, dependents, restore);
  if (!kept.why_not.empty()) return kept;
  const ObjectName name = kept_name(table.name, column.name.str());
  const Sql key = column_list(restore.key);

  Step& copy = kept.copy;
  copy.kind = PhaseKind::Drop;
  copy.window = Window::NewRelease;
  copy.slug = "keep_" + column.name.str();
  copy.title =
      "keep the values of " + said(column.name) + " of " + display(table.name) + " in " + display(name);
  copy.why =
      "Nobody writes the column any more, so the copy is whole; the way back from the drop takes the values "
      "from it. Drop " +
      display(name) + " when it is not needed any more.";
  copy.locks = {{table.name, LockMode::AccessShare, "while every row is read; reads and writes go on"}};
  copy.statements = {
      own_schema(),
      sql("CREATE TABLE IF NOT EXISTS {} AS SELECT {}, {} FROM {} WHERE {} IS NOT NULL", name, key,
          column.name, table.name, column.name),
      sql("ALTER TABLE {} DROP CONSTRAINT IF EXISTS {}, ADD CONSTRAINT {} PRIMARY KEY ({})", name,
          fitted_name(name.name.str() + "_key"), fitted_name(name.name.str() + "_key"), key)};
  ReverseStep forget;
  forget.statements = {sql("DROP TABLE IF EXISTS {}", name)};
  copy.reverse = {forget};
  copy.application = "The new release notices nothing.";
  copy.provides = {"kept:" + quoted(table.name) + "." + quoted(column.name)};

  const StepLock moment{table.name, LockMode::AccessExclusive, std::string(kMoment)};
  ReverseStep grow;
  grow.locks = {moment};
  std::vector<Sql> actions{
      sql("ADD COLUMN {} {}{}", column.name, type_sql(column.type), collate_sql(column.collation))};
  if (!column.default_value.empty())
    actions.push_back(sql("ALTER COLUMN {} SET DEFAULT {}", column.name, column.default_value.text()));
  if (!column.storage.empty())
    actions.push_back(sql("ALTER COLUMN {} SET STORAGE {}", column.name, Identifier(column.storage)));
  if (column.statistics_target >= 0)
    actions.push_back(sql("ALTER COLUMN {} SET STATISTICS {}", column.name, column.statistics_target));
  grow.statements = {sql("ALTER TABLE {} {}", table.name, join(actions, ", "))};
  if (!column.comment.empty())
    grow.statements.push_back(
        sql("COMMENT ON COLUMN {}.{} IS {}", table.name, column.name, Literal(column.comment)));
  kept.back.push_back(grow);

  const Identifier alias("planner_kept");
  std::vector<Sql> same_row;
  for (const Identifier& part : restore.key)
    same_row.push_back(sql("{}.{} = {}.{}", alias, part, table.name, part));
  const Sql value =
      sql("(SELECT {}.{} FROM {} {} WHERE {})", alias, column.name, name, alias, join(same_row, " AND "));
  const bool defaulted = required && !column.default_value.empty();
  restore.assignments = {
      {column.name, defaulted ? sql("COALESCE({}, {})", value, column.default_value.text()) : value}};
  restore.todo = sql(
      "{}.{} IS NULL{}", table.name, column.name,
      defaulted ? Sql()
                : sql(" AND EXISTS (SELECT 1 FROM {} {} WHERE {})", name, alias, join(same_row, " AND ")));
  kept.back.push_back(
      {{batched_block(restore, context.options.batch_rows, {column.name})}, {}, Shape::Committing});
  if (required)
    kept.back.push_back({guarded_not_null_step(table.name, column.name).statements, {}, Shape::Committing});
  for (const Index* index : dependents.indexes) {
    if (!index->constraint.empty()) continue;
    for (const ReverseStep& step : index_back(*index)) kept.back.push_back(step);
  }
  for (const Constraint* constraint : dependents.constraints) {
    const std::vector<ReverseStep> back = constraint_back(table, *constraint);
    if (back.empty())
      kept.why_not = "constraint " + said(constraint->definition.name) +
                     " goes with it, which planner does not build again";
    kept.back.insert(kept.back.end(), back.begin(), back.end());
  }
  return kept;
}

KeptTable keep_table(const Table& table, const RecipeContext& context) {
  KeptTable kept;
  if (table.kind != RelationKind::Table || !table.children.empty() || table.partition_of ||
      !table.inherits.empty()) {
    kept.why_not = "it is partitioned or part of an inheritance tree";
    return kept;
  }
  for (const auto& [name, view] : context.before.views) {
    if (view->reads.contains(table.name) || std::find(view->reads_all_of.begin(), view->reads_all_of.end(),
                                                      table.name) != view->reads_all_of.end()) {
      kept.why_not = "view " + display(name) + " reads it";
      return kept;
    }
  }
  for (const Schema::Reference& reference : context.before.references_to(table.name)) {
    if (reference.from != table.name) {
      kept.why_not =
          "foreign key " + said(reference.constraint) + " of " + display(reference.from) + " points at it";
      return kept;
    }
  }
  const ObjectName aside = kept_name(table.name, "");
  std::vector<Sql> drops;
  // By itself: what follows names the table by the name it only then has.
  ReverseStep back;
  back.shape = Shape::Committing;
  back.statements = {locked_block(
      {{aside, LockMode::AccessExclusive, std::string(kMoment)}},
      {sql("ALTER TABLE {} RENAME TO {}", aside, table.name.name),
       sql("ALTER TABLE {} SET SCHEMA {}", ObjectName(kSchema, table.name.name), table.name.schema)})};
  std::vector<ReverseStep> keys;
  for (const Constraint& constraint : table.constraints) {
    if (constraint.definition.kind != ConstraintKind::ForeignKey) continue;
    // A table that is put aside must not stop anybody from deleting rows it points at.
    drops.push_back(sql("DROP CONSTRAINT {}", constraint.definition.name));
    for (const ReverseStep& step : constraint_back(table, constraint)) keys.push_back(step);
  }
  kept.statements.push_back(own_schema());
  if (!drops.empty()) kept.statements.push_back(sql("ALTER TABLE {} {}", table.name, join(drops, ", ")));
  kept.statements.push_back(sql("ALTER TABLE {} SET SCHEMA {}", table.name, kSchema));
  kept.statements.push_back(
      sql("ALTER TABLE {} RENAME TO {}", ObjectName(kSchema, table.name.name), aside.name));
  kept.back.push_back(back);
  kept.back.insert(kept.back.end(), keys.begin(), keys.end());
  return kept;
}

}  // namespace planner::plans
