#include <algorithm>

#include "planner/sql/conditions.h"
#include "planner/sql/data_change.h"
#include "plans/recipes.h"
#include "plans/steps/backfill.h"
#include "plans/steps/dependents.h"
#include "plans/steps/fill.h"
#include "plans/steps/text.h"

namespace planner::plans {
namespace {

/// Does the condition name one row, or a handful, by a unique key?
bool few_rows(const Table& table, const Expression& where) {
  if (where.empty()) return false;
  const auto found = alternatives(where);
  return !found.empty() && std::all_of(found.begin(), found.end(), [&](const std::vector<Comparison>& all) {
    const auto fixed = [&](const Identifier& column) {
      return std::any_of(all.begin(), all.end(), [&](const Comparison& one) {
        return one.column == column && (one.comparison == "=" || one.comparison == "in") &&
               one.constants.size() <= 100;
      });
    };
    return std::any_of(table.indexes.begin(), table.indexes.end(), [&](const Index& index) {
      return index.unique && index.valid && index.predicate.empty() &&
             std::all_of(index.elements.begin(), index.elements.end(), [&](const IndexElement& element) {
               return !element.column.empty() && fixed(element.column);
             });
    });
  });
}

/// Applying it twice gives what applying it once gives, as far as one can tell by looking.
bool settles(const Expression& value, const Identifier& column) {
  static const std::vector<std::string> kSettling{"lower", "upper",   "btrim", "ltrim",     "rtrim",
                                                  "trim",  "initcap", "abs",   "date_trunc"};
  if (!value.mentions(column)) return true;
  const ExpressionFacts& facts = value.facts();
  if (!facts.operators.empty() || facts.has_subquery || facts.functions.size() != 1) return false;
  return std::find(kSettling.begin(), kSettling.end(), facts.functions.front().name.name.str()) !=
         kSettling.end();
}

RecipeResult refuse(const TableName& table, const char* word, const std::string& why) {
  return refused(std::string(word) + " of all " + display(table) + ": " + why,
                 "Write it so that a finished row can be told from an unfinished one (a WHERE that is false "
                 "for finished rows), or run it in a maintenance window.");
}

/// UPDATE and DELETE in parts that say everything.
RecipeResult plain(const TableName& name, const Table& table, const DataChange& change,
                   const Expression& where, const RecipeContext& context) {
  const char* word = change.deletes ? "DELETE" : "UPDATE";
  Backfill backfill = keyed_backfill(table);
  backfill.deletes = change.deletes;
  std::vector<Sql> todo, values, columns;
  if (!where.empty()) todo.push_back(sql("({})", where.text()));
  bool told_by_where = false;
  std::vector<Identifier> assigned;
  for (const auto& [column, value] : change.assignments) {
    const Column* known = table.column(column);
    if (known == nullptr) return refuse(name, word, "column " + said(column) + " is not known.");
    const auto volatility = context.before.volatility(value);
    const bool varies = volatility == Schema::ExpressionVolatility::Volatile ||
                        volatility == Schema::ExpressionVolatility::Unknown;
    const bool guarded =
        !where.empty() && same_meaning(where, Expression::parse(quoted(column) + " IS NULL"));
    if (varies && !guarded)
      return refuse(name, word,
                    "the value of " + said(column) +
                        " differs each time it is computed, so a batch cannot be repeated safely.");
    if (!settles(value, column)) {
      return refuse(name, word,
                    said(column) +
                        " is computed from itself, so a batch that is repeated after an interruption would "
                        "count twice.");
    }
    backfill.assignments.emplace_back(column, value.text());
    assigned.push_back(column);
    told_by_where = told_by_where || guarded;
    // An assigned column that another value is computed from: the second run would read the first one's
    // result.
    for (const auto& [other, other_value] : change.assignments) {
      if (!(other == column) && other_value.mentions(column))
        return refuse(
            name, word,
            said(other) + " is computed from " + said(column) + ", which the same statement changes.");
    }
    values.push_back(sql("({})::{}", value.text(), type_sql(known->type)));
    columns.push_back(sql("{}", column));
  }
  if (!change.deletes && !told_by_where)
    todo.push_back(sql("{} *<> {}", image(join(columns, ", ")), image(join(values, ", "))));
  if (todo.empty()) todo.push_back(sql("true"));
  backfill.todo = join(todo, " AND ");
  // A key that the statement itself changes would move rows between batches.
  for (const Identifier& key : backfill.key) {
    if (std::find(assigned.begin(), assigned.end(), key) != assigned.end())
      return refuse(name, word, "it changes " + said(key) + ", the key the batches go along.");
  }
  RecipeResult result;
  Step step = backfill_step(backfill, context.options, {});
  step.window = Window::BothReleases;
  step.recipe = "backfill-data";
  step.title =
      std::string(change.deletes ? "delete rows of " : "update rows of ") + display(name) + " in batches";
  step.reversible = false;
  step.reverse_note = change.deletes ? "Deleted rows are gone: only a backup has them."
                                     : "The values that were there before are gone: only a backup has them.";
  step.application = "It waits for one batch at most.";
  for (const Identifier& column : assigned) step.provides.push_back(label_filled(name, column));
  result.steps = {step};
  for (const Identifier& trigger : update_triggers(table, assigned)) {
    if (!change.deletes)
      result.notes.push_back("Updating " + display(name) + " fires trigger " + said(trigger) +
                             " for each row.");
  }
  return result;
}

RecipeResult change_data(const TableName& name, const Expression& statement, const Expression& where,
                         const RecipeContext& context) {
  const Table* table = context.before.table(name);
  if (table == nullptr)
    return refused("Change of rows in " + display(name) + ": the table is not known.",
                   "Check that the history given to planner is complete.");
  if (table->is_new) return harmless("the table is new");
  if (few_rows(*table, where)) return harmless("it names its rows by a unique key");
  const std::optional<DataChange> change = data_change(statement);
  if (!change)
    return refused("A change of rows in " + display(name) + " is not understood.",
                   "Write it as a plain UPDATE or DELETE.");
  const char* word = change->deletes ? "DELETE" : "UPDATE";
  if (table->kind != RelationKind::Table || !table->children.empty()) {
    return refuse(name, word, "the table is partitioned or has children; do it partition by partition.");
  }
  const ExpressionFacts& facts = statement.facts();
  if (change->plain && !facts.has_subquery) return plain(name, *table, *change, where, context);
  const bool itself = std::any_of(
      change->reads.begin(), change->reads.end(),
      [&](const ObjectName& relation) { return context.before.resolve_relation(relation) == name; });
  if (itself)
    return refuse(
        name, word,
        "it looks at other rows of the same table, so its result depends on which rows are changed first.");
  if (change->chooses)
    return refuse(
        name, word,
        "LIMIT, DISTINCT or a window function choose among the rows, and a batch would choose anew.");
  if (change->assignments.empty() && !change->deletes)
    return refuse(name, word, "it assigns several columns at once.");
  std::vector<Identifier> assigned;
  for (const auto& [column, value] : change->assignments) assigned.push_back(column);
  for (const auto& [column, value] : change->assignments) {
    if (!settles(value, column)) return refuse(name, word, said(column) + " is computed from itself.");
    const auto volatility = context.before.volatility(value);
    if (volatility == Schema::ExpressionVolatility::Volatile) {
      return refuse(name, word,
                    "the value of " + said(column) +
                        " differs each time it is computed, so a batch cannot be repeated safely.");
    }
  }
  const Backfill keyed = keyed_backfill(*table);
  for (const Identifier& key : keyed.key) {
    if (std::find(assigned.begin(), assigned.end(), key) != assigned.end())
      return refuse(name, word, "it changes " + said(key) + ", the key the batches go along.");
  }
  Step step;
  step.kind = PhaseKind::Backfill;
  step.shape = Shape::Committing;
  step.window = Window::BothReleases;
  step.recipe = "backfill-data";
  step.slug = "backfill_" + name.name.str();
  step.title =
      std::string(change->deletes ? "delete rows of " : "update rows of ") + display(name) + " in batches";
  step.why = keyed.key.empty()
                 ? "The table has no unique key, so it is walked in physical ranges, each committed at once; "
                   "if it is stopped, run it again."
                 : "Batches of " + std::to_string(context.options.batch_rows) + " rows along " +
                       display(keyed.key) + ", each committed at once; if it is stopped, run it again.";
  step.statements = {batched_statement(keyed, statement, change->alias, context.options.batch_rows)};
  step.locks = {
      {name, LockMode::RowExclusive, "and the rows of one batch; a row is held for one batch at most"}};
  step.reversible = false;
  step.reverse_note = "What was there before is gone: only a backup has it.";
  step.application = "It waits for one batch at most.";
  for (const auto& [column, value] : change->assignments) step.provides.push_back(label_filled(name, column));
  RecipeResult result;
  result.steps = {step};
  return result;
}

RecipeResult update(const Update& operation, const Intention&, const RecipeContext& context) {
  if (update_is_fill(context, operation))
    return covered("The columns it fills are made NOT NULL by the same migration, which fills them.");
  for (const Intention& other : context.intentions) {
    const auto* add = std::get_if<AddColumn>(&other.operation);
    const bool filled = add != nullptr && add->table == operation.table && add->column.not_null &&
                        add->column.default_value.empty() &&
                        operation.columns == std::vector{add->column.name};
    if (filled) return covered("The new column is filled with it.");
  }
  return change_data(operation.table, operation.statement, operation.where, context);
}

RecipeResult remove(const Delete& operation, const Intention&, const RecipeContext& context) {
  return change_data(operation.table, operation.statement, operation.where, context);
}

}  // namespace

const Recipe update_data{
    .id = "backfill-data", .summary = "Change many rows in batches that commit", .make = on<Update, update>};
const Recipe delete_data{
    .id = "backfill-data", .summary = "Delete many rows in batches that commit", .make = on<Delete, remove>};

}  // namespace planner::plans
