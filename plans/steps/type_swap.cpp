#include "plans/steps/type_swap.h"

#include <algorithm>

#include "plans/steps/backfill.h"
#include "plans/steps/build.h"
#include "plans/steps/ddl.h"
#include "plans/steps/not_null.h"
#include "plans/steps/prisma.h"
#include "plans/steps/text.h"

namespace planner::plans {
namespace {

const Identifier kNew("new");

StepLock exclusive(const TableName& table) {
  return {table, LockMode::AccessExclusive, std::string(kMoment)};
}
StepLock scanning(const TableName& table) {
  return {table, LockMode::ShareUpdateExclusive, std::string(kScan)};
}

Sql alter(const TableName& table, const std::vector<Sql>& actions) {
  return sql("ALTER TABLE {} {}", table, join(actions, ", "));
}

void append(std::vector<Sql>& to, const std::vector<Sql>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

std::string names_said(const SwappedTable& table) {
  std::string out;
  for (const SwappedColumn& column : table.columns) out += (out.empty() ? "" : ", ") + said(column.name);
  return out;
}

std::string label(std::string_view what, const SwappedTable& table) {
  return std::string(what) + ":" + quoted(table.table->name) + names_said(table);
}

Identifier fits_name(const SwappedColumn& column) { return planner_name("fits", column.name.str()); }
Identifier not_null_again(const SwappedColumn& column) {
  return planner_name("not_null_again", column.name.str());
}

bool with_fits(const SwappedTable& table) {
  return std::any_of(table.columns.begin(), table.columns.end(),
                     [](const SwappedColumn& column) { return !column.refused.empty(); });
}

/// A value may turn out to have no counterpart: then the shadow may be NULL until that is refused.
bool proof_waits(const SwappedColumn& column) { return !column.up.fails.empty(); }

Sql function_text(const SwappedTable& table, const std::vector<Sql>& body) {
  std::vector<Sql> lines{sql("\n      BEGIN")};
  lines.insert(lines.end(), body.begin(), body.end());
  lines.push_back(sql("  RETURN NEW;"));
  lines.push_back(sql("END\n      "));
  const Sql text = on_lines(lines);
  const Sql quoted_body = text.str().find("$mirror$") == std::string::npos ? sql("$mirror${}$mirror$", text)
                                                                           : dollar_quoted(text);
  return sql("CREATE OR REPLACE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql AS {}",
             ObjectName(table.table->name.schema, table.mirror.function_name), quoted_body);
}

Sql of_new(const Expression& expression) { return expression.with_columns_qualified(kNew).text(); }

/// The shadow follows, whoever wrote what. It bears a name of planner's, so a write to it is nobody's
/// intention: the referential action of a foreign key at most, which does the same to the column it follows.
Sql follow_function(const SwappedTable& table) {
  std::vector<Sql> body;
  for (const SwappedColumn& column : table.columns)
    body.push_back(sql("  NEW.{} := {};", column.fresh, of_new(column.up.up)));
  return function_text(table, body);
}

/// After the swap: the old column keeps what it has as long as the new value follows from it, and otherwise
/// holds the new value as far as it can.
Sql lead_function(const SwappedTable& table) {
  std::vector<Sql> body;
  for (const SwappedColumn& column : table.columns) {
    const Sql differs =
        sql("{} *<> {}", image(of_new(column.up_after.up)), image(sql("NEW.{}", column.name)));
    const Sql value = column.down.up.empty() ? sql("NULL") : of_new(column.down.up);
    body.push_back(sql("  IF {} THEN NEW.{} := {}; END IF;", differs, column.old, value));
  }
  return function_text(table, body);
}

std::vector<Sql> validations(const SwappedTable& table) {
  std::vector<Sql> actions{sql("VALIDATE CONSTRAINT {}", table.mirror.constraint_name)};
  for (const SwappedColumn& column : table.columns) {
    if (column.required() && !proof_waits(column))
      actions.push_back(sql("VALIDATE CONSTRAINT {}", not_null_proof(column.fresh)));
  }
  return actions;
}

std::vector<Sql> add_proofs(const SwappedTable& table, bool waiting) {
  std::vector<Sql> out;
  for (const SwappedColumn& column : table.columns) {
    if (column.required() && proof_waits(column) == waiting)
      out.push_back(add_not_null_proof(table.table->name, column.fresh));
  }
  return out;
}

std::vector<Sql> add_fits(const SwappedTable& table) {
  std::vector<Sql> out;
  for (const SwappedColumn& column : table.columns) {
    if (!column.refused.empty()) {
      out.push_back(sql("ALTER TABLE {} ADD CONSTRAINT {} CHECK (NOT COALESCE({}, false)) NOT VALID",
                        table.table->name, fits_name(column), column.refused.text()));
    }
  }
  append(out, add_proofs(table, true));
  return out;
}

std::vector<Sql> fits_validations(const SwappedTable& table) {
  std::vector<Sql> actions;
  for (const SwappedColumn& column : table.columns) {
    if (!column.refused.empty()) actions.push_back(sql("VALIDATE CONSTRAINT {}", fits_name(column)));
    if (column.required() && proof_waits(column))
      actions.push_back(sql("VALIDATE CONSTRAINT {}", not_null_proof(column.fresh)));
  }
  return actions;
}

std::vector<Sql> drop_fits(const SwappedTable& table) {
  std::vector<Sql> actions;
  for (const SwappedColumn& column : table.columns) {
    if (!column.refused.empty()) actions.push_back(sql("DROP CONSTRAINT {}", fits_name(column)));
    if (column.required() && proof_waits(column))
      actions.push_back(sql("DROP CONSTRAINT {}", not_null_proof(column.fresh)));
  }
  return actions.empty() ? actions : std::vector<Sql>{alter(table.table->name, actions)};
}

/// Counts the values that would be lost and shows some, before any lock is asked for.
Sql raise_refused(const SwappedTable& table, const SwappedColumn& column) {
  return sql(
      "IF EXISTS (SELECT 1 FROM {} WHERE {}) THEN\n"
      "    RAISE EXCEPTION 'planner: % values of %.% cannot become % without loss, among them: %', (SELECT "
      "count(*) FROM {} WHERE {}), {}, {}, {},\n"
      "      (SELECT string_agg(planner_values.v, ', ') FROM (SELECT DISTINCT left({}::text, 40) AS v FROM "
      "{} WHERE {} LIMIT 5) AS planner_values)\n"
      "      USING ERRCODE = 'data_exception', HINT = 'Nothing was changed. Correct them, or split again "
      "with --accept-lossy.';\n"
      "  END IF",
      table.table->name, column.refused.text(), table.table->name, column.refused.text(),
      Literal(display(table.table->name)), Literal(column.name.str()), Literal(display(column.after->type)),
      column.name, table.table->name, column.refused.text());
}

/// What the history does not tell: objects made by hand that would stay with the old column.
Sql raise_hidden(const SwappedTable& table, const SwappedColumn& column) {
  return sql(
      "IF EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = {}::regclass AND a.attname = {} AND "
      "(a.attacl IS NOT NULL OR EXISTS (\n"
      "      SELECT 1 FROM pg_depend d WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid "
      "AND d.refobjsubid = a.attnum\n"
      "        AND d.classid IN ('pg_rewrite'::regclass, 'pg_policy'::regclass, 'pg_trigger'::regclass, "
      "'pg_statistic_ext'::regclass, 'pg_publication_rel'::regclass, 'pg_proc'::regclass)\n"
      "        AND NOT EXISTS (SELECT 1 FROM pg_trigger t WHERE d.classid = 'pg_trigger'::regclass AND t.oid "
      "= d.objid AND t.tgisinternal)))) THEN\n"
      "    RAISE EXCEPTION 'planner: a privilege, view, policy, trigger or statistics object that the "
      "migrations do not tell of hangs on %.%', {}, {}\n"
      "      USING HINT = 'Nothing was changed. Put it into the history (or drop it), then split again.';\n"
      "  END IF",
      Literal(quoted(table.table->name)), Literal(column.name.str()), Literal(display(table.table->name)),
      Literal(column.name.str()));
}

Sql raise_zone(const SwappedColumn& column) {
  return sql(
      "IF '2024-01-15 12:00'::timestamp::timestamptz <> '2024-01-15 12:00+00'::timestamptz OR '2024-07-15 "
      "12:00'::timestamp::timestamptz <> '2024-07-15 12:00+00'::timestamptz THEN\n"
      "    RAISE EXCEPTION 'planner: the values of % are taken as UTC, but the time zone here is %', {}, "
      "current_setting('TimeZone')\n"
      "      USING HINT = 'Nothing was changed. Say which zone is meant: USING column AT TIME ZONE ''zone'' "
      "in the migration, then split again.';\n"
      "  END IF",
      Literal(column.name.str()));
}

std::vector<Sql> functions_of(const SwappedTable& table, bool after) {
  std::vector<Sql> out;
  for (const SwappedColumn& column : table.columns) {
    append(out, after ? column.up_after.functions : column.up.functions);
    if (after) append(out, column.down.functions);
  }
  return out;
}

void add_type_needs(const TypeSwap& swap, const SwappedTable& table, Step& step) {
  for (const SwappedEnum& type : swap.enums) step.needs.push_back(label_type(type.fresh));
  for (const SwappedColumn& column : table.columns) step.needs.push_back(label_type(column.fresh_type.name));
}

Step base_step(const SwappedTable& table, PhaseKind kind, Window window) {
  Step step;
  step.kind = kind;
  step.window = window;
  step.recipe = "change-type";
  step.slug = std::string(phase_name(kind)) + "_" + table.table->name.name.str();
  for (const SwappedColumn& column : table.columns)
    step.sources.insert(step.sources.end(), column.sources.begin(), column.sources.end());
  return step;
}

PrismaAdvice advice(const SwappedTable& table, bool swapped) {
  std::string text;
  for (const SwappedColumn& column : table.columns) {
    if (!text.empty()) text += "; ";
    const Column& now = swapped ? *column.after : *column.before;
    text += (swapped ? "the field is now `" : "keep `") + prisma_field(column.name, now.type, !now.not_null) +
            "`";
  }
  return {table.table->name.name.str(), text};
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
  step.title = "give " + names_said(table) + " of " + display(name) +
               " a shadow of the new type that follows every write";
  step.why =
      "The shadow must follow before the first row is converted: a row written between the two would be "
      "missed. The conversion never fails, so no "
      "write of the application does; the CHECK lets PostgreSQL itself refuse any drift.";
  std::vector<Sql> actions;
  for (const SwappedColumn& column : table.columns) {
    step.gates.push_back(raise_hidden(table, column));
    if (column.up.reads_clock_zone) step.gates.push_back(raise_zone(column));
    actions.push_back(sql("ADD COLUMN {} {}{}", column.fresh, type_sql(column.fresh_type),
                          collate_sql(column.after->collation)));
    if (column.after->statistics_target >= 0)
      actions.push_back(
          sql("ALTER COLUMN {} SET STATISTICS {}", column.fresh, column.after->statistics_target));
  }
  if (!with_fits(table)) step.statements = functions_of(table, false);
  append(step.statements, {alter(name, actions), follow_function(table)});
  append(step.statements, create_trigger(table.mirror));
  step.statements.push_back(add_sync_check(table.mirror));
  append(step.statements, add_proofs(table, false));
  for (const SwappedColumn& column : table.columns) {
    if (!column.after->comment.empty())
      step.statements.push_back(
          sql("COMMENT ON COLUMN {}.{} IS {}", name, column.fresh, Literal(column.after->comment)));
  }
  step.locks = {exclusive(name)};
  ReverseStep back;
  back.locks = step.locks;
  back.statements = drop_mirror(table.mirror);
  std::vector<Sql> drops;
  for (const SwappedColumn& column : table.columns) drops.push_back(sql("DROP COLUMN {}", column.fresh));
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
  for (const SwappedColumn& column : table.columns) columns.push_back(column.fresh);
  const Backfill backfill = copy_of(table.mirror, *table.table);
  Step step = backfill_step(backfill, context.options, columns);
  const Step base = base_step(table, PhaseKind::Backfill, swap.before);
  step.window = base.window;
  step.recipe = base.recipe;
  step.sources = base.sources;
  step.title = "convert " + names_said(table) + " of every row of " + display(table.table->name);
  step.reverse_note = "The converted values stay: the trigger keeps them right.";
  step.application = "Nothing changes for it.";
  step.needs = {label("shadowed", table)};
  step.provides = {label("copied", table)};
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
  back.statements = {sql("ALTER TABLE {} DROP CONSTRAINT {}", name, table.mirror.constraint_name),
                     add_sync_check(table.mirror)};
  for (const SwappedColumn& column : table.columns) {
    if (!column.required() || proof_waits(column)) continue;
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

/// The bounds a sequence of this type has when nobody says more.
std::int64_t default_maximum(const TypeName& type) {
  if (type.is("int2")) return 32767;
  return type.is("int4") ? 2147483647 : 9223372036854775807;
}

/// As ADD ... AS IDENTITY takes it; the name is said because PostgreSQL would make up another one for a
/// column that was renamed.
Sql identity_options(const Sequence& sequence, const TypeName& was, const TypeName& type) {
  std::vector<Sql> parts{sql("SEQUENCE NAME {}", sequence.name), sql("START WITH {}", sequence.start)};
  if (sequence.increment != 1) parts.push_back(sql("INCREMENT BY {}", sequence.increment));
  if (sequence.minimum != 1) parts.push_back(sql("MINVALUE {}", sequence.minimum));
  if (sequence.maximum != default_maximum(was) && sequence.maximum <= default_maximum(type))
    parts.push_back(sql("MAXVALUE {}", sequence.maximum));
  if (sequence.cache != 1) parts.push_back(sql("CACHE {}", sequence.cache));
  if (sequence.cycle) parts.push_back(sql("CYCLE"));
  return sql(" ({})", join(parts, " "));
}

/// The columns change names, and the identity goes from one to the other with its counter. Run as a PL/pgSQL
/// statement.
Sql rename_with_identity(const TableName& table, const std::vector<Sql>& renames, const Identifier& column,
                         const Identity& identity, const Sequence& sequence, const TypeName& was,
                         const TypeName& type) {
  return sql(
      "DECLARE planner_next bigint; planner_called boolean; BEGIN\n"
      "        SELECT last_value, is_called INTO planner_next, planner_called FROM {};\n"
      "        ALTER TABLE {} ALTER COLUMN {} DROP IDENTITY;\n"
      "        {};\n"
      "        ALTER TABLE {} ALTER COLUMN {} ADD {}{};\n"
      "        PERFORM setval(pg_get_serial_sequence({}, {}), planner_next, planner_called);\n"
      "      END",
      sequence.name, table, column, join(renames, ";\n        "), table, column,
      Sql::verbatim(std::string(identity_sql(identity))), identity_options(sequence, was, type),
      Literal(quoted(table)), Literal(column.str()));
}

const SwappedIndex* index_of_key(const SwappedTable& table, const ConstraintDefinition& key) {
  const auto found = std::find_if(table.indexes.begin(), table.indexes.end(), [&](const SwappedIndex& index) {
    return index.index->constraint == key.name;
  });
  return found == table.indexes.end() ? nullptr : &*found;
}

Sql add_key(const TableName& table, const ConstraintDefinition& key, const Identifier& index) {
  ConstraintDefinition by_index = key;
  by_index.using_index = index;
  by_index.inline_of_column = false;
  by_index.included.clear();
  by_index.nulls_not_distinct = false;
  return sql("ALTER TABLE {} ADD {}", table, constraint_sql(by_index));
}

Sql add_constraint(const TableName& table, ConstraintDefinition constraint) {
  constraint.not_valid = true;
  constraint.inline_of_column = false;
  return sql("ALTER TABLE {} ADD {}", table, constraint_sql(constraint));
}

Sql rename_index(const TableName& table, const Identifier& from, const Identifier& to) {
  return sql("ALTER INDEX {} RENAME TO {}", ObjectName(table.schema, from), to);
}

void mark_index(const SwappedTable& table, const Index& index, std::vector<Sql>& out) {
  if (index.clustered) out.push_back(sql("ALTER TABLE {} CLUSTER ON {}", table.table->name, index.name.name));
  if (index.replica_identity)
    out.push_back(sql("ALTER TABLE {} REPLICA IDENTITY USING INDEX {}", table.table->name, index.name.name));
  if (!index.comment.empty())
    out.push_back(sql("COMMENT ON INDEX {} IS {}", index.name, Literal(index.comment)));
}

Identifier old_index(const Index& index) { return planner_name("old", index.name.name.str()); }

Sql set_default(const Identifier& column, const Expression& value) {
  return value.empty() ? sql("ALTER COLUMN {} DROP DEFAULT", column)
                       : sql("ALTER COLUMN {} SET DEFAULT {}", column, value.text());
}

/// PostgreSQL carries a check over by reading its own text again, in which every constant bears the type it
/// had. Only a number's or a moment's constants are of another type than they look.
bool kept_in_its_words(const SwappedTable& table, const SwappedTable::Check& check) {
  if (!same_meaning(check.before.expression, check.after.expression)) return false;
  const auto looks_alike = [](const TypeName& type) {
    return type.array_dimensions > 0 || !(type.is("float4") || type.is("float8") || type.is("numeric") ||
                                          type.is("date") || type.is("timestamp") || type.is("timestamptz"));
  };
  return std::any_of(table.columns.begin(), table.columns.end(), [&](const SwappedColumn& column) {
    return mentions(check.before, column.name) &&
           !(looks_alike(column.before->type) && looks_alike(column.after->type)) &&
           !(column.before->type.name == column.after->type.name);
  });
}

std::string words_of(const Identifier& check) { return "planner.check_" + short_hash(check.str()); }

Sql remember_words(const TableName& table, const Identifier& check) {
  return sql(
      "PERFORM set_config({}, (SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = "
      "{}::regclass AND conname = {}), true)",
      Literal(words_of(check)), Literal(quoted(table)), Literal(check.str()));
}

/// Text made at run time, because only the server knows which types its constants have; the branch never
/// taken is for those who read the file.
Sql add_in_words(const TableName& table, const SwappedTable::Check& check) {
  const Identifier& name = check.after.name;
  return sql(
      "IF current_setting({}, true) LIKE 'CHECK%' THEN\n"
      "          EXECUTE {} || current_setting({}){};\n"
      "        ELSE\n"
      "          {};\n"
      "        END IF",
      Literal(words_of(check.before.name)),
      Literal(sql("ALTER TABLE {} ADD CONSTRAINT {} ", table, name).str()),
      Literal(words_of(check.before.name)), Sql::verbatim(check.validated ? " || ' NOT VALID'" : ""),
      add_constraint(table, check.after));
}

std::vector<Sql> swap_table(const SwappedTable& table) {
  const TableName& name = table.table->name;
  std::vector<Sql> out, drops{sql("DROP CONSTRAINT {}", table.mirror.constraint_name)}, required, proofs,
      after;
  for (const SwappedTable::Check& check : table.checks) {
    if (kept_in_its_words(table, check)) out.push_back(remember_words(name, check.before.name));
  }
  for (const ConstraintDefinition& key : table.keys) drops.push_back(sql("DROP CONSTRAINT {}", key.name));
  for (const SwappedTable::Check& check : table.checks)
    drops.push_back(sql("DROP CONSTRAINT {}", check.before.name));
  for (const SwappedColumn& column : table.columns) {
    if (!column.refused.empty()) drops.push_back(sql("DROP CONSTRAINT {}", fits_name(column)));
    if (column.required()) {
      required.push_back(sql("ALTER COLUMN {} SET NOT NULL", column.fresh));
      proofs.push_back(sql("DROP CONSTRAINT {}", not_null_proof(column.fresh)));
    }
  }
  out.push_back(alter(name, drops));
  if (!required.empty()) out.push_back(alter(name, required));
  if (!proofs.empty())
    out.push_back(alter(name, proofs));  // apart: in one ALTER TABLE it would go first and the table be read
  for (const SwappedColumn& column : table.columns) {
    const std::vector<Sql> renames{
        sql("ALTER TABLE {} RENAME COLUMN {} TO {}", name, column.name, column.old),
        sql("ALTER TABLE {} RENAME COLUMN {} TO {}", name, column.fresh, column.name)};
    if (column.identity != nullptr) {
      out.push_back(rename_with_identity(name, renames, column.name, *column.before->identity,
                                         *column.identity, column.before->type, column.after->type));
    } else {
      append(out, renames);
    }
    if (column.before->not_null) after.push_back(sql("ALTER COLUMN {} DROP NOT NULL", column.old));
    if (!column.before->default_value.empty())
      after.push_back(sql("ALTER COLUMN {} DROP DEFAULT", column.old));
    if (!column.after->default_value.empty())
      after.push_back(set_default(column.name, column.after->default_value));
  }
  for (const SwappedIndex& index : table.indexes) {
    if (!index.index->constraint.empty()) continue;
    out.push_back(index.stays() ? rename_index(name, index.index->name.name, old_index(*index.index))
                                : sql("DROP INDEX {}", index.index->name));
    out.push_back(rename_index(name, index.fresh.name, index.index->name.name));
  }
  for (const ConstraintDefinition& key : table.keys) {
    if (const SwappedIndex* index = index_of_key(table, key))
      out.push_back(add_key(name, key, index->fresh.name));
  }
  // Only now: a column of a primary key cannot lose its NOT NULL before the key has moved.
  if (!after.empty()) out.push_back(alter(name, after));
  for (const SwappedIndex& index : table.indexes) mark_index(table, *index.index, out);
  for (const SwappedTable::Check& check : table.checks) {
    out.push_back(kept_in_its_words(table, check) ? add_in_words(name, check)
                                                  : add_constraint(name, check.after));
  }
  for (const Sequence* sequence : table.sequences)
    out.push_back(sql("ALTER SEQUENCE {} OWNED BY {}.{}", sequence->name, name, sequence->owner_column));
  append(out, functions_of(table, true));
  out.push_back(lead_function(table));
  return out;
}

std::vector<Sql> swap_table_back(const SwappedTable& table) {
  const TableName& name = table.table->name;
  std::vector<Sql> out, drops, required, proofs, after;
  for (const ConstraintDefinition& key : table.keys) drops.push_back(sql("DROP CONSTRAINT {}", key.name));
  for (const SwappedTable::Check& check : table.checks)
    drops.push_back(sql("DROP CONSTRAINT {}", check.after.name));
  if (!drops.empty()) out.push_back(alter(name, drops));
  for (const SwappedColumn& column : table.columns) {
    if (column.before->not_null) {
      required.push_back(sql("ALTER COLUMN {} SET NOT NULL", column.old));
      proofs.push_back(sql("DROP CONSTRAINT {}", not_null_again(column)));
    }
  }
  if (!required.empty()) out.push_back(alter(name, required));
  if (!proofs.empty()) out.push_back(alter(name, proofs));
  for (const SwappedColumn& column : table.columns) {
    const std::vector<Sql> renames{
        sql("ALTER TABLE {} RENAME COLUMN {} TO {}", name, column.name, column.fresh),
        sql("ALTER TABLE {} RENAME COLUMN {} TO {}", name, column.old, column.name)};
    if (column.identity != nullptr) {
      out.push_back(rename_with_identity(name, renames, column.name, *column.before->identity,
                                         *column.identity, column.before->type, column.before->type));
    } else {
      append(out, renames);
    }
    if (column.after->not_null) after.push_back(sql("ALTER COLUMN {} DROP NOT NULL", column.fresh));
    if (!column.after->default_value.empty())
      after.push_back(sql("ALTER COLUMN {} DROP DEFAULT", column.fresh));
    if (!column.before->default_value.empty())
      after.push_back(set_default(column.name, column.before->default_value));
  }
  for (const SwappedIndex& index : table.indexes) {
    if (!index.index->constraint.empty()) continue;
    out.push_back(index.stays() ? rename_index(name, index.index->name.name, index.fresh.name)
                                : sql("DROP INDEX {}", index.index->name));
    out.push_back(rename_index(name, index.stays() ? old_index(*index.index) : index.back.name,
                               index.index->name.name));
    if (index.stays() && !index.index->comment.empty())
      out.push_back(sql("COMMENT ON INDEX {} IS NULL", ObjectName(name.schema, index.fresh.name)));
  }
  for (const ConstraintDefinition& key : table.keys) {
    if (const SwappedIndex* index = index_of_key(table, key))
      out.push_back(add_key(name, key, index->back.name));
  }
  if (!after.empty()) out.push_back(alter(name, after));
  for (const SwappedIndex& index : table.indexes) mark_index(table, *index.index, out);
  for (const SwappedTable::Check& check : table.checks) out.push_back(add_constraint(name, check.before));
  for (const Sequence* sequence : table.sequences)
    out.push_back(sql("ALTER SEQUENCE {} OWNED BY {}.{}", sequence->name, name, sequence->owner_column));
  for (const SwappedColumn& column : table.columns) {
    if (!column.up_after.functions.empty()) append(out, column.up.functions);
  }
  out.push_back(follow_function(table));
  out.push_back(add_sync_check(table.mirror));
  append(out, add_proofs(table, false));
  append(out, add_fits(table));
  return out;
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
    lines.push_back(sql("  IF EXISTS (SELECT 1 FROM {} WHERE {} *<> {}) THEN", name,
                        image(column.up_after.up.text()), image(sql("{}", column.name))));
    lines.push_back(
        sql("    RAISE EXCEPTION 'planner: %.% holds values that its old type cannot', {}, {} USING HINT = "
            "'Nothing was changed. Find them: SELECT * FROM {} "
            "WHERE {} *<> {}';",
            Literal(display(name)), Literal(column.name.str()), Sql::verbatim(sql("{}", name).str()),
            Sql::verbatim(quoted(Literal(image(column.up_after.up.text()).str()))
                              .substr(1, quoted(Literal(image(column.up_after.up.text()).str())).size() - 2)),
            image(sql("{}", column.name))));
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
      if (!column.before->not_null) continue;
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
  for (const SwappedKey& key : swap.foreign_keys)
    names.statements.push_back(sql("ALTER TABLE {} DROP CONSTRAINT {}", key.table, key.after.name));
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
    for (const SwappedIndex& index : table.indexes)
      step.needs.push_back(label_relation({table.table->name.schema, index.fresh.name}));
    for (const SwappedColumn& column : table.columns) {
      step.provides.push_back(label_column(table.table->name, column.name));
      step.provides.push_back(label_filled(table.table->name, column.name));
    }
    step.prisma.push_back(advice(table, true));
    step.provides.push_back(label("swapped", table));
  }
  step.title = "swap " + all + " with the shadow of the new type";
  step.why =
      "Both columns hold every row and everything else is prepared, so the swap is names only, in one short "
      "transaction. The old column stays, follows "
      "what is written and goes in the last phase.";
  for (const SwappedKey& key : swap.foreign_keys)
    step.statements.push_back(sql("ALTER TABLE {} DROP CONSTRAINT {}", key.table, key.before.name));
  for (const SwappedEnum& type : swap.enums) {
    step.statements.push_back(sql("ALTER TYPE {} RENAME TO {}", type.type, type.old.name));
    step.statements.push_back(sql("ALTER TYPE {} RENAME TO {}", type.fresh, type.type.name));
  }
  for (const SwappedTable& table : swap.tables) append(step.statements, swap_table(table));
  append(step.statements, swap.sequences_forth);
  for (const SwappedKey& key : swap.foreign_keys) {
    step.statements.push_back(add_constraint(key.table, key.after));
    step.provides.push_back(label_constraint(key.table, key.after.name));
  }
  for (const SwappedTable& table : swap.tables) {
    for (const SwappedTable::Check& check : table.checks)
      step.provides.push_back(label_constraint(table.table->name, check.after.name));
  }
  step.locks = swap_locks(swap);
  step.reverse = swap_back(swap);
  step.reverse_note =
      "Refused when a row holds a value by now that the old type cannot hold. Unique indexes and foreign "
      "keys are built again meanwhile.";
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
    if (!key.validated) continue;
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
    steps.push_back(add_step(swap, table));
    steps.push_back(copy_step(swap, table, context));
    for (const SwappedIndex& index : table.indexes) steps.push_back(build_step(swap, table, index, context));
    steps.push_back(validate_copy(swap, table));
    if (with_fits(table)) {
      for (Step& step : fits_steps(swap, table)) steps.push_back(std::move(step));
    }
  }
  steps.push_back(swap_step(swap));
  for (Step& step : validate_after(swap)) steps.push_back(std::move(step));
  for (const SwappedTable& table : swap.tables)
    steps.push_back(drop_step(swap, table, &table == &swap.tables.back()));
  return steps;
}

}  // namespace planner::plans
