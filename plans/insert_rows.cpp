#include <algorithm>

#include "planner/few_rows.h"
#include "planner/labels.h"
#include "planner/sql/data_change.h"
#include "plans/recipes.h"
#include "plans/steps/backfill.h"
#include "plans/steps/once.h"
#include "plans/steps/text.h"
#include "plans/steps/triggers_off.h"

/// INSERT ... SELECT of many rows. What the query gives is kept in a list first, at one moment and as one
/// statement would see it, so no batch depends on another: a query that looks at the table it fills, that
/// counts, sorts or draws random values gives what it gives in one piece.
namespace planner::plans {
namespace {

/// The columns that are filled: named, or the first ones of the table.
std::vector<Identifier> filled_columns(const Insert& insert, const InsertedQuery& query, const Table& table,
                                       const RecipeContext& context) {
  if (!insert.columns.empty()) return insert.columns;
  std::size_t count = query.outputs;
  if (query.stars) {
    if (query.outputs != 1 || query.reads.size() != 1) return {};
    const Table* source = context.before.table(context.before.resolve_relation(query.reads.front()));
    if (source == nullptr) return {};
    count = source->columns.size();
  }
  std::vector<Identifier> columns;
  for (std::size_t i = 0; i < table.columns.size() && i < count; ++i)
    columns.push_back(table.columns[i].name);
  return columns;
}

Sql batched_insert(const Insert& insert, const std::vector<Identifier>& columns, const ObjectName& list,
                   int batch_rows) {
  const Identifier row("planner_row");
  std::vector<Sql> shape, values;
  for (const Identifier& column : columns) {
    shape.push_back(sql("{}", column));
    values.push_back(sql("planner_rows.{}", column));
  }
  const Expression batch =
      Expression::parse_query(sql("SELECT {} FROM {} AS planner_rows WHERE planner_rows.{} BETWEEN "
                                  "planner_first AND planner_last ORDER BY "
                                  "planner_rows.{}",
                                  join(values, ", "), list, row, row)
                                  .str());
  std::vector<Sql> lines{
      sql("DECLARE"),
      sql("  planner_first bigint;"),
      sql("  planner_last bigint;"),
      sql("  planner_try integer;"),
      sql("BEGIN"),
      sql("  IF to_regclass({}) IS NULL THEN", Literal(quoted(list))),
      sql("    CREATE SCHEMA IF NOT EXISTS {};", list.schema),
      sql("    CREATE TABLE {} AS SELECT {} FROM {} WITH NO DATA;", list, join(shape, ", "), insert.table),
      sql("    ALTER TABLE {} ADD COLUMN {} bigint GENERATED ALWAYS AS IDENTITY;", list, row),
      sql("    {};", inserted_into(insert.statement, list, columns).text()),
      sql("    ALTER TABLE {} ADD PRIMARY KEY ({});", list, row),
      sql("    ANALYZE {};", list),
      sql("  END IF;"),
      sql("  COMMIT;"),
      sql("  SELECT min({}) INTO planner_first FROM {};", row, list),
      sql("  WHILE planner_first IS NOT NULL LOOP"),
      sql("    planner_last := planner_first + {};", batch_rows - 1),
  };
  for (const Sql& line : one_batch({
           sql("        {};", inserted_from(insert.statement, batch, columns).text()),
           sql("        DELETE FROM {} WHERE {} BETWEEN planner_first AND planner_last;", list, row),
       }))
    lines.push_back(line);
  lines.push_back(sql("    SELECT min({}) INTO planner_first FROM {};", row, list));
  lines.push_back(sql("  END LOOP;"));
  lines.push_back(sql("END"));
  return sql("DO {}", dollar_quoted(sql("\n{}\n", join(lines, "\n"))));
}

/// A table that was there before has rows; what the migration itself makes has only what it puts there.
const Table* with_rows(const ObjectName& name, const RecipeContext& context) {
  const Table* table = context.before.table(context.before.resolve_relation(name));
  return table == nullptr || table->is_new ? nullptr : table;
}

std::optional<RecipeResult> make(const Intention& intention, const RecipeContext& context) {
  const auto* written = std::get_if<Insert>(&intention.operation);
  if (written == nullptr || !written->from_query || intention.sources.front().nested >= 0)
    return std::nullopt;
  Insert insert = *written;
  insert.table = context.before.resolve_relation(insert.table);
  const Table* table = context.before.table(insert.table);
  const std::optional<InsertedQuery> query = inserted_query(insert.statement);
  // One that writes more than its rows, or into a view, stays the one statement that it is.
  if (table == nullptr || !query || query->writes_more) return std::nullopt;
  const Table* source = nullptr;
  for (const ObjectName& name : query->reads) {
    const Table* known = with_rows(name, context);
    if (known != nullptr && (source == nullptr || source == table)) source = known;
  }
  if (source == nullptr) return std::nullopt;
  if (query->at_most > 0 && query->at_most <= static_cast<std::size_t>(context.options.batch_rows))
    return harmless("it inserts a handful of rows");
  if (query->reads.size() == 1 && few_rows(*source, query->where))
    return harmless("it names its rows by a unique key");
  if (auto refusal = triggers_switched_off(insert.table, RowEvent::Insert, intention, context))
    return refusal;
  const std::vector<Identifier> columns = filled_columns(insert, *query, *table, context);
  if (columns.empty()) {
    return refused(
        "INSERT ... SELECT into " + display(insert.table) + ": which columns it fills cannot be told.",
        "Name the columns: INSERT INTO " + display(insert.table) + " (...) SELECT ...");
  }
  for (const Identifier& column : columns) {
    if (table->column(column) == nullptr) return std::nullopt;
  }
  const ObjectName list = list_name(insert.table, intention.sources.front().statement, context);
  Step step;
  step.kind = PhaseKind::Backfill;
  step.shape = Shape::Committing;
  step.window = Window::BothReleases;
  step.recipe = "insert-rows";
  step.slug = "insert_into_" + insert.table.name.str();
  step.title = "insert rows into " + display(insert.table) + " in batches";
  step.why =
      "What the query gives is kept in " + display(list) +
      ", as it is at one moment; nobody waits for that. Batches of " +
      std::to_string(context.options.batch_rows) +
      " rows are inserted, each committed at once and taken off the list in the same transaction: if it is "
      "stopped, run it again, and no row is inserted twice.";
  step.statements = {batched_insert(insert, columns, list, context.options.batch_rows)};
  step.locks = {{insert.table, LockMode::RowExclusive, "and the new rows of one batch"}};
  step.reversible = false;
  step.reverse_note = "The inserted rows stay: which ones they are is not known afterwards.";
  step.application = "It sees the new rows batch by batch. Rows written to " + display(source->name) +
                     " after the list was made are not among them.";
  step.provides = {label_listed(list)};
  for (std::string& label : provides_of(intention.operation)) step.provides.push_back(std::move(label));
  Step forget = forget_step(list);
  forget.recipe = step.recipe;
  RecipeResult result;
  result.steps = {std::move(step), std::move(forget)};
  return result;
}

}  // namespace

const Recipe insert_rows{
    .id = "insert-rows", .summary = "Insert many rows from a query in batches that commit", .make = make};

}  // namespace planner::plans
