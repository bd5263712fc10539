#include "plans/steps/once.h"

#include "plans/steps/backfill.h"
#include "plans/steps/text.h"

namespace planner::plans {
namespace {

const Identifier kSchema("planner");

Sql numbered(std::string_view what, std::size_t place) {
  return Sql::verbatim("planner_" + std::string(what) + std::to_string(place + 1));
}

/// One statement and the list of its rows.
class List {
 public:
  List(const Table& table, const Expression& statement, const DataChange& change,
       const std::vector<Identifier>& key, Once how, ObjectName name)
      : table_(table), statement_(statement), change_(change), key_(key), how_(how), name_(std::move(name)) {}

  std::vector<Sql> block_lines(int batch_rows) const {
    std::vector<Sql> lines{
        sql("DECLARE"),
        sql("  planner_first bigint;"),
        sql("  planner_last bigint;"),
        sql("  planner_try integer;"),
        sql("BEGIN"),
        sql("  IF to_regclass({}) IS NULL THEN", Literal(quoted(name_))),
        sql("    CREATE SCHEMA IF NOT EXISTS {};", kSchema),
        sql("    CREATE TABLE {} AS SELECT {} FROM {} WITH NO DATA;", name_, join(shape(), ", "),
            table_.name),
        sql("    INSERT INTO {} SELECT row_number() OVER (), planner_all.* FROM ({}) AS planner_all;", name_,
            rows_of_change(statement_, own_key(), outputs()).text()),
        sql("    ALTER TABLE {} ADD PRIMARY KEY (planner_row);", name_),
        sql("    ANALYZE {};", name_),
        sql("  END IF;"),
        sql("  COMMIT;"),
        sql("  SELECT min(planner_row) INTO planner_first FROM {};", name_),
        sql("  WHILE planner_first IS NOT NULL LOOP"),
        sql("    planner_last := planner_first + {};", batch_rows - 1),
    };
    for (const Sql& line : one_batch({
             sql("        {};", change_of_batch()),
             sql("        DELETE FROM {} WHERE planner_row BETWEEN planner_first AND planner_last;", name_),
         }))
      lines.push_back(line);
    lines.push_back(sql("    SELECT min(planner_row) INTO planner_first FROM {};", name_));
    lines.push_back(sql("  END LOOP;"));
    lines.push_back(sql("END"));
    return lines;
  }

 private:
  std::vector<Sql> own_key() const {
    std::vector<Sql> all;
    for (const Identifier& column : key_) all.push_back(sql("{}.{}", change_.alias, column));
    return all;
  }

  /// Columns of the list: their types are those of the table's columns, so that a value is assigned to them
  /// as it would be to the row.
  std::vector<Sql> shape() const {
    std::vector<Sql> all{sql("0::bigint AS planner_row")};
    for (std::size_t i = 0; i < key_.size(); ++i) all.push_back(sql("{} AS {}", key_[i], numbered("key", i)));
    if (how_ == Once::EachRow) return all;
    if (change_.deletes) {
      all.push_back(sql("''::text AS planner_was"));
      return all;
    }
    for (std::size_t i = 0; i < change_.assignments.size(); ++i) {
      const Identifier& column = change_.assignments[i].first;
      all.push_back(sql("{} AS {}, {} AS {}", column, numbered("old", i), column, numbered("new", i)));
    }
    return all;
  }

  std::vector<Sql> outputs() const {
    std::vector<Sql> all = own_key();
    if (how_ == Once::EachRow) return all;
    if (change_.deletes) {
      all.push_back(sql("md5(({}.*)::text) AS planner_was", change_.alias));
      return all;
    }
    for (std::size_t i = 0; i < change_.assignments.size(); ++i) {
      const auto& [column, value] = change_.assignments[i];
      all.push_back(sql("{}.{} AS {}", change_.alias, column, numbered("old", i)));
      all.push_back(sql("{} AS {}", value.text(), numbered("new", i)));
    }
    return all;
  }

  Sql change_of_batch() const {
    const Sql range = sql("planner_rows.planner_row BETWEEN planner_first AND planner_last");
    std::vector<Sql> listed;
    for (std::size_t i = 0; i < key_.size(); ++i)
      listed.push_back(sql("planner_rows.{}", numbered("key", i)));
    if (how_ == Once::EachRow) {
      const Sql row = key_.size() == 1 ? own_key().front() : sql("({})", join(own_key(), ", "));
      const Sql condition =
          sql("{} IN (SELECT {} FROM {} AS planner_rows WHERE {})", row, join(listed, ", "), name_, range);
      return with_condition(statement_, Expression::parse(condition.str())).text();
    }
    std::vector<Sql> same{range};
    for (std::size_t i = 0; i < key_.size(); ++i)
      same.push_back(sql("planner_target.{} = {}", key_[i], listed[i]));
    if (change_.deletes) {
      same.push_back(sql("md5((planner_target.*)::text) = planner_rows.planner_was"));
      return sql("DELETE FROM {} AS planner_target USING {} AS planner_rows\n          WHERE {}", table_.name,
                 name_, join(same, " AND "));
    }
    std::vector<Sql> set, now, was;
    for (std::size_t i = 0; i < change_.assignments.size(); ++i) {
      const Identifier& column = change_.assignments[i].first;
      set.push_back(sql("{} = planner_rows.{}", column, numbered("new", i)));
      now.push_back(sql("planner_target.{}", column));
      was.push_back(sql("planner_rows.{}", numbered("old", i)));
    }
    same.push_back(sql("{} *= {}", image(join(now, ", ")), image(join(was, ", "))));
    return sql("UPDATE {} AS planner_target SET {}\n          FROM {} AS planner_rows WHERE {}", table_.name,
               join(set, ", "), name_, join(same, " AND "));
  }

  const Table& table_;
  const Expression& statement_;
  const DataChange& change_;
  const std::vector<Identifier>& key_;
  Once how_;
  ObjectName name_;
};

}  // namespace

ObjectName list_name(const TableName& table, std::size_t place, const RecipeContext& context) {
  const std::string what = context.plan_name + "." + quoted(table) + "." + std::to_string(place);
  return {kSchema, fitted_name("rows_" + table.name.str() + "_" + short_hash(what))};
}

std::string label_listed(const ObjectName& list) { return "listed:" + quoted(list); }

Step forget_step(const ObjectName& name) {
  Step forget;
  forget.kind = PhaseKind::Backfill;
  forget.window = Window::BothReleases;
  forget.slug = "forget_" + name.name.str();
  forget.title = "drop " + display(name) + ", the list of rows that were to be changed";
  forget.why =
      "Every row on it is done. While it stands, the phase before can run again without doing a row twice.";
  forget.gates = {
      sql("IF to_regclass({}) IS NOT NULL THEN\n    IF EXISTS (SELECT 1 FROM {}) THEN\n      RAISE "
          "EXCEPTION 'planner: not all rows are done yet' USING HINT = 'Run the phase before "
          "again. Nothing was changed.';\n    END IF;\n  END IF",
          Literal(quoted(name)), name)};
  forget.statements = {sql("DROP TABLE IF EXISTS {}", name)};
  forget.needs = {label_listed(name)};
  forget.application = "Nothing changes for it.";
  return forget;
}

std::vector<Step> once_steps(const Table& table, const Expression& statement, const DataChange& change,
                             const std::vector<Identifier>& key, Once how, std::size_t place,
                             const RecipeContext& context) {
  const ObjectName name = list_name(table.name, place, context);
  const List list(table, statement, change, key, how, name);

  Step step;
  step.kind = PhaseKind::Backfill;
  step.shape = Shape::Committing;
  step.window = Window::BothReleases;
  step.slug = "backfill_" + table.name.name.str();
  step.title = std::string(change.deletes ? "delete rows of " : "update rows of ") + display(table.name) +
               " in batches, each row once";
  const std::string batches = "Batches of " + std::to_string(context.options.batch_rows) +
                              " rows, each committed at once and taken off the list in the same transaction; "
                              "if it is stopped, run it again: it goes on where it was.";
  if (how == Once::EachRow) {
    step.why =
        "A row that is done cannot be told from one that is not, and none may be changed twice: the rows are "
        "listed in " +
        display(name) + " first. " + batches;
    step.application = "It waits for one batch at most. Rows written after the list was made are left alone.";
  } else {
    step.why =
        "Its result depends on other rows of the table, so it is computed for all of them at one moment and "
        "kept in " +
        display(name) + "; nobody waits for that. " + batches;
    step.application =
        "It waits for one batch at most. A row that somebody changes in the meantime stays as it was "
        "written there.";
  }
  step.statements = {
      sql("DO {}", dollar_quoted(sql("\n{}\n", join(list.block_lines(context.options.batch_rows), "\n"))))};
  step.locks = {
      {table.name, LockMode::RowExclusive, "and the rows of one batch; a row is held for one batch at most"}};
  step.reversible = false;
  step.reverse_note = change.deletes ? "Deleted rows are gone: only a backup has them."
                                     : "The values that were there before are gone: only a backup has them.";

  step.provides = {label_listed(name)};
  for (const auto& [column, value] : change.assignments)
    step.provides.push_back(label_filled(table.name, column));

  return {step, forget_step(name)};
}

}  // namespace planner::plans
