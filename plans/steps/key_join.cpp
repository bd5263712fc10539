#include "plans/steps/key_join.h"

#include <algorithm>

#include "plans/steps/backfill.h"
#include "plans/steps/base.h"
#include "plans/steps/ddl.h"
#include "plans/steps/not_null.h"
#include "plans/steps/text.h"
#include "plans/steps/type_swap_sql.h"

namespace planner::plans::type_swap {
namespace {

const Identifier kRow("planner_row");

std::vector<const SwappedColumn*> joins_of(const SwappedTable& table) {
  std::vector<const SwappedColumn*> joins;
  for (const SwappedColumn& column : table.columns) {
    if (column.join) joins.push_back(&column);
  }
  return joins;
}

std::string joins_said(const SwappedTable& table) {
  std::string out;
  for (const SwappedColumn* column : joins_of(table)) out += (out.empty() ? "" : ", ") + said(column->name);
  return out;
}

Sql both(const std::vector<Sql>& conditions) { return join(conditions, " AND "); }

/// `planner_row.id = NEW."userId" AND ...`.
Sql leads_to(const ConstraintDefinition& key, const Sql& child) {
  std::vector<Sql> conditions;
  for (std::size_t i = 0; i < key.columns.size(); ++i)
    conditions.push_back(sql("{}.{} = {}.{}", kRow, key.references.columns[i], child, key.columns[i]));
  return both(conditions);
}

Sql any_null(const ConstraintDefinition& key, const Sql& child) {
  std::vector<Sql> conditions;
  for (const Identifier& column : key.columns) conditions.push_back(sql("{}.{} IS NULL", child, column));
  return join(conditions, " OR ");
}

Sql row_of(const ConstraintDefinition& key, const Sql& child) {
  std::vector<Sql> columns;
  for (const Identifier& column : key.columns) columns.push_back(sql("{}.{}", child, column));
  return image(join(columns, ", "));
}

Identifier check_name(const SwappedColumn& column) {
  return column.required ? not_null_proof(column.fresh) : planner_name("joined", column.name.str());
}

ObjectName join_function_name(const SwappedTable& table) {
  return {table.table->name.schema, table.joins.function_name};
}

/// Operators of the key's types are found wherever those types are; nothing a session sets counts.
Sql search_path(const SwappedTable& table) {
  std::vector<Identifier> schemas{Identifier("pg_catalog")};
  const auto add = [&](const Identifier& schema) {
    if (!schema.empty() && std::find(schemas.begin(), schemas.end(), schema) == schemas.end())
      schemas.push_back(schema);
  };
  for (const SwappedColumn* column : joins_of(table)) {
    for (const Identifier& name : column->join->key.columns) {
      if (const Column* known = table.table->column(name)) add(known->type.name.schema);
    }
  }
  add(Identifier("pg_temp"));
  return column_list(schemas);
}

/// What is joined goes with the whole swap, wherever the migration writes which part of it first.
std::vector<SourceRef> all_sources(const TypeSwap& swap) {
  std::vector<SourceRef> sources;
  for (const SwappedTable& table : swap.tables) {
    for (const SwappedColumn& column : table.columns)
      sources.insert(sources.end(), column.sources.begin(), column.sources.end());
  }
  return sources;
}

/// Rows whose shadow has still to be found.
Sql not_joined(const SwappedColumn& column) {
  return sql("{} IS NULL AND {} IS NOT NULL", column.fresh, column.name);
}

}  // namespace

bool has_joins(const SwappedTable& table) { return !joins_of(table).empty(); }
bool has_plain(const SwappedTable& table) { return joins_of(table).size() < table.columns.size(); }

std::string label_shadow(const TableName& table, const Identifier& column) {
  return "shadow:" + quoted(table) + "." + quoted(column);
}
std::string label_joins_stopped() { return "joins-stopped"; }

/// The row is locked as the foreign key itself locks it a moment later, so it cannot go and come back with
/// another key in between. The function runs as its owner, as PostgreSQL's own look along a foreign key does:
/// whoever may write the one table need not be allowed to read the other.
Sql join_function(const SwappedTable& table, bool after) {
  const Sql fresh_row = Sql::verbatim("NEW"), old_row = Sql::verbatim("OLD");
  std::vector<Sql> lines{sql("\n      BEGIN")};
  for (const SwappedColumn* column : joins_of(table)) {
    const KeyJoin& key_join = *column->join;
    const ConstraintDefinition& key = key_join.key;
    const Identifier& filled = after ? column->old : column->fresh;
    const Identifier& found = after ? key_join.target_old : key_join.target_fresh;
    lines.push_back(sql("  IF {} THEN", any_null(key, fresh_row)));
    lines.push_back(sql("    NEW.{} := NULL;", filled));
    if (key.references.table == table.table->name) {
      // The row may point at itself, which nobody can find before it is there.
      std::vector<Sql> itself;
      for (std::size_t i = 0; i < key.columns.size(); ++i)
        itself.push_back(sql("NEW.{} = NEW.{}", key.references.columns[i], key.columns[i]));
      lines.push_back(sql("  ELSIF {} THEN", both(itself)));
      lines.push_back(sql("    NEW.{} := NEW.{};", filled, found));
    }
    lines.push_back(sql("  ELSIF TG_OP = 'INSERT' OR NEW.{} IS NULL OR {} *<> {} THEN", filled,
                        row_of(key, fresh_row), row_of(key, old_row)));
    lines.push_back(sql("    SELECT {}.{} INTO NEW.{} FROM {} AS {} WHERE {} FOR KEY SHARE;", kRow, found,
                        filled, key.references.table, kRow, leads_to(key, fresh_row)));
    lines.push_back(sql("  END IF;"));
  }
  lines.push_back(sql("  RETURN NEW;"));
  lines.push_back(sql("END\n      "));
  const Sql body = on_lines(lines);
  const Sql quoted_body = body.str().find("$mirror$") == std::string::npos ? sql("$mirror${}$mirror$", body)
                                                                           : dollar_quoted(body);
  return sql(
      "CREATE OR REPLACE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = "
      "{} AS {}",
      join_function_name(table), search_path(table), quoted_body);
}

std::vector<Sql> add_join_checks(const SwappedTable& table) {
  std::vector<Sql> out;
  for (const SwappedColumn* column : joins_of(table)) {
    out.push_back(column->required
                      ? add_not_null_proof(table.table->name, column->fresh)
                      : sql("ALTER TABLE {} ADD CONSTRAINT {} CHECK (({} IS NULL) = ({} IS NULL)) NOT VALID",
                            table.table->name, check_name(*column), column->fresh, column->name));
  }
  return out;
}

std::vector<Sql> drop_join_checks(const SwappedTable& table, bool proofs_too) {
  std::vector<Sql> actions;
  for (const SwappedColumn* column : joins_of(table)) {
    if (!column->required || proofs_too) actions.push_back(sql("DROP CONSTRAINT {}", check_name(*column)));
  }
  return actions;
}

std::vector<Sql> validate_join_checks(const SwappedTable& table) {
  std::vector<Sql> actions;
  for (const SwappedColumn* column : joins_of(table)) {
    actions.push_back(sql("VALIDATE CONSTRAINT {}", check_name(*column)));
  }
  return actions;
}

std::vector<Sql> raise_not_joined(const SwappedTable& table) {
  std::vector<Sql> out;
  const Sql child = sql("{}", Identifier("planner_child"));
  for (const SwappedColumn* column : joins_of(table)) {
    const ConstraintDefinition& key = column->join->key;
    out.push_back(
        sql("IF EXISTS (SELECT 1 FROM {} AS {} LEFT JOIN {} AS {} ON {} WHERE {} *<> {}) THEN\n"
            "    RAISE EXCEPTION 'planner: rows of % lead to different rows by the old and by the new values "
            "of %', {}, {}\n"
            "      USING HINT = {};\n"
            "  END IF",
            table.table->name, child, key.references.table, kRow, leads_to(key, child),
            image(sql("{}.{}", child, column->fresh)), image(sql("{}.{}", kRow, column->join->target_fresh)),
            Literal(display(table.table->name)), Literal(column->name.str()),
            Literal("Nothing was changed. Rows were written while triggers were off; set their " +
                    said(column->fresh) + " to NULL, and the trigger finds it again.")));
  }
  return out;
}

Sql lost_on_way_back(const SwappedColumn& column) {
  return sql("{} IS NULL AND {} IS NOT NULL", column.old, column.name);
}

Step join_step(const TypeSwap& swap, const SwappedTable& table) {
  const TableName& name = table.table->name;
  Step step = step_on("change-type", PhaseKind::Backfill, swap.before, name, table.columns);
  step.slug = "join_" + name.name.str();
  step.sources = all_sources(swap);
  std::string parents;
  std::vector<Sql> adds, drops;
  for (const SwappedColumn* column : joins_of(table)) {
    const KeyJoin& key_join = *column->join;
    const std::string parent = said(key_join.key.references.table, key_join.target);
    if (parents.find(parent) == std::string::npos) parents += (parents.empty() ? "" : ", ") + parent;
    if (swap.take_away.empty()) step.gates.push_back(raise_hidden(table, *column));
    adds.push_back(sql("ADD COLUMN {} {}{}", column->fresh, type_sql(column->fresh_type),
                       collate_sql(column->after->collation)));
    if (column->after->statistics_target >= 0)
      adds.push_back(
          sql("ALTER COLUMN {} SET STATISTICS {}", column->fresh, column->after->statistics_target));
    drops.push_back(sql("DROP COLUMN {}", column->fresh));
    step.needs.push_back(label_shadow(key_join.key.references.table, key_join.target));
  }
  step.title = "give " + joins_said(table) + " of " + display(name) + " a shadow that follows " + parents;
  step.why =
      "Every row that they point at has its new value by now, so a row written from here on finds it there. "
      "The lock "
      "waits for whoever wrote a row before that.";
  step.statements = {alter(name, adds), join_function(table, false),
                     sql("CREATE TRIGGER {} BEFORE INSERT OR UPDATE ON {} FOR EACH ROW EXECUTE FUNCTION {}()",
                         table.joins.trigger_name, name, join_function_name(table)),
                     sql("ALTER TABLE {} ENABLE ALWAYS TRIGGER {}", name, table.joins.trigger_name)};
  append(step.statements, add_join_checks(table));
  for (const SwappedColumn* column : joins_of(table)) {
    if (!column->after->comment.empty())
      step.statements.push_back(
          sql("COMMENT ON COLUMN {}.{} IS {}", name, column->fresh, Literal(column->after->comment)));
  }
  step.locks = {exclusive(name)};
  ReverseStep back;
  back.locks = step.locks;
  back.statements = {sql("DROP TRIGGER {} ON {}", table.joins.trigger_name, name),
                     sql("DROP FUNCTION {}()", join_function_name(table)), alter(name, drops)};
  step.reverse = {back};
  step.application =
      "Nothing changes for it, unless one single statement inserts rows before the rows that they point at: "
      "such a "
      "statement fails from here on.";
  step.provides = {label("joining", table)};
  return step;
}

Step join_copy_step(const TypeSwap& swap, const SwappedTable& table, const RecipeContext& context) {
  const TableName& name = table.table->name;
  Backfill backfill = keyed_backfill(*table.table);
  std::vector<Sql> todo;
  std::vector<Identifier> columns;
  for (const SwappedColumn* column : joins_of(table)) {
    const KeyJoin& key_join = *column->join;
    backfill.assignments.emplace_back(
        column->fresh, sql("(SELECT {}.{} FROM {} AS {} WHERE {})", kRow, key_join.target_fresh,
                           key_join.key.references.table, kRow, leads_to(key_join.key, sql("{}", name))));
    todo.push_back(not_joined(*column));
    columns.push_back(column->fresh);
  }
  backfill.todo = join(todo, " OR ");
  Step step = backfill_step(backfill, context.options, columns);
  const Step base = step_on("change-type", PhaseKind::Backfill, swap.before, name, table.columns);
  step.window = base.window;
  step.recipe = base.recipe;
  step.sources = base.sources;
  step.slug = "join_rows_of_" + name.name.str();
  step.title = "find the new " + joins_said(table) + " for every row of " + display(name);
  step.reverse_note = "The values that were found stay: the trigger keeps them right.";
  step.application = "Nothing changes for it.";
  step.needs = {label("joining", table)};
  if (has_plain(table)) step.needs.push_back(label("copied_plain", table));
  step.provides = {label("copied", table)};
  for (const SwappedColumn* column : joins_of(table))
    step.provides.push_back(label_shadow(name, column->name));
  step.after = {{"every row has found its new values",
                 sql("SELECT 1 FROM {} WHERE {} LIMIT 1", backfill.table, backfill.todo)}};
  return step;
}

Step stop_joins_step(const TypeSwap& swap) {
  Step step;
  std::string tables;
  for (const SwappedTable& table : swap.tables) {
    if (!has_joins(table)) continue;
    const TableName& name = table.table->name;
    if (step.slug.empty()) step.slug = "stop_joins_of_" + name.name.str();
    tables += (tables.empty() ? "" : ", ") + display(name);
    step.statements.push_back(sql("DROP TRIGGER {} ON {}", table.joins.trigger_name, name));
    step.statements.push_back(sql("DROP FUNCTION {}()", join_function_name(table)));
    step.locks.push_back(exclusive(name));
    step.needs.push_back(label("swapped", table));
  }
  step.sources = all_sources(swap);
  step.kind = PhaseKind::Drop;
  step.window = swap.after;
  step.recipe = "change-type";
  step.title = "stop looking for old keys in " + tables;
  step.why = "The triggers look at old columns of other tables, which are about to go.";
  step.reversible = false;
  step.reverse_note = "Rows written from here on have no old key any more.";
  step.application = "Nothing changes for it.";
  step.provides = {label_joins_stopped()};
  return step;
}

}  // namespace planner::plans::type_swap
