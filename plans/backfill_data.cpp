#include <algorithm>

#include "planner/few_rows.h"
#include "planner/sql/data_change.h"
#include "plans/recipes.h"
#include "plans/steps/backfill.h"
#include "plans/steps/dependents.h"
#include "plans/steps/fill.h"
#include "plans/steps/follow.h"
#include "plans/steps/once.h"
#include "plans/steps/text.h"
#include "plans/steps/triggers_off.h"

namespace planner::plans {
namespace {

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

/// What DEFAULT stands for.
Expression assigned_value(const Table& table, const Identifier& column, const Expression& written) {
  if (written.text().str() != "DEFAULT") return written;
  const Column* known = table.column(column);
  return known == nullptr || known->default_value.empty() ? Expression::parse("NULL") : known->default_value;
}

/// Can the batches of this change be walked along the table itself, and repeated?
std::optional<Once> needs_list(const Table& table, const DataChange& change, const RecipeContext& context) {
  const TableName& name = table.name;
  const bool itself = std::any_of(change.reads.begin(), change.reads.end(), [&](const ObjectName& relation) {
    return context.before.resolve_relation(relation) == name;
  });
  const auto varies = [&](const Expression& value) {
    if (value.empty()) return false;
    const auto volatility = context.before.volatility(value);
    return volatility == Schema::ExpressionVolatility::Volatile ||
           volatility == Schema::ExpressionVolatility::Unknown;
  };
  // Which rows a volatile condition means is known only once it is asked.
  if (itself || change.chooses || varies(change.where)) return Once::AsSeen;
  if (!change.all_named) return Once::EachRow;
  const bool only_missing =
      change.assignments.size() == 1 &&
      same_meaning(change.where, Expression::parse(quoted(change.assignments.front().first) + " IS NULL"));
  for (const auto& [column, written] : change.assignments) {
    const Expression value = assigned_value(table, column, written);
    if (varies(value) && !only_missing) return Once::EachRow;
    for (const auto& [read, unused] : change.assignments) {
      if (reads_own(value, change.alias, read) && !(read == column && settles(value, column)))
        return Once::EachRow;
    }
  }
  return std::nullopt;
}

/// Every row would get the same key, so there can only be one.
bool gives_one_key(const Table& table, const DataChange& change) {
  return std::any_of(table.indexes.begin(), table.indexes.end(), [&](const Index& index) {
    return index.unique && index.valid && index.predicate.empty() && !index.elements.empty() &&
           std::all_of(index.elements.begin(), index.elements.end(), [&](const IndexElement& element) {
             return !element.column.empty() &&
                    std::any_of(change.assignments.begin(), change.assignments.end(), [&](const auto& set) {
                      return set.first == element.column && set.second.facts().is_constant &&
                             !set.second.facts().is_null_constant;
                    });
           });
  });
}

Step plain_step(const TableName& name, const Table& table, const DataChange& change, Backfill backfill,
                const RecipeContext& context) {
  backfill.deletes = change.deletes;
  std::vector<Sql> todo, values, columns;
  if (!change.where.empty()) todo.push_back(sql("({})", change.where.text()));
  bool told_by_where = false;
  for (const auto& [column, written] : change.assignments) {
    const Column& known = *table.column(column);
    const Expression value = assigned_value(table, column, written);
    backfill.assignments.emplace_back(column, value.text());
    told_by_where =
        told_by_where ||
        (!change.where.empty() && same_meaning(change.where, Expression::parse(quoted(column) + " IS NULL")));
    values.push_back(sql("({})::{}", value.text(), type_sql(known.type)));
    columns.push_back(sql("{}", column));
  }
  if (!change.deletes && !told_by_where)
    todo.push_back(sql("{} *<> {}", image(join(columns, ", ")), image(join(values, ", "))));
  if (todo.empty()) todo.push_back(sql("true"));
  backfill.todo = join(todo, " AND ");
  Step step = backfill_step(backfill, context.options, {});
  step.title =
      std::string(change.deletes ? "delete rows of " : "update rows of ") + display(name) + " in batches";
  return step;
}

Step statement_step(const TableName& name, const DataChange& change, const Expression& statement,
                    const Backfill& keyed, const RecipeContext& context) {
  Step step;
  step.kind = PhaseKind::Backfill;
  step.shape = Shape::Committing;
  step.slug = "backfill_" + name.name.str();
  step.title =
      std::string(change.deletes ? "delete rows of " : "update rows of ") + display(name) + " in batches";
  step.why = keyed.key.empty()
                 ? "The table has no unique key, so it is walked in physical ranges, each committed at once; "
                   "if it is stopped, run it again."
                 : "Batches of " + std::to_string(context.options.batch_rows) + " rows along " +
                       display(keyed.key) + ", each committed at once; if it is stopped, run it again.";
  step.statements = {batched_statement(keyed, statement, change.alias, context.options.batch_rows)};
  step.locks = {
      {name, LockMode::RowExclusive, "and the rows of one batch; a row is held for one batch at most"}};
  return step;
}

RecipeResult change_data(const TableName& name, const Expression& statement,
                         const std::vector<Identifier>& assigned, std::size_t place,
                         const RecipeContext& context) {
  const Table* table = context.before.table(name);
  if (table == nullptr)
    return refused("Change of rows in " + display(name) + ": the table is not known.",
                   "Check that the history given to planner is complete.");
  if (table->is_new) return harmless("the table is new");
  const std::optional<DataChange> change = data_change(statement);
  if (!change)
    return refused("A change of rows in " + display(name) + " is not understood.",
                   "Write it as a plain UPDATE or DELETE.");
  if (changes_few_rows(context.before, statement)) return harmless("it names its rows by a unique key");
  if (gives_one_key(*table, *change))
    return harmless("every row would get the same key, so there can be one at most");
  const char* word = change->deletes ? "DELETE" : "UPDATE";
  for (const Intention& other : context.intentions) {
    const auto* rename = std::get_if<RenameColumn>(&other.operation);
    if (rename == nullptr || rename->table != name || context.start.table(name) == nullptr ||
        std::find(assigned.begin(), assigned.end(), rename->to) == assigned.end())
      continue;
    return refused(std::string(word) + " of all " + display(name) + ": it changes " + said(rename->to) +
                       ", which still follows " + said(rename->from) + " while both releases run.",
                   "Put the UPDATE into a migration of its own, to be split when the rename is finished.");
  }
  if (change->writes_more)
    return refused(std::string(word) + " of all " + display(name) +
                       ": its WITH writes rows too, and would do so again in every batch.",
                   "Write the statement in its WITH as one of its own, before this one.");
  for (const Identifier& column : assigned) {
    if (table->column(column) == nullptr)
      return refuse(name, word, "column " + said(column) + " is not known.");
  }
  Backfill keyed = keyed_backfill(*table);
  const bool tree = table->kind != RelationKind::Table || !table->children.empty();
  if (table->kind == RelationKind::Table && !table->children.empty())
    return refuse(name, word, "tables inherit from it, so no key is unique; do it table by table (ONLY).");
  if (tree && keyed.key.empty())
    return refuse(name, word,
                  "the table is partitioned and has no unique key; do it partition by partition.");

  std::optional<Once> how = needs_list(*table, *change, context);
  // A key that the statement itself changes would move rows between batches.
  const bool moves = std::any_of(keyed.key.begin(), keyed.key.end(), [&](const Identifier& key) {
    return std::find(assigned.begin(), assigned.end(), key) != assigned.end();
  });
  if (moves && !how) how = Once::EachRow;
  if (how && keyed.key.empty())
    return refused(
        std::string(word) + " of all " + display(name) +
            ": no row may be changed twice, and without a unique key of columns that are NOT NULL "
            "a row that is done cannot be told from one that is not.",
        "Give the table a primary key first, or write it so that a WHERE is false for finished rows.");
  if (how == Once::AsSeen && !change->deletes &&
      (!change->all_named ||
       std::any_of(change->assignments.begin(), change->assignments.end(),
                   [](const auto& set) { return set.second.text().str() == "DEFAULT"; })))
    return refused(
        std::string(word) + " of all " + display(name) +
            ": it looks at other rows of the table and assigns several columns at once, or DEFAULT.",
        "Give each column its own value.");

  RecipeResult result;
  if (how) {
    result.steps = once_steps(*table, statement, *change, keyed.key, *how, place, context);
  } else {
    result.steps = {change->plain && !statement.facts().has_subquery
                        ? plain_step(name, *table, *change, keyed, context)
                        : statement_step(name, *change, statement, keyed, context)};
    Step& step = result.steps.front();
    step.reversible = false;
    step.reverse_note = change->deletes
                            ? "Deleted rows are gone: only a backup has them."
                            : "The values that were there before are gone: only a backup has them.";
    step.application = "It waits for one batch at most.";
    for (const Identifier& column : assigned) step.provides.push_back(label_filled(name, column));
    if (std::optional<Follow> followed = follow(*table, *change, context)) {
      step.needs = followed->install.provides;
      result.steps.insert(result.steps.begin(), std::move(followed->install));
      result.steps.push_back(std::move(followed->remove));
    }
  }
  for (Step& step : result.steps) {
    if (step.kind == PhaseKind::Backfill) step.window = Window::BothReleases;
    step.recipe = "backfill-data";
  }
  for (const Identifier& trigger : update_triggers(*table, assigned)) {
    if (!change->deletes)
      result.notes.push_back("Updating " + display(name) + " fires trigger " + said(trigger) +
                             " for each row.");
  }
  return result;
}

RecipeResult update(const Update& operation, const Intention& intention, const RecipeContext& context) {
  if (!changes_few_rows(context.before, operation.statement)) {
    if (auto refusal = triggers_switched_off(operation.table, RowEvent::Update, intention, context))
      return *refusal;
  }
  if (update_is_fill(context, operation))
    return covered("The columns it fills are made NOT NULL by the same migration, which fills them.");
  for (const Intention& other : context.intentions) {
    const auto* add = std::get_if<AddColumn>(&other.operation);
    const bool filled = add != nullptr && add->table == operation.table && add->column.not_null &&
                        add->column.default_value.empty() &&
                        operation.columns == std::vector{add->column.name};
    if (filled) return covered("The new column is filled with it.");
  }
  return change_data(operation.table, operation.statement, operation.columns,
                     intention.sources.front().statement, context);
}

RecipeResult remove(const Delete& operation, const Intention& intention, const RecipeContext& context) {
  if (!changes_few_rows(context.before, operation.statement)) {
    if (auto refusal = triggers_switched_off(operation.table, RowEvent::Delete, intention, context))
      return *refusal;
  }
  return change_data(operation.table, operation.statement, {}, intention.sources.front().statement, context);
}

}  // namespace

const Recipe update_data{
    .id = "backfill-data", .summary = "Change many rows in batches that commit", .make = on<Update, update>};
const Recipe delete_data{
    .id = "backfill-data", .summary = "Delete many rows in batches that commit", .make = on<Delete, remove>};

}  // namespace planner::plans
