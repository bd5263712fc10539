#include <algorithm>

#include "plans/recipes.h"
#include "plans/steps/backfill.h"
#include "plans/steps/build.h"
#include "plans/steps/ddl.h"
#include "plans/steps/dependents.h"
#include "plans/steps/locks.h"
#include "plans/steps/mirror.h"
#include "plans/steps/prisma.h"
#include "plans/steps/rename_by_view.h"
#include "plans/steps/text.h"

namespace planner::plans {
namespace {

/// One column of the table that changes its name.
struct Rename {
  Identifier from, to;
  const Column* old_column = nullptr;
  TypeName type;
  ObjectName collation;
  bool not_null = false;           ///< the column under its new name
  Expression fill;                 ///< for rows whose old value is NULL although the new column may not be
  Expression transition_default;   ///< of the new column while both exist
  Expression final_default;        ///< of the new column in the end
  bool dropped_and_added = false;  ///< written as DROP + ADD: nothing but the data is carried over
  std::vector<SourceRef> sources;
};

struct Renames {
  const Table* table = nullptr;
  const Schema* schema =
      nullptr;  ///< that holds the table: at the start, or after the migration has renamed it
  std::vector<Identifier> views;  ///< that stand in under the table's old names and show the old columns
  std::vector<Rename> columns;
  Mirror mirror;
  /// The old column keeps everything that hangs on it and takes the new name in the end; the copy serves the
  /// transition only.
  bool old_one_stays = false;
  std::vector<CreateIndex> indexes;  ///< of the copy, for the time it is read
};

bool stable(const Schema& schema, const Expression& value) {
  if (value.empty()) return false;
  const auto volatility = schema.volatility(value);
  return volatility == Schema::ExpressionVolatility::Immutable ||
         volatility == Schema::ExpressionVolatility::Stable;
}

StepLock exclusive(const Renames& renames) {
  return {renames.table->name, LockMode::AccessExclusive, std::string(kMoment)};
}

std::string pairs_said(const Renames& renames) {
  std::string out;
  for (const Rename& column : renames.columns)
    out += (out.empty() ? "" : ", ") + said(column.from) + " to " + said(column.to);
  return out;
}

std::string names_said(const Renames& renames, bool new_ones) {
  std::string out;
  for (const Rename& column : renames.columns)
    out += (out.empty() ? "" : ", ") + said(new_ones ? column.to : column.from);
  return out;
}

Identifier proof_name(const Identifier& column) { return planner_name("not_null", column.str()); }

Sql alter(const TableName& table, const std::vector<Sql>& actions) {
  return sql("ALTER TABLE {} {}", table, join(actions, ", "));
}

/// ADD COLUMN `as` (a copy of the renamed column) without NOT NULL. The default is set apart: inside ADD
/// COLUMN it would fill the rows that exist, and a row that must still be copied could no longer be told.
std::vector<Sql> add_actions(const Rename& rename, const Identifier& as) {
  std::vector<Sql> actions{
      sql("ADD COLUMN {} {}{}", as, type_sql(rename.type), collate_sql(rename.collation))};
  if (!rename.transition_default.empty())
    actions.push_back(sql("ALTER COLUMN {} SET DEFAULT {}", as, rename.transition_default.text()));
  if (rename.dropped_and_added) return actions;
  const Column& old_column = *rename.old_column;
  if (!old_column.storage.empty())
    actions.push_back(sql("ALTER COLUMN {} SET STORAGE {}", as, Identifier(old_column.storage)));
  if (!old_column.compression.empty())
    actions.push_back(sql("ALTER COLUMN {} SET COMPRESSION {}", as, Identifier(old_column.compression)));
  if (old_column.statistics_target >= 0)
    actions.push_back(sql("ALTER COLUMN {} SET STATISTICS {}", as, old_column.statistics_target));
  return actions;
}

/// Everything that makes `copy` follow the renamed column: the copy, the mirror, the constraints that prove
/// it.
std::vector<Sql> install(const Mirror& mirror, const std::vector<Rename>& columns,
                         const std::vector<Identifier>& copies) {
  std::vector<Sql> actions;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    for (const Sql& action : add_actions(columns[i], copies[i])) actions.push_back(action);
  }
  std::vector<Sql> statements{alter(mirror.table, actions), one_way_function(mirror)};
  for (const Sql& statement : create_counter(mirror)) statements.push_back(statement);
  for (const Sql& statement : create_trigger(mirror)) statements.push_back(statement);
  statements.push_back(add_sync_check(mirror));
  return statements;
}

Sql add_proof(const TableName& table, const Identifier& proof, const Identifier& column) {
  return sql("ALTER TABLE {} ADD CONSTRAINT {} CHECK ({} IS NOT NULL) NOT VALID", table, proof, column);
}

/// VALIDATE of the mirror's CHECK and of the not-null proofs: one pass over the table.
Sql validate(const Renames& renames) {
  std::vector<Sql> actions{sql("VALIDATE CONSTRAINT {}", renames.mirror.constraint_name)};
  for (const Rename& column : renames.columns) {
    if (column.not_null) actions.push_back(sql("VALIDATE CONSTRAINT {}", proof_name(column.to)));
  }
  return alter(renames.table->name, actions);
}

/// SET NOT NULL and DROP of its proof: two statements, because in one ALTER TABLE the drop runs first and the
/// table is read.
std::vector<Sql> enforce_not_null(const Renames& renames, bool swapped = false) {
  std::vector<Sql> set, drop;
  for (const Rename& column : renames.columns) {
    if (!column.not_null) continue;
    set.push_back(sql("ALTER COLUMN {} SET NOT NULL", swapped ? column.from : column.to));
    drop.push_back(sql("DROP CONSTRAINT {}", proof_name(column.to)));
  }
  if (set.empty()) return {};
  return {alter(renames.table->name, set), alter(renames.table->name, drop)};
}

PrismaAdvice advice(const Renames& renames, bool new_leads, bool enforced) {
  std::string text;
  for (const Rename& column : renames.columns) {
    if (!text.empty()) text += "; ";
    const std::string old_field = prisma_field(column.from, column.type, !column.old_column->not_null);
    const std::string new_field = prisma_field(column.to, column.type, !(enforced && column.not_null));
    if (new_leads) {
      text += "`" + new_field + "` is the field the code uses; keep `" + old_field + " @ignore`";
    } else {
      text += "keep `" + old_field + "` and add `" + new_field + " @ignore`";
    }
    text += " (the ignored one without @default)";
  }
  return {renames.table->name.name.str(), text};
}

Step base_step(const Renames& renames, PhaseKind kind, Window window) {
  Step step;
  step.kind = kind;
  step.window = window;
  step.recipe = "rename-column";
  step.slug = std::string(phase_name(kind)) + "_" + renames.table->name.name.str();
  for (const Rename& column : renames.columns)
    step.sources.insert(step.sources.end(), column.sources.begin(), column.sources.end());
  return step;
}

Step add_step(const Renames& renames, const RecipeContext& context) {
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
  (void)context;
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

/// Indexes the copy needs while the new release reads it; they go with the copy.
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

/// The way back from the last phase when the copy went and the old column took its name: a new copy first
/// grows beside the column, then both change names at once, so that either release finds all values at any
/// moment.
std::vector<ReverseStep> regrow_copy(const Renames& renames, const RecipeContext& context) {
  std::vector<MirrorPair> pairs;
  std::vector<Identifier> copies;
  std::vector<Sql> names_back;
  for (std::size_t i = 0; i < renames.columns.size(); ++i) {
    const Rename& column = renames.columns[i];
    MirrorPair pair = renames.mirror.pairs[i];
    pair.from = column.to;
    pair.to = planner_name("back", column.to.str());
    copies.push_back(pair.to);
    pairs.push_back(pair);
    names_back.push_back(
        sql("ALTER TABLE {} RENAME COLUMN {} TO {}", renames.table->name, column.to, column.from));
  }
  Mirror mirror = renames.mirror;
  mirror.pairs = pairs;
  ReverseStep grow;
  grow.locks = {exclusive(renames)};
  grow.statements = install(mirror, renames.columns, copies);
  for (std::size_t i = 0; i < copies.size(); ++i) {
    const Rename& column = renames.columns[i];
    if (column.not_null)
      grow.statements.push_back(add_proof(renames.table->name, proof_name(column.to), copies[i]));
    if (!column.old_column->comment.empty()) {
      grow.statements.push_back(sql("COMMENT ON COLUMN {}.{} IS {}", renames.table->name, copies[i],
                                    Literal(column.old_column->comment)));
    }
    names_back.push_back(
        sql("ALTER TABLE {} RENAME COLUMN {} TO {}", renames.table->name, copies[i], column.to));
  }
  std::vector<ReverseStep> back{grow};
  Backfill backfill = copy_of(mirror, *renames.table);
  for (Identifier& key : backfill.key) {
    for (const Rename& column : renames.columns) {
      if (key == column.from) key = column.to;
    }
  }
  back.push_back({{batched_block(backfill, context.options.batch_rows, copies)}, {}, Shape::Committing});
  for (const CreateIndex& index : renames.indexes) {
    CreateIndex again = index;
    for (std::size_t i = 0; i < copies.size(); ++i)
      again = on_other_column(again, renames.columns[i].to, copies[i]);
    back.push_back({{create_index_sql(again)}, {}, Shape::Alone});
  }
  back.push_back({{validate(renames)},
                  {{renames.table->name, LockMode::ShareUpdateExclusive, std::string(kScan)}},
                  Shape::Together});
  ReverseStep swap;
  swap.locks = {exclusive(renames)};
  swap.statements = names_back;
  for (const Sql& statement : enforce_not_null(renames)) swap.statements.push_back(statement);
  swap.statements.push_back(two_way_function(renames.mirror, true));
  back.push_back(swap);
  return back;
}

/// The way back from the last phase when the old column was dropped: it grows again as a copy of the new one.
std::vector<ReverseStep> regrow_old(const Renames& renames, const RecipeContext& context) {
  const TableName& table = renames.table->name;
  std::vector<MirrorPair> pairs;
  std::vector<Rename> olds;
  std::vector<Identifier> copies;
  for (std::size_t i = 0; i < renames.columns.size(); ++i) {
    MirrorPair pair = renames.mirror.pairs[i];
    std::swap(pair.from, pair.to);
    std::swap(pair.from_type, pair.to_type);
    std::swap(pair.up, pair.down);
    std::swap(pair.from_default, pair.to_default);
    pairs.push_back(pair);
    Rename old = renames.columns[i];
    old.transition_default = old.old_column->default_value;
    old.collation = old.old_column->collation;
    old.type = old.old_column->type;
    old.dropped_and_added = false;
    olds.push_back(old);
    copies.push_back(old.from);
  }
  Mirror reversed = renames.mirror;
  reversed.pairs = pairs;
  ReverseStep grow;
  grow.locks = {exclusive(renames)};
  std::vector<Sql> actions, proofs, set, drop;
  for (std::size_t i = 0; i < olds.size(); ++i) {
    const Rename& column = renames.columns[i];
    for (const Sql& action : add_actions(olds[i], copies[i])) actions.push_back(action);
    if (!stable(*renames.schema, column.final_default) || column.transition_default.empty()) {
      if (column.final_default != column.transition_default) {
        actions.push_back(column.transition_default.empty() ? sql("ALTER COLUMN {} DROP DEFAULT", column.to)
                                                            : sql("ALTER COLUMN {} SET DEFAULT {}", column.to,
                                                                  column.transition_default.text()));
      }
    }
    if (column.old_column->not_null && column.not_null) {
      const Identifier proof = planner_name("not_null_again", column.from.str());
      proofs.push_back(add_proof(table, proof, column.from));
      set.push_back(sql("ALTER COLUMN {} SET NOT NULL", column.from));
      drop.push_back(sql("DROP CONSTRAINT {}", proof));
    }
    if (!column.old_column->comment.empty()) {
      proofs.push_back(
          sql("COMMENT ON COLUMN {}.{} IS {}", table, column.from, Literal(column.old_column->comment)));
    }
  }
  grow.statements = {alter(table, actions), one_way_function(reversed)};
  for (const Sql& statement : create_counter(renames.mirror)) grow.statements.push_back(statement);
  for (const Sql& statement : create_trigger(renames.mirror)) grow.statements.push_back(statement);
  grow.statements.push_back(add_sync_check(renames.mirror));
  grow.statements.insert(grow.statements.end(), proofs.begin(), proofs.end());
  std::vector<ReverseStep> back{grow};
  back.push_back({{batched_block(copy_of(reversed, *renames.table), context.options.batch_rows, copies)},
                  {},
                  Shape::Committing});
  std::vector<Sql> validations{sql("VALIDATE CONSTRAINT {}", renames.mirror.constraint_name)};
  for (const Rename& column : renames.columns) {
    if (column.old_column->not_null && column.not_null) {
      validations.push_back(sql("VALIDATE CONSTRAINT {}", planner_name("not_null_again", column.from.str())));
    }
  }
  back.push_back({{alter(table, validations), two_way_function(renames.mirror, true)},
                  {{table, LockMode::ShareUpdateExclusive, std::string(kScan)}},
                  Shape::Together});
  if (!set.empty())
    back.push_back({{alter(table, set), alter(table, drop)}, {exclusive(renames)}, Shape::Together});
  return back;
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
  }
  step.application =
      "The new release notices nothing. A process of the old release would fail: this phase is for when none "
      "is left.";
  step.prisma = {
      {table.name.str(), "remove the ignored field: " + names_said(renames, true) + " alone remains"}};
  return step;
}

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
    // Of a column that stays, NOT NULL is set when it has its new name.
    column.not_null = renames.old_one_stays ? column.old_column->not_null : after->not_null;
    const bool noted_later =
        renames.old_one_stays && only_noted(table->name, rename.from, *after, *renames.schema, context);
    if (noted_later) column.type = column.old_column->type;
    if (!noted_later &&
        (!(after->type == column.old_column->type) || after->collation != column.old_column->collation)) {
      return refused(
          "Renaming " + said(table->name, rename.from) + " and changing its type in one migration.",
          "Put the change of type into a migration of its own, before or after the rename.");
    }
    if (each->added_column && (each->added_column->identity || !each->added_column->generated.empty() ||
                               !each->added_column->constraints.empty())) {
      return refused(
          "Renaming " + said(table->name, rename.from) + " to " + said(rename.to) +
              ": the new column is written with constraints of its own.",
          "Write the constraints as ALTER TABLE ... ADD CONSTRAINT statements of the same migration.");
    }
    column.final_default = after->default_value;
    const bool old_stable = stable(*renames.schema, column.old_column->default_value);
    // A default on both columns is what lets the mirror tell a column that was left out from an explicit
    // NULL.
    column.transition_default = stable(*renames.schema, column.final_default) ? column.final_default
                                : old_stable ? column.old_column->default_value
                                             : Expression();
    column.fill = fill_for(context, operation.table, rename.to);
    if (column.not_null && !column.old_column->not_null && column.fill.empty()) {
      return question(said(table->name, rename.from) + " may be NULL but " + said(rename.to) +
                          " may not: which value do the rows without one get?",
                      "Say it with --fill " + display(table->name) + "." + rename.to.str() +
                          "=SQL, for example --fill \"" + display(table->name) + "." + rename.to.str() +
                          "=''\".");
    }
    const Dependents dependents = dependents_of(*renames.schema, *table, rename.from);
    if (auto refusal = reason_to_refuse(renames, column, dependents)) return *refusal;
    MirrorPair pair;
    pair.from = column.from;
    pair.to = column.to;
    pair.from_type = column.old_column->type;
    pair.to_type = column.type;
    if (old_stable) pair.from_default = column.old_column->default_value;
    pair.to_default = column.transition_default;
    if (column.not_null && !column.old_column->not_null) {
      pair.up = Expression::parse("COALESCE(" + quoted(column.from) + ", " + column.fill.text().str() + ")");
    }
    pairs.push_back(pair);
    renames.columns.push_back(column);
  }
  if (context.options.rename_by == "view") {
    std::vector<ViewRename> shown;
    std::vector<SourceRef> sources;
    for (const Rename& column : renames.columns) {
      if (column.not_null != column.old_column->not_null ||
          column.final_default != column.old_column->default_value) {
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
  result.steps.push_back(add_step(renames, context));
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
