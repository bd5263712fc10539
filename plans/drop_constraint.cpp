#include <algorithm>
#include <utility>

#include "planner/compose/compose.h"
#include "plans/recipes.h"
#include "plans/steps/build.h"
#include "plans/steps/ddl.h"
#include "plans/steps/locks.h"
#include "plans/steps/text.h"

namespace planner::plans {
namespace {

/// The constraint as the database has it until the last phase: an earlier rename of the same migration has
/// not reached its columns yet.
std::pair<const Table*, const Constraint*> as_it_stands(const Table& table, const Constraint& constraint,
                                                        const RecipeContext& context) {
  const Table* start = context.start.table(table.name);
  const Constraint* held =
      start == nullptr || constraint.is_new ? nullptr : start->constraint(constraint.definition.name);
  return held == nullptr ? std::pair(&table, &constraint) : std::pair(start, held);
}

/// What the constraint stands on goes in the same migration: then it goes with it.
bool goes_with_its_columns(const TableName& table, const Constraint& constraint,
                           const RecipeContext& context) {
  return std::any_of(context.intentions.begin(), context.intentions.end(), [&](const Intention& other) {
    if (const auto* drop = std::get_if<DropTable>(&other.operation)) {
      return drop->table == table || drop->table == constraint.definition.references.table;
    }
    const auto* drop = std::get_if<DropColumn>(&other.operation);
    const auto* rename = std::get_if<RenameColumn>(&other.operation);
    const bool here = drop != nullptr ? drop->table == table : rename != nullptr && rename->table == table;
    if (!here) return false;
    const Identifier& column = drop != nullptr ? drop->column : rename->from;
    const std::vector<Identifier>& columns = constraint.definition.columns;
    return std::find(columns.begin(), columns.end(), column) != columns.end();
  });
}

RecipeResult make(const DropConstraint& operation, const Intention&, const RecipeContext& context) {
  const Table* table = context.before.table(operation.table);
  if (table == nullptr)
    return refused("DROP CONSTRAINT " + said(operation.constraint) + ": table " + display(operation.table) +
                       " is not known.",
                   "Check that the history given to planner is complete.");
  if (table->is_new) return harmless("the table is new");
  const Constraint* constraint = table->constraint(operation.constraint);
  if (constraint == nullptr) {
    return operation.if_exists ? covered("there is no such constraint")
                               : refused("DROP CONSTRAINT " + said(operation.constraint) + " of " +
                                             display(operation.table) + ": there is no such constraint.",
                                         "Correct the name.");
  }
  const Effects effects = effects_of(operation, context.before, context.options.effects);
  for (const Failure& failure : effects.failures) {
    if (!failure.depends_on_data && !failure.only_with_rows) {
      return refused("DROP CONSTRAINT " + said(operation.constraint) + ": PostgreSQL refuses it (" +
                         failure.message + ").",
                     "Drop what needs the constraint first, in the same migration.");
    }
  }
  // A CHECK that proved NOT NULL and goes: it keeps its place behind what it was for.
  if (constraint->is_new) return harmless("the migration itself added it");
  const bool foreign = constraint->definition.kind == ConstraintKind::ForeignKey;
  const auto [start_table, standing] = as_it_stands(*table, *constraint, context);
  const bool last = goes_with_its_columns(operation.table, *standing, context);
  Step drop;
  drop.recipe = "drop-constraint";
  drop.kind = last ? PhaseKind::Drop : PhaseKind::Add;
  drop.window = last ? Window::NewRelease : Window::BothReleases;
  drop.slug = "drop_" + operation.constraint.str();
  drop.title = "drop constraint " + said(operation.constraint) + " of " + display(operation.table);
  drop.why = foreign ? "Dropping a foreign key locks the table it points at as well, so both are asked for "
                       "at once, and only for a moment."
                     : "It comes before the release that no longer keeps to it.";
  drop.locks = locks_of(operation, context.before, context.options.effects);
  drop.statements = {sql("ALTER TABLE {} DROP CONSTRAINT {}{}{}", operation.table,
                         operation.if_exists ? sql("IF EXISTS ") : Sql(), operation.constraint,
                         operation.cascade == Cascade::Cascade ? sql(" CASCADE") : Sql())};
  // In the last phase a rename written before it is done, and its way back comes later.
  drop.reverse = last ? constraint_back(*table, *constraint) : constraint_back(*start_table, *standing);
  if (drop.reverse.empty() || operation.cascade == Cascade::Cascade) {
    drop.reversible = false;
    drop.reverse_note = "planner does not build this constraint again.";
  } else {
    drop.reverse_note = "It succeeds only while the data still keeps to the constraint.";
  }
  if (constraint->definition.kind == ConstraintKind::Unique ||
      constraint->definition.kind == ConstraintKind::PrimaryKey) {
    drop.application = "INSERT ... ON CONFLICT that relies on the key fails from here on.";
  } else {
    drop.application = "Nothing changes for it: less is refused.";
  }
  drop.provides = {"gone:" + label_constraint(operation.table, operation.constraint),
                   label_gone({operation.table.schema, operation.constraint})};
  RecipeResult result;
  result.steps = {drop};
  return result;
}

RecipeResult drop_an_index(const DropIndex& operation, const Intention&, const RecipeContext& context) {
  const Index* index = context.before.index(operation.index);
  if (index == nullptr)
    return operation.if_exists
               ? harmless("the index does not exist")
               : refused("DROP INDEX " + display(operation.index) + ": the index is not known.",
                         "Check that the history given to planner is complete.");
  const Table* table = context.before.table(index->table);
  if (index->is_new || (table != nullptr && table->is_new)) return harmless("the index or its table is new");
  if (operation.concurrently && context.file.statements.size() == 1)
    return harmless("it is dropped concurrently and alone in its file");
  if (!index->constraint.empty())
    return refused(
        "DROP INDEX " + display(operation.index) + ": it serves constraint " + said(index->constraint) + ".",
        "ALTER TABLE ... DROP CONSTRAINT instead.");
  if (table != nullptr && table->kind == RelationKind::PartitionedTable) {
    Step drop;
    drop.recipe = "drop-index";
    drop.kind = PhaseKind::Drop;
    drop.window = index->unique ? Window::NewRelease : Window::BothReleases;
    drop.slug = "drop_" + operation.index.name.str();
    drop.title = "drop index " + display(operation.index) + " of " + display(index->table) +
                 " and those of its partitions";
    drop.why =
        "An index of a partitioned table cannot be dropped concurrently; the table and every partition are "
        "asked for at once, and only for a moment.";
    drop.locks = {{index->table, LockMode::AccessExclusive, std::string(kMoment)}};
    for (const TableName& partition : context.before.partitions_and_children(index->table))
      drop.locks.push_back({partition, LockMode::AccessExclusive, std::string(kMoment)});
    drop.statements = {
        sql("DROP INDEX {}{}", operation.if_exists ? sql("IF EXISTS ") : Sql(), operation.index)};
    drop.reversible = false;
    drop.reverse_note = "Build it again as a migration of its own: CREATE INDEX, split by planner.";
    drop.application = index->unique ? "INSERT ... ON CONFLICT that relies on the index fails from here on."
                                     : "Queries that used the index become slower.";
    drop.provides = {label_gone(operation.index)};
    RecipeResult result;
    result.steps = {drop};
    return result;
  }
  Step drop;
  drop.recipe = "drop-index";
  drop.kind = PhaseKind::Drop;
  drop.shape = Shape::Alone;
  drop.window = index->unique ? Window::NewRelease : Window::BothReleases;
  drop.slug = "drop_" + operation.index.name.str();
  drop.title = "drop index " + display(operation.index) + " of " + display(index->table);
  drop.why = "Concurrently, so that nobody waits; that cannot run inside a transaction and so must be alone.";
  drop.locks = {{index->table, LockMode::ShareUpdateExclusive,
                 "until every transaction that may use the index has ended; reads and writes go on"}};
  // IF EXISTS: a drop that was interrupted is simply run again.
  drop.statements = {sql("DROP INDEX CONCURRENTLY IF EXISTS {}", operation.index)};
  drop.reverse = index_back(*index);
  drop.application = index->unique ? "INSERT ... ON CONFLICT that relies on the index fails from here on."
                                   : "Queries that used the index become slower.";
  drop.provides = {label_gone(operation.index)};
  RecipeResult result;
  result.steps = {drop};
  return result;
}

/// Does the key stand on a column that gets its name in this very migration? The two cannot change at once
/// then: the old key goes with the old column, the new one comes when the column has its name.
bool on_renamed_column(const TableName& table, const ConstraintDefinition& constraint,
                       const RecipeContext& context) {
  return std::any_of(context.intentions.begin(), context.intentions.end(), [&](const Intention& other) {
    const auto* rename = std::get_if<RenameColumn>(&other.operation);
    return rename != nullptr && rename->table == table &&
           std::find(constraint.columns.begin(), constraint.columns.end(), rename->to) !=
               constraint.columns.end();
  });
}

RecipeResult replace(const ReplaceConstraint& operation, const Intention& intention,
                     const RecipeContext& context) {
  const Table* table = context.before.table(operation.table);
  const Constraint* old_one = nullptr;
  // What the DROP met: the constraint was still there when the migration began.
  if (const Table* start = context.start.table(operation.table))
    old_one = start->constraint(operation.old_constraint);
  if (table == nullptr || table->is_new) return harmless("the table is new");
  if (old_one == nullptr)
    return refused("Replacing " + said(operation.old_constraint) + " of " + display(operation.table) +
                       ": it is not known.",
                   "Check that the history given to planner is complete.");
  ConstraintDefinition constraint = named(operation.table, operation.constraint, context);
  if (constraint.name.empty()) constraint.name = operation.old_constraint;
  if (table->kind == RelationKind::PartitionedTable && constraint.kind != ConstraintKind::Check) {
    return refused(
        "Replacing " + said(operation.old_constraint) + " of the partitioned table " +
            display(operation.table) + " in one go.",
        "Write it as two migrations: ADD CONSTRAINT under another name, which planner does partition "
        "by partition, then DROP CONSTRAINT of the old one.");
  }
  RecipeResult result;
  if (constraint.kind == ConstraintKind::ForeignKey &&
      on_renamed_column(operation.table, constraint, context)) {
    result = make({.table = operation.table, .constraint = operation.old_constraint}, intention, context);
    if (result.outcome != RecipeResult::Outcome::Steps) return result;
    std::vector<Step> added = foreign_key_steps(operation.table, constraint, context);
    added.front().needs.push_back("gone:" + label_constraint(operation.table, operation.old_constraint));
    result.steps.insert(result.steps.end(), added.begin(), added.end());
    for (Step& step : result.steps) step.recipe = "replace-constraint";
    return result;
  }
  if (constraint.kind == ConstraintKind::Unique || constraint.kind == ConstraintKind::PrimaryKey) {
    for (const Schema::Reference& reference : context.before.references_to(operation.table)) {
      const Table* from = context.before.table(reference.from);
      const Constraint* key = from == nullptr ? nullptr : from->constraint(reference.constraint);
      if (key != nullptr && key->definition.references.columns == old_one->definition.columns) {
        return refused("Replacing " + said(operation.old_constraint) + " of " + display(operation.table) +
                           ": foreign key " + said(reference.constraint) + " of " + display(reference.from) +
                           " stands on it.",
                       "Drop the foreign key in the same migration and add it again.");
      }
    }
    if (!constraint.using_index.empty()) {
      const Effects effects = effects_of(operation, context.before, context.options.effects);
      if (!effects.scans.empty()) {
        return refused("The key on " + display(operation.table) +
                           " takes an index whose columns may be NULL, so the table is read under lock.",
                       "Make the columns NOT NULL first, in a migration of its own.");
      }
      Step swap;
      swap.kind = PhaseKind::Add;
      swap.window = Window::BothReleases;
      swap.recipe = "replace-constraint";
      swap.slug = "replace_" + operation.old_constraint.str();
      swap.title = "replace " + said(operation.old_constraint) + " of " + display(operation.table) + " by " +
                   said(constraint.using_index);
      swap.why = "The index is there already, so this is only a note in the catalogue.";
      swap.locks = locks_of(DropConstraint{operation.table, operation.old_constraint}, context.start,
                            context.options.effects);
      swap.statements = {sql("ALTER TABLE {} DROP CONSTRAINT {}, ADD {}", operation.table,
                             operation.old_constraint, constraint_sql(constraint))};
      swap.reversible = false;
      swap.reverse_note = "The index of the replaced key is gone; build it again as a migration of its own.";
      swap.application = "INSERT ... ON CONFLICT that relies on the replaced key fails from here on.";
      if (const Index* index = context.before.table(operation.table)->index(constraint.using_index)) {
        std::vector<Identifier> columns;
        for (const IndexElement& element : index->elements) columns.push_back(element.column);
        Step ready;  // the index is there: either release may run until the key changes
        part_releases(old_one->definition.columns, columns, ready, swap);
        if (swap.window == Window::NewRelease) swap.kind = PhaseKind::Enforce;
      }
      swap.provides.insert(swap.provides.end(),
                           {label_constraint(operation.table, constraint.name),
                            "gone:" + label_constraint(operation.table, operation.old_constraint)});
      result.steps = {swap};
      return result;
    }
    result.steps = key_steps(operation.table, constraint, context, operation.old_constraint);
    result.steps.back().provides.push_back("gone:" +
                                           label_constraint(operation.table, operation.old_constraint));
  } else if (constraint.kind == ConstraintKind::ForeignKey || constraint.kind == ConstraintKind::Check) {
    result.steps = constraint.kind == ConstraintKind::ForeignKey
                       ? foreign_key_steps(operation.table, constraint, context)
                       : check_steps(operation.table, constraint, context);
    if (constraint.kind == ConstraintKind::Check && !constraint.no_inherit)
      lock_below(result.steps, operation.table, context);
    Step& swap = result.steps.front();
    swap.title = "replace " + said(operation.old_constraint) + " of " + display(operation.table) + " by " +
                 said(constraint.name) + ", not yet validated";
    swap.why += " Both change in one transaction, so that there is no moment without the rule.";
    swap.statements.insert(swap.statements.begin(), sql("ALTER TABLE {} DROP CONSTRAINT {}", operation.table,
                                                        operation.old_constraint));
    for (StepLock& lock : swap.locks) lock.mode = LockMode::AccessExclusive;
    if (constraint.kind == ConstraintKind::ForeignKey &&
        old_one->definition.references.table != constraint.references.table &&
        old_one->definition.references.table != operation.table) {
      swap.locks.push_back(
          {old_one->definition.references.table, LockMode::AccessExclusive, std::string(kMoment)});
    }
    std::vector<ReverseStep> back = constraint_back(*context.start.table(operation.table), *old_one);
    if (back.empty())
      return refused(
          "Replacing " + said(operation.old_constraint) + ": planner does not know this kind of constraint.",
          "Drop and add it in a maintenance window.");
    back.front().statements.insert(back.front().statements.begin(), swap.reverse.front().statements.begin(),
                                   swap.reverse.front().statements.end());
    back.front().locks = swap.locks;
    swap.reverse = back;
    // The name is free because the same step frees it.
    for (Step& step : result.steps) step.recipe = "replace-constraint";
    result.steps.front().provides.push_back("gone:" +
                                            label_constraint(operation.table, operation.old_constraint));
  } else {
    return refused("Replacing " + said(operation.old_constraint) + " of " + display(operation.table) +
                       ": an exclusion constraint can only be built while nobody can use the table.",
                   "Do it in a maintenance window.");
  }
  return result;
}

}  // namespace

const Recipe drop_constraint{.id = "drop-constraint",
                             .summary = "Drop a constraint, with every table it locks asked for at once",
                             .make = on<DropConstraint, make>};
const Recipe drop_index{.id = "drop-index",
                        .summary = "Drop an index concurrently, alone in its migration",
                        .make = on<DropIndex, drop_an_index>};
const Recipe replace_constraint{
    .id = "replace-constraint",
    .summary = "Put one constraint in another's place without a moment between them",
    .make = on<ReplaceConstraint, replace>};

}  // namespace planner::plans
