#include "plans/steps/not_null.h"

#include "planner/compose/compose.h"
#include "plans/steps/text.h"

namespace planner::plans {
namespace {

StepLock moment(const TableName& table) { return {table, LockMode::AccessExclusive, std::string(kMoment)}; }

/// SET NOT NULL and DROP of the proof: two statements, because in one ALTER TABLE the drop runs first and the
/// table is read.
std::vector<Sql> set_not_null(const TableName& table, const Identifier& column) {
  return {sql("ALTER TABLE {} ALTER COLUMN {} SET NOT NULL", table, column),
          sql("ALTER TABLE {} DROP CONSTRAINT {}", table, not_null_proof(column))};
}

Step base(const TableName& table, const Identifier& column) {
  Step step;
  step.kind = PhaseKind::Enforce;
  step.shape = Shape::Committing;
  step.slug = "require_" + column.str();
  step.title = "require " + said(column) + " in " + display(table);
  step.locks = {{table, LockMode::AccessExclusive,
                 "for a moment (catalogue only), after every row was read without blocking anybody"}};
  return step;
}

Sql exists_null(const TableName& table, const Identifier& column) {
  return sql("SELECT 1 FROM {} WHERE {} IS NULL", table, column);
}

Sql raise_nulls(const TableName& table, const Identifier& column) {
  return sql(
      "RAISE EXCEPTION 'planner: % has rows in which % is NULL', {}, {} USING ERRCODE = "
      "'not_null_violation', HINT = "
      "'Give them a value, or split again with --fill; then run this again.'",
      Literal(display(table)), Literal(column.str()));
}

/// The last transaction does everything that is left at once: when it is done, so is the step, and nothing is
/// begun anew.
Stretch unless_done(const TableName& table, const Identifier& column) {
  return {{},
          {sql("IF EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = {}::regclass AND attname = {} AND "
               "attnotnull) THEN\n    RETURN;  -- it has run before\n  END IF",
               Literal(quoted(table)), Literal(column.str()))}};
}

}  // namespace

Identifier not_null_proof(const Identifier& column) { return planner_name("not_null", column.str()); }

Sql add_not_null_proof(const TableName& table, const Identifier& column) {
  return sql("ALTER TABLE {} ADD CONSTRAINT {} CHECK ({} IS NOT NULL) NOT VALID", table,
             not_null_proof(column), column);
}

Identifier FillTrigger::function_name() const {
  return planner_name("fill", table.name.str() + "_" + column.str());
}
Identifier FillTrigger::trigger_name() const { return fitted_name("zzz_planner_fill_" + column.str()); }

std::vector<Sql> create_fill_trigger(const FillTrigger& fill) {
  const ObjectName function(fill.table.schema, fill.function_name());
  // Inside a sub-query only PostgreSQL can tell whose columns are meant: the row stands there as its table.
  const Sql value = fill.value.facts().has_subquery
                        ? sql("(SELECT {} FROM (SELECT NEW.*) AS {})", fill.value.text(), fill.table.name)
                        : of_new_row(fill.value, fill.table).text();
  const Sql body = on_lines({sql("\n      BEGIN"), sql("  NEW.{} := {};", fill.column, value),
                             sql("  RETURN NEW;"), sql("END\n      ")});
  const bool tag_free = body.str().find("$fill$") == std::string::npos;
  const Sql quoted_body = tag_free ? sql("$fill${}$fill$", body) : dollar_quoted(body);
  return {
      sql("CREATE OR REPLACE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql AS {}", function, quoted_body),
      on_lines({sql("CREATE TRIGGER {} BEFORE {} ON {} FOR EACH ROW", fill.trigger_name(),
                    fill.on_update_only ? sql("UPDATE") : sql("INSERT OR UPDATE"), fill.table),
                sql("  WHEN (NEW.{} IS NULL) EXECUTE FUNCTION {}()", fill.column, function)}),
      sql("ALTER TABLE {} ENABLE ALWAYS TRIGGER {}", fill.table, fill.trigger_name())};
}

std::vector<Sql> drop_fill_trigger(const FillTrigger& fill) {
  return {sql("DROP TRIGGER {} ON {}", fill.trigger_name(), fill.table),
          sql("DROP FUNCTION {}()", ObjectName(fill.table.schema, fill.function_name()))};
}

Step enforce_not_null_step(const TableName& table, const Identifier& column) {
  Step step = base(table, column);
  step.why =
      "VALIDATE reads every row while everybody works; SET NOT NULL then takes the validated CHECK as proof "
      "instead of reading the table under "
      "its strongest lock.";
  step.statements = {committing_block({
      unless_done(table, column),
      {{}, {sql("ALTER TABLE {} VALIDATE CONSTRAINT {}", table, not_null_proof(column))}},
      {{moment(table)}, set_not_null(table, column)},
  })};
  ReverseStep back;
  back.locks = {moment(table)};
  back.statements = {sql("ALTER TABLE {} ALTER COLUMN {} DROP NOT NULL", table, column),
                     add_not_null_proof(table, column)};
  step.reverse = {back};
  step.before = {{said(table, column) + " is NULL nowhere", sql("{} LIMIT 1", exists_null(table, column))}};
  return step;
}

Step guarded_not_null_step(const TableName& table, const Identifier& column, const std::vector<Sql>& last) {
  Step step = base(table, column);
  std::vector<Sql> finish = set_not_null(table, column);
  finish.insert(finish.end(), last.begin(), last.end());
  step.why =
      "The CHECK keeps new NULLs out, VALIDATE reads every row while everybody works, and SET NOT NULL takes "
      "it as proof instead of reading the "
      "table under its strongest lock. A row with NULL would block its own updates while the CHECK stands, "
      "so it is looked for first.";
  const Sql known = sql("SELECT 1 FROM pg_constraint WHERE conrelid = {}::regclass AND conname = {}",
                        Literal(quoted(table)), Literal(not_null_proof(column).str()));
  step.statements = {committing_block({
      unless_done(table, column),
      {{},
       {sql("IF EXISTS ({}) THEN\n    {};\n  END IF", exists_null(table, column),
            raise_nulls(table, column))}},
      {{moment(table)},
       {sql("IF NOT EXISTS ({}) THEN\n          {};\n        END IF", known,
            add_not_null_proof(table, column))}},
      // A row written between the look and the CHECK: take the CHECK away rather than leave a row that cannot
      // be updated.
      {{},
       {sql("BEGIN\n    ALTER TABLE {} VALIDATE CONSTRAINT {};\n  EXCEPTION WHEN check_violation THEN\n"
            "    PERFORM set_config('lock_timeout', '1500ms', true);\n    ALTER TABLE {} DROP CONSTRAINT "
            "{};\n  END",
            table, not_null_proof(column), table, not_null_proof(column))}},
      {{}, {sql("IF NOT EXISTS ({}) THEN\n    {};\n  END IF", known, raise_nulls(table, column))}},
      {{moment(table)}, finish},
  })};
  ReverseStep back;
  back.locks = {moment(table)};
  back.statements = {sql("ALTER TABLE {} ALTER COLUMN {} DROP NOT NULL", table, column)};
  step.reverse = {back};
  step.before = {{said(table, column) + " is NULL nowhere", sql("{} LIMIT 1", exists_null(table, column))}};
  return step;
}

}  // namespace planner::plans
