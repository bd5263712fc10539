#include <algorithm>

#include "plans/recipes.h"
#include "plans/steps/build.h"
#include "plans/steps/ddl.h"
#include "plans/steps/dependents.h"
#include "plans/steps/fill.h"
#include "plans/steps/rename.h"
#include "plans/steps/rename_by_view.h"
#include "plans/steps/text.h"

namespace planner::plans {
namespace {

std::optional<RecipeResult> reason_to_refuse(const Renames& renames, const Rename& column,
                                             const Dependents& dependents) {
  const Table& table = *renames.table;
  const std::string what = "Renaming " + said(table.name, column.from) + ": ";
  if (table.kind != RelationKind::Table || !table.children.empty() || table.partition_of ||
      !table.inherits.empty()) {
    return refused(what + "the table is partitioned or part of an inheritance tree.",
                   "Keep the column's name in the database and rename the field only (Prisma: @map(\"" +
                       column.from.str() + "\")), or rename in a maintenance window.");
  }
  if (!column.old_column->generated.empty()) {
    return refused(what + "it is a generated column, which nobody can write.",
                   "Add the new generated column, deploy, then drop the old one; or rename the field only "
                   "(Prisma: @map).");
  }
  if (!dependents.trigger_bodies.empty()) {
    const CreateTrigger& trigger = dependents.trigger_bodies.front()->definition;
    return refused(what + "trigger " + said(trigger.name) + " runs function " + display(trigger.function) +
                       ", whose text names the column; it would fail after the rename.",
                   "Let the function work with both names first (to_jsonb(NEW) ->> 'name'), or rename the "
                   "field only (Prisma: @map).");
  }
  if (!dependents.triggers.empty()) {
    return refused(what + "trigger " + said(dependents.triggers.front()->definition.name) +
                       " fires on updates of this column and would miss those of the new one.",
                   "Let the trigger fire on every update first, or rename the field only (Prisma: @map).");
  }
  if (!dependents.rules.empty()) {
    return refused(
        what + "the table has rule " + said(dependents.rules.front()) + ", which planner does not follow.",
        "Drop the rule or use a trigger instead, then split again.");
  }
  if (column.dropped_and_added && (!dependents.views.empty() || !dependents.references.empty() ||
                                   !dependents.policies.empty() || !dependents.generated_columns.empty())) {
    const std::string holder =
        !dependents.views.empty()        ? "view " + display(dependents.views.front())
        : !dependents.references.empty() ? "foreign key " + said(dependents.references.front().constraint)
        : !dependents.policies.empty()   ? "policy " + said(dependents.policies.front())
                                         : "generated column " + said(dependents.generated_columns.front());
    return refused(
        what + holder + " uses the column, so PostgreSQL refuses to drop it as the migration is written.",
        "Write it as ALTER TABLE " + quoted(table.name) + " RENAME COLUMN " + quoted(column.from) + " TO " +
            quoted(column.to) + ": planner carries everything that hangs on the column.");
  }
  return std::nullopt;
}

/// All columns of one table are renamed together, whichever of their intentions comes first.
std::vector<const Intention*> renames_of(const TableName& table, const RecipeContext& context) {
  std::vector<const Intention*> found;
  for (const Intention& intention : context.intentions) {
    const auto* rename = std::get_if<RenameColumn>(&intention.operation);
    if (rename != nullptr && rename->table == table) found.push_back(&intention);
  }
  return found;
}

Expression fill_for(const RecipeContext& context, const TableName& table, const Identifier& column) {
  for (const SplitOptions::Fill& fill : context.options.fills) {
    if (context.start.resolve_relation(fill.table) == table && fill.column == column) return fill.value;
  }
  return {};
}

/// SET NOT NULL on the old name, before it is renamed.
bool required_under_old_name(const RenameColumn& rename, const RecipeContext& context) {
  return std::any_of(context.intentions.begin(), context.intentions.end(), [&](const Intention& other) {
    const auto* set = std::get_if<SetNotNull>(&other.operation);
    return set != nullptr && set->table == rename.table && set->column == rename.from;
  });
}

bool hangs(const Schema& schema, const Table& table, const Identifier& column) {
  const Column* known = table.column(column);
  return known != nullptr && (known->identity || !dependents_of(schema, table, column).none());
}

/// A change of the type beside the rename that is only a note in the catalogue: it waits for the new name.
bool only_noted(const TableName& table, const Identifier& column, const Column& after, const Schema& schema,
                const RecipeContext& context) {
  const Table* known = schema.table(table);
  const Column* before = known == nullptr ? nullptr : known->column(column);
  if (before == nullptr || before->collation != after.collation) return false;
  const Effects effects =
      effects_of(ChangeType{table, column, after.type, {}, {}}, schema, context.options.effects);
  return effects.rewrites.empty() && effects.scans.empty() && effects.failures.empty() &&
         std::none_of(effects.indexes.begin(), effects.indexes.end(), [](const IndexEffect& index) {
           return index.work == IndexWork::Built || index.work == IndexWork::Rebuilt;
         });
}

bool stays(const RenameColumn& rename, const Schema& schema, const Table& table,
           const RecipeContext& context) {
  if (hangs(schema, table, rename.from)) return true;
  const Column* before = table.column(rename.from);
  const Table* table_after = context.after.table(rename.table);
  const Column* after = table_after == nullptr ? nullptr : table_after->column(rename.to);
  return before != nullptr && after != nullptr && !(before->type == after->type) &&
         only_noted(table.name, rename.from, *after, schema, context);
}

RecipeResult make(const RenameColumn& operation, const Intention& intention, const RecipeContext& context) {
  Renames renames;
  renames.schema = &context.start;
  const Table* table = context.start.table(operation.table);
  for (const Intention& other : context.intentions) {
    const auto* rename = std::get_if<RenameTable>(&other.operation);
    if (table != nullptr || rename == nullptr || other.evidence ||
        rename->table.schema != operation.table.schema || rename->to != operation.table.name)
      continue;
    renames.schema = &context.before;
    renames.views.push_back(rename->table.name);
    table = context.before.table(operation.table);
  }
  if (table == nullptr || context.before.table(operation.table) == nullptr) {
    return refused("Renaming " + said(operation.table, operation.from) + ": the table is not known.",
                   "Check that the history given to planner is complete.");
  }
  if (context.before.table(operation.table)->is_new) return harmless("The table is new: nobody uses it yet.");
  // Written as RENAME, everything that hangs on a column is carried along; written as DROP and ADD, only its
  // data. Each kind goes its own way.
  std::vector<const Intention*> all = renames_of(operation.table, context);
  std::erase_if(all, [&](const Intention* other) {
    return other->evidence.has_value() != intention.evidence.has_value();
  });
  if (all.front() != &intention) return covered("It shares the phases of the first rename in this table.");
  if (context.options.rename_by == "map") {
    return refused(
        "With --rename-by map there is nothing to do in the database.",
        "Give the field its new name with @map(\"" + operation.from.str() + "\") and delete this statement.");
  }

  renames.table = table;
  // What hangs on one of the columns decides for all: they share one mirror and one last phase.
  renames.old_one_stays = std::any_of(all.begin(), all.end(), [&](const Intention* each) {
    return !each->evidence &&
           stays(std::get<RenameColumn>(each->operation), *renames.schema, *table, context);
  });
  std::vector<MirrorPair> pairs;
  for (const Intention* each : all) {
    const auto& rename = std::get<RenameColumn>(each->operation);
    Rename column;
    column.from = rename.from;
    column.to = rename.to;
    column.sources = each->sources;
    column.old_column = table->column(rename.from);
    if (column.old_column == nullptr || table->column(rename.to) != nullptr) {
      return refused("Renaming " + said(table->name, rename.from) + " to " + said(rename.to) +
                         ": this migration moves several columns through one name.",
                     "Put the renames into migrations of their own.");
    }
    if (column.old_column->is_new) return harmless("The column is new: nobody uses it yet.");
    column.dropped_and_added = each->evidence.has_value();
    const Table* table_after = context.after.table(operation.table);
    const Column* after = table_after == nullptr ? nullptr : table_after->column(rename.to);
    if (after == nullptr) {
      return refused("Renaming " + said(table->name, rename.from) +
                         ": the migration drops or renames the column again later.",
                     "Write the final name only.");
    }
    column.type = after->type;
    column.collation = after->collation;
    // Of a column that stays, NOT NULL is set when it has its new name; what no longer asks for it writes
    // NULL to both from the first.
    column.not_null = after->not_null && (!renames.old_one_stays || column.old_column->not_null);
    const bool noted_later =
        renames.old_one_stays && only_noted(table->name, rename.from, *after, *renames.schema, context);
    if (noted_later) column.type = column.old_column->type;
    if (!noted_later &&
        (!(after->type == column.old_column->type) || after->collation != column.old_column->collation)) {
      const std::string copied = "--no-rename " + display(table->name) + "." + rename.from.str() +
                                 " --fill '" + display(table->name) + "." + rename.to.str() + "=" +
                                 quoted(rename.from) + "::" + type_sql(after->type).str() + "'";
      if (!after->default_value.empty()) {
        return refused(
            "Renaming " + said(table->name, rename.from) + " and changing its type in one migration.",
            "Put the change of type into a migration of its own; or write ADD COLUMN " + quoted(rename.to) +
                " with the new type, UPDATE " + quoted(table->name) + " SET " + quoted(rename.to) + " = " +
                quoted(rename.from) + "::" + type_sql(after->type).str() + ", DROP COLUMN " +
                quoted(rename.from) + ", and split that with --no-rename " + display(table->name) + "." +
                rename.from.str() + ".");
      }
      return refused(
          "Renaming " + said(table->name, rename.from) + " and changing its type in one migration.",
          each->evidence ? "Split with " + copied +
                               " (or any other expression): the new column is filled and follows the old "
                               "one until that goes."
                         : "Put the change of type into a migration of its own, before or after the "
                           "rename; or write DROP COLUMN " +
                               quoted(rename.from) + ", ADD COLUMN " + quoted(rename.to) +
                               " with the new type and split with " + copied + ".");
    }
    if (each->added_column && (each->added_column->identity || !each->added_column->generated.empty() ||
                               !each->added_column->constraints.empty())) {
      return refused(
          "Renaming " + said(table->name, rename.from) + " to " + said(rename.to) +
              ": the new column is written with constraints of its own.",
          "Write the constraints as ALTER TABLE ... ADD CONSTRAINT statements of the same migration.");
    }
    column.final_default = after->default_value;
    const Column* met = context.before.table(operation.table)->column(rename.from);
    column.old_default = (met == nullptr ? column.old_column : met)->default_value;
    const bool old_stable = stable(*renames.schema, column.old_default);
    // A default on both columns is what lets the mirror tell a column that was left out from an explicit
    // NULL.
    column.transition_default = stable(*renames.schema, column.final_default) ? column.final_default
                                : old_stable                                  ? column.old_default
                                                                              : Expression();
    column.fill = fill_for(context, operation.table, rename.to);
    if (column.fill.empty() && required_under_old_name(rename, context))
      column.fill = fill_of(context, operation.table, rename.from).value;
    if (column.not_null && !column.old_column->not_null && column.fill.empty()) {
      return question(said(table->name, rename.from) + " may be NULL but " + said(rename.to) +
                          " may not: which value do the rows without one get?",
                      "Say it with --fill " + display(table->name) + "." + rename.to.str() +
                          "=SQL, for example --fill \"" + display(table->name) + "." + rename.to.str() +
                          "=''\".");
    }
    if (column.not_null && !column.old_column->not_null) {
      if (auto ask = alike_where_unique(context, operation.table, rename.to)) return *ask;
    }
    const Dependents dependents = dependents_of(*renames.schema, *table, rename.from);
    if (auto refusal = reason_to_refuse(renames, column, dependents)) return *refusal;
    MirrorPair pair;
    pair.from = column.from;
    pair.to = column.to;
    pair.from_type = column.old_column->type;
    pair.to_type = column.type;
    if (old_stable) pair.from_default = column.old_default;
    pair.to_default = column.transition_default;
    if (column.not_null && !column.old_column->not_null) {
      // Without the cast a 7 would make an integer of a smallint, and the mirror compares bytes.
      pair.up = Expression::parse("COALESCE(" + quoted(column.from) + ", (" + column.fill.text().str() +
                                  ")::" + type_sql(column.type).str() + ")");
    }
    pairs.push_back(pair);
    renames.columns.push_back(column);
  }
  if (context.options.rename_by == "view") {
    std::vector<ViewRename> shown;
    std::vector<SourceRef> sources;
    for (const Rename& column : renames.columns) {
      if (column.not_null != column.old_column->not_null || column.final_default != column.old_default) {
        return refused("Renaming " + pairs_said(renames) + " of " + display(table->name) +
                           " by a view: NOT NULL or the default changes with it.",
                       "Use --rename-by copy.");
      }
      shown.push_back({column.from, column.to});
      sources.insert(sources.end(), column.sources.begin(), column.sources.end());
    }
    std::string why_not;
    std::optional<std::vector<Step>> steps = rename_by_view(*table, shown, sources, context, why_not);
    if (!steps)
      return refused(
          "Renaming " + pairs_said(renames) + " of " + display(table->name) + " by a view: " + why_not + ".",
          "Use --rename-by copy.");
    RecipeResult by_view;
    by_view.steps = std::move(*steps);
    return by_view;
  }
  renames.mirror = make_mirror(*table, pairs);

  RecipeResult result;
  result.steps.push_back(add_step(renames));
  result.steps.push_back(copy_step(renames, context));
  if (renames.old_one_stays) {
    std::vector<const Index*> carried;
    for (const Rename& column : renames.columns) {
      for (const Index* index : dependents_of(*renames.schema, *table, column.from).indexes) {
        if (index->valid && std::find(carried.begin(), carried.end(), index) == carried.end())
          carried.push_back(index);
      }
    }
    for (const Index* index : carried) {
      CreateIndex copy = recreated(*index, planner_name("copy", index->name.name.str()));
      for (const Rename& column : renames.columns) copy = on_other_column(copy, column.from, column.to);
      copy.concurrently = true;
      copy.if_not_exists = true;
      result.steps.push_back(index_step(renames, copy, index->name.name));
      renames.indexes.push_back(copy);
    }
  }
  result.steps.push_back(dual_write_step(renames));
  result.steps.push_back(enforce_step(renames));
  result.steps.push_back(drop_step(renames, context));

  std::vector<Identifier> assigned;
  for (const Rename& column : renames.columns) assigned.push_back(column.to);
  for (const Identifier& trigger : update_triggers(*table, assigned)) {
    result.notes.push_back("The backfill updates every row of " + display(table->name) +
                           ", which fires trigger " + said(trigger) + " for each.");
  }
  for (const Intention* each : all) {
    if (!each->evidence) continue;
    std::string note = "DROP and ADD are taken as a rename of " +
                       said(std::get<RenameColumn>(each->operation).from) + " to " +
                       said(std::get<RenameColumn>(each->operation).to) + ":";
    for (const std::string& reason : each->evidence->reasons) note += " " + reason + ";";
    note.back() = '.';
    result.notes.push_back(note);
  }
  return result;
}

}  // namespace

bool keeps_old_column(const RenameColumn& rename, const RecipeContext& context) {
  const Table* table = context.start.table(rename.table);
  const Schema& schema = table == nullptr ? context.before : context.start;
  if (table == nullptr) table = context.before.table(rename.table);
  if (table == nullptr) return false;
  const std::vector<const Intention*> all = renames_of(rename.table, context);
  return std::any_of(all.begin(), all.end(), [&](const Intention* each) {
    return !each->evidence && stays(std::get<RenameColumn>(each->operation), schema, *table, context);
  });
}

const Recipe rename_column{
    .id = "rename-column",
    .summary = "Rename a column by a copy that the database keeps equal until nobody uses the old name",
    .make = on<RenameColumn, make>,
};

}  // namespace planner::plans
