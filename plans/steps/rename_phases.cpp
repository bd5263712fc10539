#include "plans/steps/rename.h"

#include "planner/compose/prisma_schema.h"
#include "plans/steps/backfill.h"
#include "plans/steps/base.h"
#include "plans/steps/build.h"
#include "plans/steps/ddl.h"
#include "plans/steps/dependents.h"
#include "plans/steps/locks.h"
#include "plans/steps/privileges.h"
#include "plans/steps/text.h"

namespace planner::plans {
namespace {

PrismaAdvice advice(const Renames& renames, bool new_leads, bool enforced) {
  std::string text;
  std::vector<Identifier> columns;
  for (const Rename& column : renames.columns) {
    columns.push_back(column.from);
    columns.push_back(column.to);
    if (!text.empty()) text += "; ";
    // Relaxed, so that the new release may leave it empty.
    const bool relaxed = new_leads && !column.not_null;
    const std::string old_field =
        prisma_field(column.from, column.type, relaxed || !column.old_column->not_null);
    const std::string new_field = prisma_field(column.to, column.type, !(enforced && column.not_null));
    if (new_leads) {
      text += "`" + new_field + "` is the field the code uses; keep `" + old_field + " @ignore`";
    } else {
      text += "keep `" + old_field + "` and add `" + new_field + " @ignore`";
    }
    text += " (the ignored one without @default)";
  }
  return {renames.table->name.name.str(), text, columns};
}

Step base_step(const Renames& renames, PhaseKind kind, Window window) {
  return step_on("rename-column", kind, window, renames.table->name, renames.columns);
}
}  // namespace

/// DROP COLUMN loses the privileges on a single column; whether that is meant, the history does not tell.
static Sql raise_privileges(const TableName& table, const Rename& column) {
  return sql(
      "IF EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = to_regclass({}) AND a.attname = {} AND "
      "a.attacl IS NOT "
      "NULL) THEN\n"
      "    RAISE EXCEPTION 'planner: privileges are granted on the column %.% alone, which its copy would "
      "lack', {}, "
      "{}\n"
      "      USING HINT = 'Nothing was changed. Grant them on the whole table and revoke them on the column, "
      "then run "
      "this again.';\n"
      "  END IF",
      Literal(quoted(table)), Literal(column.from.str()), Literal(display(table)),
      Literal(column.from.str()));
}

Step add_step(const Renames& renames) {
  Step step = base_step(renames, PhaseKind::Add, Window::OldRelease);
  const TableName& table = renames.table->name;
  std::vector<Identifier> copies;
  for (const Rename& column : renames.columns) copies.push_back(column.to);
  step.title = "add " + names_said(renames, true) + " to " + display(table) + " and mirror " +
               names_said(renames, false) + " into it";
  step.why =
      "The new column must follow every write before the first row is copied: a row written between the two "
      "would be missed. The CHECK is the "
      "promise as a constraint: PostgreSQL itself refuses any drift.";
  step.locks = {exclusive(renames)};
  step.statements = install(renames.mirror, renames.columns, copies);
  for (const Rename& column : renames.columns) {
    if (column.dropped_and_added) {
      step.gates.push_back(raise_privileges(table, column));
    } else {
      step.statements.push_back(carry_privileges(table, column.from, column.to));
    }
  }
  for (const Rename& column : renames.columns) {
    if (column.not_null && !(column.fill.empty() && !column.old_column->not_null)) {
      step.statements.push_back(add_proof(table, proof_name(column.to), column.to));
    }
    // The new release may write NULL where the old column could not hold it.
    if (!column.not_null && column.old_column->not_null) {
      step.statements.push_back(sql("ALTER TABLE {} ALTER COLUMN {} DROP NOT NULL", table, column.from));
    }
    if (!column.dropped_and_added && !column.old_column->comment.empty()) {
      step.statements.push_back(
          sql("COMMENT ON COLUMN {}.{} IS {}", table, column.to, Literal(column.old_column->comment)));
    }
  }
  ReverseStep back;
  back.locks = step.locks;
  back.statements = drop_mirror(renames.mirror);
  back.statements.push_back(drop_counter(renames.mirror));
  std::vector<Sql> drops, relaxed;
  for (const Rename& column : renames.columns) {
    drops.push_back(sql("DROP COLUMN {}", column.to));
    if (!column.not_null && column.old_column->not_null) {
      relaxed.push_back(sql("ALTER TABLE {} ALTER COLUMN {} SET NOT NULL", table, column.from));
    }
  }
  back.statements.push_back(alter(table, drops));
  step.reverse = {back};
  if (!relaxed.empty()) {
    step.reverse_note = "SET NOT NULL on the old column reads the table once while nobody can use it.";
    step.reverse.front().statements.insert(step.reverse.front().statements.end(), relaxed.begin(),
                                           relaxed.end());
  }
  step.application = "It goes on writing " + names_said(renames, false) + "; " + names_said(renames, true) +
                     " is filled by the database, and a write to it is refused until the dual-write phase.";
  step.prisma = {advice(renames, false, false)};
  if (!renames.old_one_stays) {
    for (const Rename& column : renames.columns) step.provides.push_back(label_column(table, column.to));
  }
  step.provides.push_back("mirrored:" + quoted(table) + names_said(renames, true));
  return step;
}

Step copy_step(const Renames& renames, const RecipeContext& context) {
  std::vector<Identifier> columns;
  for (const Rename& column : renames.columns) columns.push_back(column.to);
  const Backfill backfill = copy_of(renames.mirror, *renames.table);
  Step step = backfill_step(backfill, context.options, columns);
  const Step base = base_step(renames, PhaseKind::Backfill, Window::OldRelease);
  step.window = base.window;
  step.recipe = base.recipe;
  step.sources = base.sources;
  step.title = "copy " + names_said(renames, false) + " to " + names_said(renames, true) + " in " +
               display(renames.table->name);
  step.reverse_note = "The copied values stay: the mirror keeps them right.";
  step.application = "Nothing changes for it.";
  step.prisma = {advice(renames, false, false)};
  if (!renames.old_one_stays) {
    for (const Identifier& column : columns)
      step.provides.push_back(label_filled(renames.table->name, column));
  }
  step.provides.push_back("copied:" + quoted(renames.table->name) + names_said(renames, true));
  step.after = {
      {"every row is copied", sql("SELECT 1 FROM {} WHERE {} LIMIT 1", backfill.table, backfill.todo)}};
  return step;
}

Step index_step(const Renames& renames, const CreateIndex& index, const Identifier& original) {
  Step step = base_step(renames, PhaseKind::Backfill, Window::OldRelease);
  step.shape = Shape::Alone;
  step.slug = "index_" + original.str();
  step.title = "build for " + names_said(renames, true) + " what index " + said(original) + " is for " +
               names_said(renames, false);
  step.why =
      "The new release searches by the new column from its first second; built after the copy, because that "
      "is faster and leaves less bloat.";
  step.statements = {create_index_sql(index)};
  step.after = {index_is_whole(index.table, ObjectName(index.table.schema, index.name))};
  step.locks = {{index.table, LockMode::ShareUpdateExclusive, std::string(kScan)}};
  ReverseStep back;
  back.shape = Shape::Alone;
  back.statements = {sql("DROP INDEX CONCURRENTLY IF EXISTS {}", ObjectName(index.table.schema, index.name))};
  step.reverse = {back};
  step.reverse_note =
      "If the build was interrupted it left an invalid index of this name: the same statement removes it, "
      "REINDEX INDEX CONCURRENTLY mends it.";
  step.application = "Nothing changes for it.";
  step.prisma = {advice(renames, false, false)};
  step.needs = {"copied:" + quoted(renames.table->name) + names_said(renames, true)};
  return step;
}

Step dual_write_step(const Renames& renames) {
  Step step = base_step(renames, PhaseKind::DualWrite, Window::BothReleases);
  const TableName& table = renames.table->name;
  step.title = "mirror " + display(table) + " both ways between " + names_said(renames, false) + " and " +
               names_said(renames, true);
  step.why =
      "VALIDATE lets PostgreSQL prove that every row was copied; replacing the function turns the mirror "
      "into a two-way one and locks no table.";
  step.locks = {{table, LockMode::ShareUpdateExclusive, std::string(kScan)}};
  step.statements = {validate(renames), two_way_function(renames.mirror)};
  ReverseStep back;
  back.locks = {exclusive(renames)};
  back.statements = {one_way_function(renames.mirror),
                     sql("ALTER TABLE {} DROP CONSTRAINT {}", table, renames.mirror.constraint_name),
                     add_sync_check(renames.mirror)};
  for (const Rename& column : renames.columns) {
    if (!column.not_null) continue;
    back.statements.push_back(sql("ALTER TABLE {} DROP CONSTRAINT {}", table, proof_name(column.to)));
    back.statements.push_back(add_proof(table, proof_name(column.to), column.to));
  }
  step.reverse = {back};
  step.reverse_note = "Take the new release back first: from then on only the old column may be written.";
  step.application = "Deploy the release that uses " + names_said(renames, true) +
                     ". The old one may go on beside it, and either may be rolled back.";
  step.prisma = {advice(renames, true, false)};
  step.before = {{"every row is copied",
                  sql("SELECT 1 FROM {} WHERE NOT ({}) LIMIT 1", table, in_sync(renames.mirror))}};
  return step;
}

Step enforce_step(const Renames& renames) {
  Step step = base_step(renames, PhaseKind::Enforce, Window::NewRelease);
  const TableName& table = renames.table->name;
  step.statements = enforce_not_null(renames);
  const bool required = !step.statements.empty();
  step.statements.push_back(two_way_function(renames.mirror, true));
  ReverseStep back;
  std::vector<Sql> relax;
  for (const Rename& column : renames.columns) {
    if (column.not_null) relax.push_back(sql("ALTER COLUMN {} DROP NOT NULL", column.to));
  }
  if (required) {
    step.locks = {exclusive(renames)};
    step.title = "require " + names_said(renames, true) + " in " + display(table);
    step.why =
        "The validated CHECK is the proof PostgreSQL takes instead of reading the table under its strongest "
        "lock.";
    back.locks = step.locks;
    back.statements.push_back(alter(table, relax));
    for (const Rename& column : renames.columns) {
      if (column.not_null) back.statements.push_back(add_proof(table, proof_name(column.to), column.to));
    }
  } else {
    step.title =
        "report writes that still come through " + names_said(renames, false) + " of " + display(table);
    step.why =
        "A forgotten process of the old release is found in the server's log while everything can still be "
        "undone.";
  }
  back.statements.push_back(two_way_function(renames.mirror));
  step.reverse = {back};
  if (required) {
    ReverseStep prove;
    std::vector<Sql> actions;
    for (const Rename& column : renames.columns) {
      if (column.not_null) actions.push_back(sql("VALIDATE CONSTRAINT {}", proof_name(column.to)));
    }
    prove.statements = {alter(table, actions)};
    prove.locks = {{table, LockMode::ShareUpdateExclusive, std::string(kScan)}};
    step.reverse.push_back(prove);
  }
  step.application =
      "A write that comes through " + names_said(renames, false) +
      " still works and leaves a warning in the server's log: look for it before the next phase.";
  step.prisma = {advice(renames, true, true)};
  return step;
}
Step drop_step(const Renames& renames, const RecipeContext& context) {
  Step step = base_step(renames, PhaseKind::Drop, Window::NewRelease);
  const TableName& table = renames.table->name;
  step.locks = {exclusive(renames)};
  step.statements = drop_mirror(renames.mirror);
  step.statements.push_back(drop_counter(renames.mirror));
  std::vector<Sql> actions;
  for (const Identifier& view : renames.views) step.needs.push_back(label_gone({table.schema, view}));
  // What the migration drops by itself goes first: afterwards it would be gone or have another name, and
  // could not be made again.
  for (const Rename& column : renames.columns) {
    const Dependents dependents = dependents_of(*renames.schema, *renames.table, column.from);
    for (const Index* index : dependents.indexes) step.needs.push_back(label_gone(index->name));
    for (const Constraint* constraint : dependents.constraints)
      step.needs.push_back("gone:" + label_constraint(table, constraint->definition.name));
  }
  if (renames.old_one_stays) {
    step.title = "let " + names_said(renames, false) + " of " + display(table) +
                 " take the name of its copy (" + pairs_said(renames) + ")";
    step.why =
        "Both columns hold the same values in every row. The original one keeps every index, key, view and "
        "permission it has, so it is the copy "
        "that goes, in the same short transaction in which the original takes its name.";
    for (const Rename& column : renames.columns) actions.push_back(sql("DROP COLUMN {}", column.to));
    step.statements.push_back(alter(table, actions));
    for (const Rename& column : renames.columns) {
      step.statements.push_back(sql("ALTER TABLE {} RENAME COLUMN {} TO {}", table, column.from, column.to));
    }
    step.reverse = regrow_copy(renames, context);
    for (const Rename& column : renames.columns) {
      step.provides.push_back(label_column(table, column.to));
      step.provides.push_back(label_filled(table, column.to));
    }
  } else {
    step.title = "drop " + names_said(renames, false) + " of " + display(table);
    step.why = "Nobody uses the old column any more; the mirror goes with it.";
    for (const Rename& column : renames.columns) {
      if (column.final_default != column.transition_default) {
        actions.push_back(column.final_default.empty() ? sql("ALTER COLUMN {} DROP DEFAULT", column.to)
                                                       : sql("ALTER COLUMN {} SET DEFAULT {}", column.to,
                                                             column.final_default.text()));
      }
      actions.push_back(sql("DROP COLUMN {}", column.from));
      for (const StepLock& lock :
           locks_of(DropColumn{table, column.from}, *renames.schema, context.options.effects)) {
        if (lock.relation != table) step.locks.push_back(lock);
      }
    }
    step.statements.push_back(alter(table, actions));
    step.reverse = regrow_old(renames, context);
    for (const Rename& column : renames.columns) {
      const Dependents dependents = dependents_of(*renames.schema, *renames.table, column.from);
      if (!dependents.none()) {
        step.reversible = false;
        step.reverse_note =
            "What hung on " + said(column.from) +
            " (indexes, constraints) went with it, as in the original migration; all values are in " +
            said(column.to) + ".";
      }
    }
    if (!step.reversible) step.reverse.clear();
    for (const Rename& column : renames.columns) {
      if (step.reversible && column.not_null && !column.old_column->not_null)
        step.reverse_note = "Rows that had no value in " + said(column.from) + " keep the one of --fill.";
    }
  }
  step.application =
      "The new release notices nothing. A process of the old release would fail: this phase is for when none "
      "is left.";
  PrismaAdvice alone{table.name.str(),
                     "remove the ignored field: " + names_said(renames, true) + " alone remains"};
  for (const Rename& column : renames.columns) {
    alone.columns.push_back(column.from);
    alone.columns.push_back(column.to);
  }
  step.prisma = {alone};
  return step;
}

}  // namespace planner::plans
