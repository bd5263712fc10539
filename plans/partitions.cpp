#include <algorithm>

#include "plans/recipes.h"
#include "plans/steps/build.h"
#include "plans/steps/ddl.h"
#include "plans/steps/text.h"

namespace planner::plans {
namespace {

/// The condition that every row of the partition must keep, as PostgreSQL looks for it before it reads the
/// rows; empty: planner does not know it.
Expression bound_condition(const Table& parent, const PartitionBound& bound) {
  if (!parent.partition_by || parent.partition_by->elements.size() != 1 ||
      parent.partition_by->elements.front().column.empty() || bound.is_default)
    return {};
  const Identifier& column = parent.partition_by->elements.front().column;
  const auto open_end = [](const Expression& value) {
    const auto& columns = value.facts().columns;
    return columns.size() == 1 &&
           (columns.front() == Identifier("minvalue") || columns.front() == Identifier("maxvalue"));
  };
  std::vector<Sql> parts{sql("{} IS NOT NULL", column)};
  if (bound.strategy == "r" && bound.lower.size() == 1 && bound.upper.size() == 1) {
    if (!open_end(bound.lower.front())) parts.push_back(sql("{} >= {}", column, bound.lower.front().text()));
    if (!open_end(bound.upper.front())) parts.push_back(sql("{} < {}", column, bound.upper.front().text()));
    return Expression::parse(join(parts, " AND ").str());
  }
  if (bound.strategy != "l" || bound.list.empty()) return {};
  std::vector<Sql> values;
  for (const Expression& value : bound.list) {
    if (value.facts().is_null_constant) return {};
    values.push_back(value.text());
  }
  parts.push_back(sql("{} IN ({})", column, join(values, ", ")));
  return Expression::parse(join(parts, " AND ").str());
}

ConstraintDefinition proof(const Identifier& name, const Expression& condition) {
  ConstraintDefinition check;
  check.kind = ConstraintKind::Check;
  check.name = name;
  check.expression = condition;
  return check;
}

/// What the parent has and the partition gets when it is attached: built before, so that attaching finds it.
std::vector<Step> brought_along(const Table& partition, const RecipeContext& context) {
  std::vector<Step> steps;
  const Table* after = context.after.table(partition.name);
  if (after == nullptr) return steps;
  for (const Constraint& constraint : after->constraints) {
    const ConstraintDefinition& definition = constraint.definition;
    if (partition.constraint(definition.name) != nullptr) continue;
    std::vector<Step> more;
    if (definition.kind == ConstraintKind::ForeignKey)
      more = foreign_key_steps(partition.name, definition, context);
    if (definition.kind == ConstraintKind::Unique || definition.kind == ConstraintKind::PrimaryKey)
      more = key_steps(partition.name, definition, context);
    steps.insert(steps.end(), more.begin(), more.end());
  }
  for (const Index& index : after->indexes) {
    if (partition.index(index.name.name) != nullptr || !index.constraint.empty()) continue;
    steps.push_back(index_step(recreated(index, index.name.name), context));
  }
  return steps;
}

RecipeResult attach(const AttachPartition& operation, const Intention& intention,
                    const RecipeContext& context) {
  const Table* parent = context.before.table(operation.table);
  const Table* partition = context.before.table(operation.partition);
  if (parent == nullptr || partition == nullptr)
    return refused("ATTACH PARTITION " + display(operation.partition) + ": a table is not known.",
                   "Check that the history given to planner is complete.");
  if (parent->is_new) return harmless("the partitioned table is new");
  const Effects effects = effects_of(operation, context.before, context.options.effects);
  if (effects.scans.empty() && effects.indexes.empty())
    return harmless("what is there already proves the bounds, so no row is read");
  const Table* rest = nullptr;
  for (const TableName& name : context.before.partitions_and_children(parent->name)) {
    const Table* other = context.before.table(name);
    if (other != nullptr && other->bound && other->bound->is_default && other->partition_of == parent->name)
      rest = other;
  }
  const std::string what = "ATTACH PARTITION " + display(operation.partition) + ": ";
  const Expression condition = bound_condition(*parent, operation.bound);
  if (partition->is_new && rest == nullptr) return harmless("the partition is new and holds no rows");
  if (condition.empty()) {
    return refused(what +
                       "PostgreSQL reads every row while nobody can use it, and planner cannot write the "
                       "CHECK that would spare it (several key columns, an expression, hash or default).",
                   "Add a CHECK of the partition's bounds NOT VALID, validate it, then attach, each in a "
                   "migration of its own; without the CHECK use a maintenance window.");
  }
  if (partition->kind != RelationKind::Table || (rest != nullptr && rest->kind != RelationKind::Table))
    return refused(
        what + "it is partitioned itself, or the default partition is.",
        "Attach it in a maintenance window, or prove its bounds by a CHECK on every partition first.");

  RecipeResult result;
  Step last;
  last.kind = PhaseKind::Enforce;
  last.window = Window::BothReleases;
  last.slug = "attach_" + operation.partition.name.str();
  last.title = "attach " + display(operation.partition) + " to " + display(operation.table);
  last.why =
      "Validated CHECKs prove the bounds and all indexes are there, so no row is read and nothing built.";
  last.application = "The rows are read and written through " + display(operation.table) + " from here on.";
  last.locks = {{operation.table, LockMode::ShareUpdateExclusive, std::string(kMoment)},
                {operation.partition, LockMode::AccessExclusive, std::string(kMoment)}};
  std::vector<Sql> forget, remember;
  ReverseStep again;
  const auto prove = [&](const Table& table, const Expression& holds) {
    const Identifier name = planner_name("bounds", operation.partition.name.str());
    std::vector<Step> steps = check_steps(table.name, proof(name, holds), context);
    last.needs.insert(last.needs.end(), steps.back().provides.begin(), steps.back().provides.end());
    steps.back().provides.push_back("proven:" + quoted(table.name) + "." + quoted(name));
    last.needs.push_back(steps.back().provides.back());
    steps.front().application = "A row outside the bounds is refused from here on.";
    result.steps.insert(result.steps.end(), steps.begin(), steps.end());
    forget.push_back(sql("ALTER TABLE {} DROP CONSTRAINT {}", table.name, name));
    again.statements.push_back(sql("ALTER TABLE {} VALIDATE CONSTRAINT {}", table.name, name));
    again.locks.push_back({table.name, LockMode::ShareUpdateExclusive, std::string(kScan)});
    ConstraintDefinition unproven = proof(name, holds);
    unproven.not_valid = true;
    remember.push_back(sql("ALTER TABLE {} ADD {}", table.name, constraint_sql(unproven)));
  };
  if (!partition->is_new) {
    prove(*partition, condition);
    std::vector<Step> along = brought_along(*partition, context);
    const auto built = static_cast<std::size_t>(
        std::count_if(effects.indexes.begin(), effects.indexes.end(), [&](const IndexEffect& index) {
          return index.work == IndexWork::Built && index.table == partition->name;
        }));
    const auto made = static_cast<std::size_t>(std::count_if(
        along.begin(), along.end(), [](const Step& step) { return step.shape == Shape::Alone; }));
    if (made < built)
      return refused(what + "it has not all indexes of " + display(operation.table) +
                         ", and the names PostgreSQL would give them are not certain.",
                     "CREATE INDEX CONCURRENTLY those it lacks in migrations of their own, then attach it.");
    for (Step& step : along) {
      last.needs.insert(last.needs.end(), step.provides.begin(), step.provides.end());
      result.steps.push_back(std::move(step));
    }
  }
  if (rest != nullptr) {
    prove(*rest, Expression::parse("NOT (" + condition.text().str() + ")"));
    last.locks.push_back({rest->name, LockMode::AccessExclusive, std::string(kMoment)});
  }
  const Statement& statement = context.file.statements[intention.sources.front().statement];
  last.statements = {Sql::verbatim(
      context.migration.text.substr(statement.span.begin, statement.span.end - statement.span.begin))};
  last.statements.insert(last.statements.end(), forget.begin(), forget.end());
  ReverseStep back;
  back.locks = last.locks;
  back.locks.front().mode = LockMode::AccessExclusive;
  back.statements = {sql("ALTER TABLE {} DETACH PARTITION {}", operation.table, operation.partition)};
  back.statements.insert(back.statements.end(), remember.begin(), remember.end());
  last.reverse = {back, again};
  result.steps.push_back(last);
  for (Step& step : result.steps) step.recipe = "attach-partition";
  return result;
}

}  // namespace

std::vector<Step> on_each_partition(const TableName& parent, const ConstraintDefinition& wanted,
                                    const RecipeContext& context, std::string& why_not) {
  std::vector<Step> steps;
  Step last;
  last.kind = PhaseKind::Enforce;
  last.window = Window::BothReleases;
  last.slug = "join_" + wanted.name.str();
  last.title = "put " + said(wanted.name) + " on " + display(parent) + " over those of its partitions";
  last.why = "Every partition has it already, so this is only a note in the catalogue.";
  last.application = "Nothing changes for it.";
  ConstraintDefinition whole = wanted;
  whole.inline_of_column = false;
  whole.not_valid = false;
  const bool foreign = wanted.kind == ConstraintKind::ForeignKey;
  last.statements = {sql("ALTER TABLE {} ADD {}", parent, constraint_sql(whole))};
  const LockMode mode = foreign ? LockMode::ShareRowExclusive : LockMode::AccessExclusive;
  if (foreign) last.locks.push_back({wanted.references.table, mode, std::string(kMoment)});
  last.locks.push_back({parent, mode, std::string(kMoment)});
  for (const TableName& name : context.before.partitions_and_children(parent)) {
    const Table* partition = context.before.table(name);
    if (partition == nullptr || partition->kind == RelationKind::ForeignTable) {
      why_not = "partition " + display(name) + " is not a plain table";
      return {};
    }
    last.locks.push_back({name, mode, std::string(kMoment)});
    if (partition->kind != RelationKind::Table) continue;
    ConstraintDefinition own = wanted;
    own.name = Identifier();
    own.inline_of_column = false;
    own = named(name, own, context);
    // Foreign keys of the partitions bear the name of the whole one, where it is free.
    if (own.name.empty() && foreign && partition->constraint(wanted.name) == nullptr) own.name = wanted.name;
    if (own.name.empty()) {
      why_not = "the name PostgreSQL would give it on partition " + display(name) + " is not certain";
      return {};
    }
    std::vector<Step> more = foreign ? foreign_key_steps(name, own, context) : key_steps(name, own, context);
    more.back().provides.push_back("whole:" + label_constraint(name, own.name));
    last.needs.push_back(more.back().provides.back());
    steps.insert(steps.end(), more.begin(), more.end());
  }
  ReverseStep back;
  back.locks = last.locks;
  for (StepLock& lock : back.locks) lock.mode = LockMode::AccessExclusive;
  back.statements = {sql("ALTER TABLE {} DROP CONSTRAINT {}", parent, wanted.name)};
  last.reverse = {back};
  // Dropping it takes those of the partitions along: they are made again one by one.
  for (const Step& step : steps) {
    if (step.kind == PhaseKind::Add || step.kind == PhaseKind::Validate || step.shape == Shape::Alone ||
        step.kind == PhaseKind::Enforce) {
      if (step.slug.starts_with("require_")) continue;
      last.reverse.push_back(
          {step.statements, step.shape == Shape::Alone ? std::vector<StepLock>{} : step.locks, step.shape});
    }
  }
  last.provides = {label_constraint(parent, wanted.name), label_unique(parent, wanted.columns)};
  steps.push_back(last);
  return steps;
}

const Recipe attach_partition{
    .id = "attach-partition",
    .summary = "Attach a filled table as a partition whose bounds a validated CHECK proves",
    .make = on<AttachPartition, attach>};

}  // namespace planner::plans
