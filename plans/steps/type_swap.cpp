#include "plans/steps/type_swap.h"

#include <algorithm>

#include "planner/compose/prisma_schema.h"
#include "plans/steps/backfill.h"
#include "plans/steps/base.h"
#include "plans/steps/build.h"
#include "plans/steps/ddl.h"
#include "plans/steps/key_join.h"
#include "plans/steps/not_null.h"
#include "plans/steps/text.h"
#include "plans/steps/type_swap_sql.h"

namespace planner::plans {

using namespace type_swap;  // NOLINT: its other half

namespace {

void add_type_needs(const TypeSwap& swap, const SwappedTable& table, Step& step) {
  for (const SwappedEnum& type : swap.enums) step.needs.push_back(label_type(type.fresh));
  for (const SwappedColumn& column : table.columns) step.needs.push_back(label_type(column.fresh_type.name));
}

Step base_step(const SwappedTable& table, PhaseKind kind, Window window) {
  return step_on("change-type", kind, window, table.table->name, table.columns);
}

PrismaAdvice advice(const SwappedTable& table, bool swapped) {
  std::string text;
  std::vector<Identifier> columns;
  for (const SwappedColumn& column : table.columns) {
    if (!text.empty()) text += "; ";
    const Column& now = swapped ? *column.after : *column.before;
    text += (swapped ? "the field is now `" : "keep `") + prisma_field(column.name, now.type, !now.not_null) +
            "`";
    columns.push_back(column.name);
  }
  return {table.table->name.name.str(), text, columns};
}

/// Before anything follows anything: is there a value that would be lost? The conversion has to exist for
/// that; no lock is held while it looks.
Step look_step(const TypeSwap& swap, const SwappedTable& table) {
  Step step = base_step(table, PhaseKind::Add, swap.before);
  const TableName& name = table.table->name;
  step.slug = "look_" + name.name.str();
  step.title = "look at every value of " + names_said(table) + " in " + display(name) +
               " for one that the new type cannot hold";
  step.why = "What cannot be converted without loss is counted and shown before anything is changed.";
  step.statements = functions_of(table, false);
  ReverseStep back;
  for (const SwappedColumn& column : table.columns) {
    if (!column.refused.empty() && !table.changed_first)
      step.statements.push_back(raise_refused(table, column));
    append(back.statements, column.up.drop_functions);
  }
  step.locks = {{name, LockMode::AccessShare, std::string(kScan)}};
  step.reverse = {back};
  step.application = "Nothing changes for it.";
  step.provides = {label("looked", table)};
  add_type_needs(swap, table, step);
  return step;
}

Step add_step(const TypeSwap& swap, const SwappedTable& table) {
  Step step = base_step(table, PhaseKind::Add, swap.before);
  const TableName& name = table.table->name;
  step.title = "give " + plain_said(table) + " of " + display(name) +
               " a shadow of the new type that follows every write";
  step.why =
      "The shadow must follow before the first row is converted: a row written between the two would be "
      "missed. The conversion never fails, so no "
      "write of the application does; the CHECK lets PostgreSQL itself refuse any drift.";
  std::vector<Sql> actions;
  for (const SwappedColumn& column : table.columns) {
    if (column.join) continue;
    // What the migration itself takes away and makes again still hangs on it here.
    if (swap.take_away.empty()) step.gates.push_back(raise_hidden(table, column));
    if (column.up.reads_clock_zone) step.gates.push_back(raise_zone(column));
    actions.push_back(sql("ADD COLUMN {} {}{}", column.fresh, type_sql(column.fresh_type),
                          collate_sql(column.after->collation)));
    if (column.after->statistics_target >= 0)
      actions.push_back(
          sql("ALTER COLUMN {} SET STATISTICS {}", column.fresh, column.after->statistics_target));
  }
  if (!with_fits(table)) step.statements = functions_of(table, false);
  append(step.statements, {alter(name, actions), follow_function(table)});
  append(step.statements, carry_all_privileges(table));
  append(step.statements, create_trigger(table.mirror));
  step.statements.push_back(add_sync_check(table.mirror));
  append(step.statements, add_proofs(table, false));
  for (const SwappedColumn& column : table.columns) {
    if (!column.after->comment.empty() && !column.join)
      step.statements.push_back(
          sql("COMMENT ON COLUMN {}.{} IS {}", name, column.fresh, Literal(column.after->comment)));
  }
  step.locks = {exclusive(name)};
  ReverseStep back;
  back.locks = step.locks;
  back.statements = drop_mirror(table.mirror);
  std::vector<Sql> drops;
  for (const SwappedColumn& column : table.columns) {
    if (!column.join) drops.push_back(sql("DROP COLUMN {}", column.fresh));
  }
  back.statements.push_back(alter(name, drops));
  if (!with_fits(table)) {
    for (const SwappedColumn& column : table.columns) append(back.statements, column.up.drop_functions);
  }
  step.reverse = {back};
  step.application = "Nothing changes for it.";
  step.prisma = {advice(table, false)};
  step.provides = {label("shadowed", table)};
  if (with_fits(table)) step.needs.push_back(label("looked", table));
  add_type_needs(swap, table, step);
  return step;
}

Step copy_step(const TypeSwap& swap, const SwappedTable& table, const RecipeContext& context) {
  std::vector<Identifier> columns;
  for (const SwappedColumn& column : table.columns) {
    if (!column.join) columns.push_back(column.fresh);
  }
  const Backfill backfill = copy_of(table.mirror, *table.table);
  Step step = backfill_step(backfill, context.options, columns);
  const Step base = base_step(table, PhaseKind::Backfill, swap.before);
  step.window = base.window;
  step.recipe = base.recipe;
  step.sources = base.sources;
  step.title = "convert " + plain_said(table) + " of every row of " + display(table.table->name);
  step.reverse_note = "The converted values stay: the trigger keeps them right.";
  step.application = "Nothing changes for it.";
  step.needs = {label("shadowed", table)};
  step.provides = {label(has_joins(table) ? "copied_plain" : "copied", table)};
  for (const SwappedColumn& column : table.columns) {
    if (!column.join) step.provides.push_back(label_shadow(table.table->name, column.name));
  }
  step.after = {
      {"every row is converted", sql("SELECT 1 FROM {} WHERE {} LIMIT 1", backfill.table, backfill.todo)}};
  return step;
}

Step build_step(const TypeSwap& swap, const SwappedTable& table, const SwappedIndex& index,
                const RecipeContext& context) {
  Step step = index_step(index.fresh, context);
  const Step base = base_step(table, PhaseKind::Backfill, swap.before);
  step.kind = base.kind;
  step.window = base.window;
  step.recipe = base.recipe;
  step.sources = base.sources;
  step.slug = "index_" + index.index->name.name.str();
  step.title =
      "build for the shadow what index " + said(index.index->name.name) + " is for " + names_said(table);
  step.needs = {label("copied", table)};
  step.provides = {label_relation({table.table->name.schema, index.fresh.name})};
  return step;
}

Step validate_copy(const TypeSwap& swap, const SwappedTable& table) {
  Step step = base_step(table, PhaseKind::Validate, swap.before);
  const TableName& name = table.table->name;
  step.title = "prove that every row of " + display(name) + " is converted";
  step.why = "VALIDATE reads every row while reads and writes go on; the swap then needs no look at any row.";
  step.statements = {alter(name, validations(table))};
  step.locks = {scanning(name)};
  ReverseStep back;
  back.locks = {exclusive(name)};
  if (has_plain(table))
    back.statements = {sql("ALTER TABLE {} DROP CONSTRAINT {}", name, table.mirror.constraint_name),
                       add_sync_check(table.mirror)};
  if (has_joins(table)) {
    back.statements.push_back(alter(name, drop_join_checks(table, true)));
    append(back.statements, add_join_checks(table));
  }
  for (const SwappedColumn& column : table.columns) {
    if (!column.required || proof_waits(column) || column.join) continue;
    back.statements.push_back(sql("ALTER TABLE {} DROP CONSTRAINT {}", name, not_null_proof(column.fresh)));
    back.statements.push_back(add_not_null_proof(name, column.fresh));
  }
  step.reverse = {back};
  step.application = "Nothing changes for it.";
  step.needs = {label("copied", table)};
  step.provides = {label("proven", table)};
  return step;
}

/// From here on the database refuses what the new type cannot hold, as it will after the swap anyway.
std::vector<Step> fits_steps(const TypeSwap& swap, const SwappedTable& table) {
  const TableName& name = table.table->name;
  Step add = base_step(table, PhaseKind::Enforce, swap.before);
  add.title =
      "refuse values of " + names_said(table) + " in " + display(name) + " that the new type cannot hold";
  add.why =
      "A value written between the last look and the swap would be lost; as a constraint, it cannot be.";
  for (const SwappedColumn& column : table.columns) {
    if (!column.refused.empty()) {
      add.gates.push_back(raise_refused(table, column));
      add.before.push_back({"every value of " + said(name, column.name) + " fits the new type",
                            sql("SELECT 1 FROM {} WHERE {} LIMIT 1", name, column.refused.text())});
    }
  }
  add.statements = add_fits(table);
  add.locks = {exclusive(name)};
  ReverseStep back;
  back.locks = add.locks;
  back.statements = drop_fits(table);
  add.reverse = {back};
  add.application =
      "From here on a write of a value that the new type cannot hold is refused, whichever release sends it.";
  add.needs = {label("proven", table)};
  add.provides = {label("fitting", table)};

  Step validate = base_step(table, PhaseKind::Enforce, swap.before);
  validate.slug = "validate_" + name.name.str();
  validate.title = "prove that every value of " + names_said(table) + " in " + display(name) + " fits";
  validate.why = "VALIDATE reads every row while reads and writes go on.";
  validate.statements = {alter(name, fits_validations(table))};
  validate.locks = {scanning(name)};
  ReverseStep unproven;
  unproven.locks = {exclusive(name)};
  unproven.statements = drop_fits(table);
  append(unproven.statements, add_fits(table));
  validate.reverse = {unproven};
  validate.application = "Nothing changes for it.";
  validate.needs = {label("fitting", table)};
  validate.provides = {label("fits", table)};
  return {add, validate};
}

void add_lock(std::vector<StepLock>& locks, const StepLock& lock) {
  if (std::none_of(locks.begin(), locks.end(),
                   [&](const StepLock& seen) { return seen.relation == lock.relation; }))
    locks.push_back(lock);
}

/// Referenced tables before the ones that point at them.
std::vector<StepLock> swap_locks(const TypeSwap& swap) {
  std::vector<StepLock> locks;
  for (const SwappedKey& key : swap.foreign_keys) add_lock(locks, exclusive(key.after.references.table));
  for (const SwappedTable& table : swap.tables) add_lock(locks, exclusive(table.table->name));
  for (const SwappedKey& key : swap.foreign_keys) add_lock(locks, exclusive(key.table));
  return locks;
}

/// Rows whose new value cannot be told from what the old column holds: going back would lose it.
ReverseStep nothing_lost(const SwappedTable& table) {
  const TableName& name = table.table->name;
  std::vector<Sql> lines{sql("\nBEGIN")};
  for (const SwappedColumn& column : table.columns) {
    if (column.goes_on || (column.once && !column.before->not_null)) continue;
    const Sql lost = column.join ? lost_on_way_back(column)
                     : column.once
                         ? sql("{} IS NULL", column.old)
                         : sql("{} *<> {}", image(column.up_after.up.text()), image(sql("{}", column.name)));
    lines.push_back(sql("  IF EXISTS (SELECT 1 FROM {} WHERE {}) THEN", name, lost));
    const Sql such = sql("SELECT * FROM {} WHERE {}", name, lost);
    lines.push_back(sql(
        "    RAISE EXCEPTION 'planner: %.% holds values that its old type cannot', {}, {} USING HINT = {};",
        Literal(display(name)), Literal(column.name.str()),
        Literal("Nothing was changed. Find them: " + such.str())));
    lines.push_back(sql("  END IF;"));
  }
  lines.push_back(sql("END\n"));
  ReverseStep step;
  step.shape = Shape::Committing;
  step.statements = {sql("DO {}", dollar_quoted(join(lines, "\n")))};
  return step;
}

std::vector<ReverseStep> swap_back(const TypeSwap& swap) {
  std::vector<ReverseStep> back;
  for (const SwappedTable& table : swap.tables) {
    back.push_back(nothing_lost(table));
    for (const SwappedIndex& index : table.indexes) {
      if (!index.stays()) back.push_back({{create_index_sql(index.back)}, {}, Shape::Alone});
    }
    std::vector<Sql> proofs, validate;
    for (const SwappedColumn& column : table.columns) {
      if (!column.before->not_null || column.goes_on) continue;
      proofs.push_back(
          sql("ADD CONSTRAINT {} CHECK ({} IS NOT NULL) NOT VALID", not_null_again(column), column.old));
      validate.push_back(sql("VALIDATE CONSTRAINT {}", not_null_again(column)));
    }
    if (proofs.empty()) continue;
    back.push_back({{alter(table.table->name, proofs)}, {exclusive(table.table->name)}, Shape::Together});
    back.push_back({{alter(table.table->name, validate)}, {scanning(table.table->name)}, Shape::Together});
  }
  ReverseStep names;
  names.locks = swap_locks(swap);
  names.statements = swap.take_away_back;
  for (const SwappedKey& key : swap.foreign_keys) {
    if (!key.gone)
      names.statements.push_back(sql("ALTER TABLE {} DROP CONSTRAINT {}", key.table, key.after.name));
  }
  // While the types still bear the names by which the functions know them.
  for (const SwappedTable& table : swap.tables) {
    for (const SwappedColumn& column : table.columns) append(names.statements, column.down.drop_functions);
  }
  for (const SwappedEnum& type : swap.enums) {
    names.statements.push_back(sql("ALTER TYPE {} RENAME TO {}", type.type, type.fresh.name));
    names.statements.push_back(sql("ALTER TYPE {} RENAME TO {}", type.old, type.type.name));
  }
  for (const SwappedTable& table : swap.tables) append(names.statements, swap_table_back(table));
  append(names.statements, swap.sequences_back);
  for (const SwappedKey& key : swap.foreign_keys)
    names.statements.push_back(add_constraint(key.table, key.before));
  append(names.statements, swap.make_again_back);
  back.push_back(names);
  for (const SwappedTable& table : swap.tables) {
    for (const SwappedIndex& index : table.indexes) {
      if (!index.stays()) back.push_back({{create_index_sql(index.fresh)}, {}, Shape::Alone});
    }
    std::vector<Sql> actions = validations(table);
    append(actions, fits_validations(table));
    for (const SwappedTable::Check& check : table.checks) {
      if (check.validated) actions.push_back(sql("VALIDATE CONSTRAINT {}", check.before.name));
    }
    for (const ConstraintDefinition& check : table.gone)
      actions.push_back(sql("VALIDATE CONSTRAINT {}", check.name));
    back.push_back({{alter(table.table->name, actions)}, {scanning(table.table->name)}, Shape::Together});
  }
  for (const SwappedKey& key : swap.foreign_keys) {
    if (!key.validated) continue;
    back.push_back({{sql("ALTER TABLE {} VALIDATE CONSTRAINT {}", key.table, key.before.name)},
                    {scanning(key.table)},
                    Shape::Together});
  }
  return back;
}

Step swap_step(const TypeSwap& swap) {
  Step step = base_step(swap.tables.front(), PhaseKind::Swap, swap.after);
  std::string all;
  for (const SwappedTable& table : swap.tables) {
    all += (all.empty() ? "" : ", ") + names_said(table) + " of " + display(table.table->name);
    if (&table != &swap.tables.front()) {
      const Step more = base_step(table, PhaseKind::Swap, swap.after);
      step.sources.insert(step.sources.end(), more.sources.begin(), more.sources.end());
    }
    step.needs.push_back(label(with_fits(table) ? "fits" : "proven", table));
    append(step.gates, raise_not_joined(table));
    for (const SwappedIndex& index : table.indexes)
      step.needs.push_back(label_relation({table.table->name.schema, index.fresh.name}));
    for (const SwappedColumn& column : table.columns) {
      step.provides.push_back(label_column(table.table->name, column.name));
      step.provides.push_back(label_filled(table.table->name, column.name));
      for (const std::string& label :
           {label_column(table.table->name, column.name), label_filled(table.table->name, column.name)})
        step.provides.push_back(label_typed(label));
    }
    step.prisma.push_back(advice(table, true));
    step.provides.push_back(label("swapped", table));
  }
  step.title = "swap " + all + " with the shadow of the new type";
  step.why =
      "Both columns hold every row and everything else is prepared, so the swap is names only, in one short "
      "transaction. The old column stays, follows "
      "what is written and goes in the last phase.";
  step.statements = swap.take_away;
  for (const SwappedKey& key : swap.foreign_keys)
    step.statements.push_back(sql("ALTER TABLE {} DROP CONSTRAINT {}", key.table, key.before.name));
  for (const SwappedEnum& type : swap.enums) {
    step.statements.push_back(sql("ALTER TYPE {} RENAME TO {}", type.type, type.old.name));
    step.statements.push_back(sql("ALTER TYPE {} RENAME TO {}", type.fresh, type.type.name));
  }
  for (const SwappedTable& table : swap.tables) append(step.statements, swap_table(table));
  append(step.statements, swap.sequences_forth);
  for (const SwappedKey& key : swap.foreign_keys) {
    if (key.gone) continue;
    step.statements.push_back(add_constraint(key.table, key.after));
    step.provides.push_back(label_constraint(key.table, key.after.name));
  }
  for (const SwappedTable& table : swap.tables) {
    for (const SwappedTable::Check& check : table.checks)
      step.provides.push_back(label_constraint(table.table->name, check.after.name));
  }
  append(step.statements, swap.make_again);
  if (swap.before == Window::OldRelease) step.provides.push_back(label_new_release());
  step.locks = swap_locks(swap);
  step.reversible = swap.reversible;
  if (step.reversible) step.reverse = swap_back(swap);
  step.reverse_note = swap.reversible ? "Refused when a row holds a value by now that the old type cannot "
                                        "hold. Unique indexes and foreign "
                                        "keys are built again meanwhile."
                                      : "A unique index or key that goes with the column, as in the "
                                        "original, is gone: rows may have come "
                                        "that it would refuse.";
  step.application = swap.when_to_deploy +
                     " A session that prepared a query of the column sees one error (cached plan must not "
                     "change result type) and has to prepare it again.";
  return step;
}

/// VALIDATE of what the swap added NOT VALID, one migration for each: it reads every row while everybody
/// works.
std::vector<Step> validate_after(const TypeSwap& swap) {
  std::vector<Step> steps;
  const auto finish = [&](Step step, std::vector<Sql> again, const std::vector<StepLock>& locks) {
    step.kind = PhaseKind::Swap;
    step.window = swap.after;
    step.recipe = "change-type";
    ReverseStep back;
    back.locks = locks;
    back.statements = std::move(again);
    step.reverse = {back};
    steps.push_back(std::move(step));
  };
  for (const SwappedTable& table : swap.tables) {
    for (const SwappedTable::Check& check : table.checks) {
      if (!check.validated) continue;
      const TableName& name = table.table->name;
      std::vector<Sql> again{sql("ALTER TABLE {} DROP CONSTRAINT {}", name, check.after.name)};
      if (kept_in_its_words(table, check)) {
        again.insert(again.begin(), remember_words(name, check.after.name));
        again.push_back(add_in_words(name, check));
      } else {
        again.push_back(add_constraint(name, check.after));
      }
      finish(validate_step(name, check.after.name), again, {exclusive(name)});
    }
  }
  for (const SwappedKey& key : swap.foreign_keys) {
    if (!key.validated || key.gone) continue;
    std::vector<StepLock> locks{exclusive(key.after.references.table)};
    add_lock(locks, exclusive(key.table));
    finish(validate_step(key.table, key.after.name, {key.after.references.table}),
           {sql("ALTER TABLE {} DROP CONSTRAINT {}", key.table, key.after.name),
            add_constraint(key.table, key.after)},
           locks);
  }
  return steps;
}

Step drop_step(const TypeSwap& swap, const SwappedTable& table, bool last) {
  Step step = base_step(table, PhaseKind::Drop, swap.after);
  const TableName& name = table.table->name;
  step.title = "drop the old column behind " + names_said(table) + " of " + display(name);
  step.why = "It was kept for the way back only.";
  if (has_plain(table))
    step.statements = {sql("DROP TRIGGER {} ON {}", table.mirror.trigger_name, name),
                       sql("DROP FUNCTION {}()", ObjectName(name.schema, table.mirror.function_name))};
  std::vector<Sql> drops;
  for (const SwappedColumn& column : table.columns) drops.push_back(sql("DROP COLUMN {}", column.old));
  step.statements.push_back(alter(name, drops));
  for (const SwappedColumn& column : table.columns) {
    append(step.statements, column.up_after.drop_functions);
    append(step.statements, column.down.drop_functions);
  }
  if (last) {
    for (const SwappedEnum& type : swap.enums) step.statements.push_back(sql("DROP TYPE {}", type.old));
  }
  step.locks = {exclusive(name)};
  step.reversible = false;
  step.reverse_note =
      "The values as they were in the old type are gone with it; wait until nobody wants the old type back.";
  step.application = "Nothing changes for it.";
  step.needs = {label("swapped", table)};
  if (std::any_of(swap.tables.begin(), swap.tables.end(), has_joins))
    step.needs.push_back(label_joins_stopped());
  if (last) {
    for (const SwappedTable& other : swap.tables) {
      if (&other != &table) step.needs.push_back(label("dropped", other));
    }
  }
  step.provides = {label("dropped", table)};
  return step;
}

}  // namespace

std::vector<Step> type_swap_steps(const TypeSwap& swap, const RecipeContext& context) {
  std::vector<Step> steps;
  if (!swap.enums.empty()) {
    Step types = base_step(swap.tables.front(), PhaseKind::Add, swap.before);
    types.slug = "types";
    ReverseStep back;
    for (const SwappedEnum& type : swap.enums) {
      std::vector<Sql> labels;
      for (const std::string& text : type.labels) labels.push_back(sql("{}", Literal(text)));
      types.title += (types.title.empty() ? "create enum " : ", ") + said(type.fresh.name) + " beside " +
                     said(type.type.name);
      types.statements.push_back(sql("CREATE TYPE {} AS ENUM ({})", type.fresh, join(labels, ", ")));
      types.provides.push_back(label_type(type.fresh));
      back.statements.push_back(sql("DROP TYPE {}", type.fresh));
    }
    types.why = "The new labels exist beside the old ones until the swap.";
    types.reverse = {back};
    types.application = "Nothing changes for it.";
    steps.push_back(types);
  }
  for (const SwappedTable& table : swap.tables) {
    if (with_fits(table)) steps.push_back(look_step(swap, table));
    if (has_plain(table)) {
      steps.push_back(add_step(swap, table));
      steps.push_back(copy_step(swap, table, context));
    }
    if (has_joins(table)) {
      steps.push_back(join_step(swap, table));
      steps.push_back(join_copy_step(swap, table, context));
    }
    for (const SwappedIndex& index : table.indexes) steps.push_back(build_step(swap, table, index, context));
    steps.push_back(validate_copy(swap, table));
    if (with_fits(table)) {
      for (Step& step : fits_steps(swap, table)) steps.push_back(std::move(step));
    }
  }
  steps.push_back(swap_step(swap));
  for (Step& step : validate_after(swap)) steps.push_back(std::move(step));
  if (std::any_of(swap.tables.begin(), swap.tables.end(), has_joins)) steps.push_back(stop_joins_step(swap));
  for (const SwappedTable& table : swap.tables)
    steps.push_back(drop_step(swap, table, &table == &swap.tables.back()));
  return steps;
}

}  // namespace planner::plans
