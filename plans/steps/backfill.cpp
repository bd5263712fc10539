#include "plans/steps/backfill.h"

#include <algorithm>

#include "planner/builtin_functions.h"
#include "planner/own_names.h"
#include "planner/sql/data_change.h"
#include "plans/steps/text.h"

namespace planner::plans {
namespace {

/// A batch waits this long for a row somebody else has locked before it lets go of its own rows and tries
/// again: the longest the application can wait for the backfill.
constexpr int kRowWaitMs = 300;
/// Heap blocks of 8 kB in one batch of a table without a key.
constexpr int kBlocks = 128;
/// Passes over one window of rows. A prime: keys that go up in steps of 2, 5, 10 or 1,000 still fall into all
/// of them. Measured against one UPDATE: 0.8 of the work, 0.42 of the WAL, a fifth of the growth.
constexpr int kPasses = 11;

bool usable_key(const Table& table, const std::vector<Identifier>& columns) {
  return !columns.empty() && std::all_of(columns.begin(), columns.end(), [&](const Identifier& name) {
    const Column* column = table.column(name);
    return column != nullptr && column->not_null;
  });
}

Sql variable(std::string_view name, std::size_t place) {
  return Sql::verbatim("planner_" + std::string(name) + std::to_string(place + 1));
}

Sql variables(std::string_view name, std::size_t count) {
  std::vector<Sql> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back(variable(name, i));
  return join(all, ", ");
}

/// `"id"`, or `("a", "b")` for row comparison.
Sql key_row(const Backfill& backfill) {
  return backfill.key.size() == 1 ? column_list(backfill.key) : sql("({})", column_list(backfill.key));
}
Sql variable_row(std::string_view name, std::size_t count) {
  return count == 1 ? variable(name, 0) : sql("({})", variables(name, count));
}

/// The statement that changes a range of rows, in lines.
std::vector<Sql> change(const Backfill& backfill, const Sql& range) {
  const std::vector<Sql> rows{sql("  WHERE {}", range), sql("    AND ({});", backfill.todo)};
  if (backfill.deletes) return {sql("DELETE FROM {}", backfill.table), rows[0], rows[1]};
  std::vector<Sql> assignments;
  for (const auto& [column, value] : backfill.assignments)
    assignments.push_back(sql("{} = {}", column, value));
  return {sql("UPDATE {} SET {}", backfill.table, join(assignments, ", ")), rows[0], rows[1]};
}

void add(std::vector<Sql>& lines, const std::vector<Sql>& more) {
  lines.insert(lines.end(), more.begin(), more.end());
}

bool is_whole_number(const TypeName& type) {
  static const std::vector<std::string_view> whole{"smallint", "integer", "bigint"};
  const std::string text = type_sql(type).str();
  return std::find(whole.begin(), whole.end(), text) != whole.end();
}

/// Which pass a row belongs to must be told by its key.
bool can_interleave(const Backfill& backfill) {
  return !backfill.deletes && !backfill.assignments.empty() && backfill.key.size() == 1 &&
         is_whole_number(backfill.key_types.front()) && takes_any_order(backfill);
}

/// Decided when the file runs: by then the table may have been rewritten, or given another index.
std::vector<Sql> choose_passes(const Backfill& backfill) {
  const Literal table(quoted(backfill.table));
  std::vector<Sql> columns;
  for (const auto& [column, value] : backfill.assignments)
    columns.push_back(sql("{}", Literal(column.str())));
  return {
      sql("  -- Where rows lie in key order, each window is written in passes: the first makes room on the "
          "pages, and the"),
      sql("  -- rows of the others stay on theirs (HOT), which spares indexes, WAL and bloat."),
      sql("  SELECT {} INTO planner_passes FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace",
          kPasses),
      sql("    JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname AND NOT s.inherited"),
      sql("    WHERE c.oid = {}::regclass AND s.attname = {} AND abs(s.correlation) > 0.9", table,
          Literal(backfill.key.front().str())),
      sql("      AND NOT EXISTS (SELECT FROM pg_index x JOIN pg_attribute a ON a.attrelid = x.indrelid"),
      sql("        WHERE x.indrelid = c.oid AND a.attname IN ({})", join(columns, ", ")),
      sql("          AND (a.attnum = ANY (x.indkey) OR x.indexprs IS NOT NULL OR x.indpred IS NOT NULL))"),
      sql("      AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE backend_xmin IS NOT NULL"),
      sql("        AND pid <> pg_backend_pid() AND xact_start < clock_timestamp() - interval '60 seconds');"),
      sql("  planner_passes := coalesce(planner_passes, 1);"),
  };
}

std::vector<Sql> indented(const std::vector<Sql>& lines, std::size_t depth = 1) {
  const Sql margin = Sql::verbatim(std::string(2 * depth, ' '));
  std::vector<Sql> deeper;
  for (const Sql& line : lines) deeper.push_back(sql("{}{}", margin, line));
  return deeper;
}

/// `change_in` makes the lines of the statement that changes one range of rows. `interleaved`: the statement
/// picks the rows of `planner_pass` out of `planner_passes`.
template <typename ChangeIn>
std::vector<Sql> along_key(const Backfill& backfill, int batch_rows, const ChangeIn& change_in,
                           bool interleaved = false) {
  const std::size_t count = backfill.key.size();
  const Sql key = column_list(backfill.key);
  const Sql from = variable_row("from", count);
  std::vector<Sql> lines{sql("DECLARE")};
  for (std::size_t i = 0; i < count; ++i) {
    lines.push_back(sql("  {} {}.{}%TYPE;", variable("from", i), backfill.table, backfill.key[i]));
    lines.push_back(sql("  {} {}.{}%TYPE;", variable("to", i), backfill.table, backfill.key[i]));
  }
  lines.push_back(sql("  planner_more boolean;"));
  lines.push_back(sql("  planner_try integer;"));
  if (interleaved) lines.push_back(sql("  planner_passes integer;"));
  lines.push_back(sql("BEGIN"));
  if (interleaved) add(lines, choose_passes(backfill));
  lines.push_back(sql("  SELECT {} INTO {} FROM {} ORDER BY {} LIMIT 1;", key, variables("from", count),
                      backfill.table, key));
  lines.push_back(sql("  planner_more := FOUND;"));
  lines.push_back(sql("  WHILE planner_more LOOP"));
  const Sql rows = interleaved ? sql("{} * planner_passes", batch_rows) : sql("{}", batch_rows);
  lines.push_back(sql("    SELECT {} INTO {} FROM {} WHERE {} >= {} ORDER BY {} OFFSET {} LIMIT 1;", key,
                      variables("to", count), backfill.table, key_row(backfill), from, key, rows));
  lines.push_back(sql("    planner_more := FOUND;"));
  std::vector<Sql> changes{sql("        IF planner_more THEN")};
  add(changes, indented(change_in(true), 5));
  changes.push_back(sql("        ELSE"));
  add(changes, indented(change_in(false), 5));
  changes.push_back(sql("        END IF;"));
  const std::vector<Sql> batch = one_batch(changes);
  if (interleaved) {
    lines.push_back(sql("    FOR planner_pass IN 0 .. planner_passes - 1 LOOP"));
    add(lines, indented(batch));
    lines.push_back(sql("    END LOOP;"));
  } else {
    add(lines, batch);
  }
  for (std::size_t i = 0; i < count; ++i)
    lines.push_back(sql("    {} := {};", variable("from", i), variable("to", i)));
  lines.push_back(sql("  END LOOP;"));
  return lines;
}

/// Rows that move meanwhile were written by somebody else, so they are done already.
template <typename ChangeIn>
std::vector<Sql> along_heap(const Backfill& backfill, const Sql& alias, const ChangeIn& change_in) {
  const Literal table(quoted(backfill.table));
  std::vector<Sql> lines{
      sql("DECLARE"),
      sql("  planner_block bigint := 0;"),
      sql("  planner_end bigint := pg_relation_size({}::regclass) / current_setting('block_size')::bigint;",
          table),
      sql("  planner_try integer;"),
      sql("BEGIN"),
      sql("  WHILE planner_block < planner_end LOOP"),
  };
  const Sql range = sql(
      "{}ctid >= format('(%s,0)', planner_block)::tid AND {}ctid < format('(%s,0)', planner_block + {})::tid",
      alias, alias, kBlocks);
  add(lines, one_batch(indented(change_in(range), 4)));
  lines.push_back(sql("    planner_block := planner_block + {};", kBlocks));
  lines.push_back(sql("  END LOOP;"));
  return lines;
}

}  // namespace

std::vector<Sql> one_batch(const std::vector<Sql>& changes) {
  std::vector<Sql> lines{
      sql("    planner_try := 0;"),
      sql("    LOOP"),
      sql("      BEGIN"),
      sql("        PERFORM set_config('lock_timeout', '{}ms', true);", kRowWaitMs),
  };
  lines.insert(lines.end(), changes.begin(), changes.end());
  lines.push_back(sql("        EXIT;"));
  lines.push_back(sql("      EXCEPTION WHEN lock_not_available OR deadlock_detected THEN"));
  lines.push_back(sql("        planner_try := planner_try + 1;"));
  lines.push_back(sql("        IF planner_try > 300 THEN RAISE; END IF;"));
  lines.push_back(
      sql("        PERFORM pg_sleep(0.05 + random() * 0.2);  -- the rows of this batch are free meanwhile"));
  lines.push_back(sql("      END;"));
  lines.push_back(sql("    END LOOP;"));
  lines.push_back(sql("    COMMIT;"));
  return lines;
}

Backfill keyed_backfill(const Table& table) {
  Backfill backfill;
  backfill.table = table.name;
  const auto take = [&](const std::vector<Identifier>& columns) {
    backfill.key = columns;
    for (const Identifier& name : columns) backfill.key_types.push_back(table.column(name)->type);
  };
  if (const Constraint* key = table.primary_key();
      key != nullptr && usable_key(table, key->definition.columns)) {
    take(key->definition.columns);
    return backfill;
  }
  for (const Index& index : table.indexes) {
    if (!index.unique || !index.valid || index.is_new || index.method != "btree" || !index.predicate.empty())
      continue;
    std::vector<Identifier> columns;
    const bool plain =
        std::all_of(index.elements.begin(), index.elements.end(), [&](const IndexElement& element) {
          columns.push_back(element.column);
          return !element.column.empty() && !element.descending && element.opclass.empty() &&
                 element.collation.empty();
        });
    if (plain && usable_key(table, columns)) {
      take(columns);
      return backfill;
    }
  }
  return backfill;
}

bool takes_any_order(const Backfill& backfill) {
  return std::all_of(backfill.assignments.begin(), backfill.assignments.end(), [](const auto& assignment) {
    const Expression value = Expression::parse(assignment.second.str());
    const ExpressionFacts& facts = value.facts();
    return !facts.has_subquery &&
           std::all_of(facts.functions.begin(), facts.functions.end(), [](const FunctionCall& call) {
             // A conversion of planner's own gives one value for one value: the mirror's CHECK holds it to
             // that.
             if (is_planners(call.name.name)) return true;
             return builtin_volatility(call).has_value() && call.name.name.str() != "nextval";
           });
  });
}

Sql batched_block(const Backfill& given, int batch_rows, const std::vector<Identifier>& analyze_columns) {
  Backfill backfill = given;
  const bool interleaved = can_interleave(backfill);
  // CASE, because PostgreSQL would look at the dearer predicate first: at every row of the window in every
  // pass.
  if (interleaved) {
    backfill.todo = sql("CASE WHEN abs({} % planner_passes) = planner_pass THEN {} ELSE false END",
                        backfill.key.front(), backfill.todo);
  }
  std::vector<Sql> lines;
  const std::size_t count = backfill.key.size();
  const auto change_in = [&](bool more) {
    const Sql from = sql("{} >= {}", key_row(backfill), variable_row("from", count));
    return change(backfill,
                  more ? sql("{} AND {} < {}", from, key_row(backfill), variable_row("to", count)) : from);
  };
  const auto change_range = [&](const Sql& range) { return change(backfill, range); };
  add(lines, backfill.key.empty() ? along_heap(backfill, Sql(), change_range)
                                  : along_key(backfill, batch_rows, change_in, interleaved));
  if (!analyze_columns.empty()) {
    lines.push_back(sql("  BEGIN"));
    lines.push_back(sql("    PERFORM set_config('lock_timeout', '5s', true);"));
    lines.push_back(sql("    ANALYZE {} ({});", backfill.table, column_list(analyze_columns)));
    lines.push_back(sql("  EXCEPTION WHEN lock_not_available THEN NULL;  -- autovacuum is at it"));
    lines.push_back(sql("  END;"));
  }
  lines.push_back(sql("END"));
  return sql("DO {}", dollar_quoted(sql("\n{}\n", join(lines, "\n"))));
}

Sql batched_statement(const Backfill& keyed, const Expression& statement, const Identifier& alias,
                      int batch_rows) {
  std::vector<Sql> columns;
  for (const Identifier& column : keyed.key) columns.push_back(sql("{}.{}", alias, column));
  const std::size_t count = keyed.key.size();
  const Sql row = count == 1 ? columns.front() : sql("({})", join(columns, ", "));
  const auto changed_within = [&](const Sql& range) {
    return std::vector<Sql>{sql("{};", with_condition(statement, Expression::parse(range.str())).text())};
  };
  const auto change_in = [&](bool more) {
    Sql range = sql("{} >= {}", row, variable_row("from", count));
    if (more) range = sql("{} AND {} < {}", range, row, variable_row("to", count));
    return changed_within(range);
  };
  std::vector<Sql> lines = keyed.key.empty() ? along_heap(keyed, sql("{}.", alias), changed_within)
                                             : along_key(keyed, batch_rows, change_in);
  lines.push_back(sql("END"));
  return sql("DO {}", dollar_quoted(sql("\n{}\n", join(lines, "\n"))));
}

Step backfill_step(const Backfill& backfill, const SplitOptions& options,
                   const std::vector<Identifier>& analyze_columns) {
  Step step;
  step.kind = PhaseKind::Backfill;
  step.shape = Shape::Committing;
  step.slug = "backfill_" + backfill.table.name.str();
  step.statements = {batched_block(backfill, options.batch_rows, analyze_columns)};
  step.backfill = backfill;
  step.locks = {{backfill.table, LockMode::RowExclusive,
                 "and the rows of one batch; a row is held for one batch at most"}};
  if (!backfill.key.empty()) {
    step.why = "Batches of " + std::to_string(options.batch_rows) + " rows along " + display(backfill.key) +
               ", each committed at once; if it is stopped, run it again: finished rows are skipped.";
  } else {
    step.why =
        "The table has no unique key, so it is walked in physical ranges, each committed at once; if it is "
        "stopped, run it again: finished "
        "rows are skipped.";
  }
  return step;
}

}  // namespace planner::plans
