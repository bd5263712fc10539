#include <algorithm>

#include "plans/recipes.h"
#include "plans/steps/build.h"
#include "plans/steps/ddl.h"
#include "plans/steps/text.h"

namespace planner::plans {
namespace {

/// The partition's own index of the one that is made on its parent.
const Index* made_on(const TableName& partition, const CreateIndex& wanted, const RecipeContext& context) {
  const Table* before = context.before.table(partition);
  const Table* after = context.after.table(partition);
  if (before == nullptr || after == nullptr) return nullptr;
  for (const Index& index : after->indexes) {
    if (before->index(index.name.name) != nullptr || index.unique != wanted.unique ||
        index.elements.size() != wanted.elements.size())
      continue;
    const bool same = std::equal(index.elements.begin(), index.elements.end(), wanted.elements.begin(),
                                 [](const IndexElement& a, const IndexElement& b) {
                                   return a.column == b.column &&
                                          a.expression.empty() == b.expression.empty() &&
                                          (a.expression.empty() || same_meaning(a.expression, b.expression));
                                 });
    if (same) return &index;
  }
  return nullptr;
}

/// An index of the parent alone, one of each partition built concurrently, then put together.
RecipeResult on_partitions(const CreateIndex& index, const RecipeContext& context) {
  const auto by_hand = [&](const std::string& why) {
    return refused("Index on the partitioned table " + display(index.table) + ": " + why + ".",
                   "CREATE INDEX ... ON ONLY the parent, CREATE INDEX CONCURRENTLY on every partition in "
                   "migrations of their own, then ALTER INDEX ... ATTACH PARTITION.");
  };
  const ObjectName name(index.table.schema, index.name);
  const StepLock moment{index.table, LockMode::AccessExclusive, std::string(kMoment)};
  Step shell;
  shell.kind = PhaseKind::Add;
  shell.window = Window::BothReleases;
  shell.recipe = "create-index";
  shell.slug = "index_" + index.name.str();
  shell.title =
      "make index " + said(index.name) + " on " + display(index.table) + " itself, without its partitions";
  shell.why =
      "On the partitioned table alone it holds nothing and is not valid yet; the partitions' indexes are "
      "built concurrently and put under it.";
  CreateIndex only = index;
  only.only = true;
  only.concurrently = false;
  only.if_not_exists = false;
  shell.statements = {create_index_sql(only)};
  shell.locks = {{index.table, LockMode::Share, std::string(kMoment)}};
  ReverseStep undo;
  undo.locks = {moment};
  undo.statements = {sql("DROP INDEX {}", name)};
  shell.reverse = {undo};
  shell.application = "Nothing changes for it.";
  shell.provides = {"shell:" + quoted(name)};

  Step attach;
  attach.kind = PhaseKind::Index;
  attach.window = Window::BothReleases;
  attach.recipe = shell.recipe;
  attach.slug = "attach_" + index.name.str();
  attach.title = "put the partitions' indexes under " + said(index.name);
  attach.why =
      "All are built, so this is only a note in the catalogue; with the last one the index becomes valid.";
  attach.needs = shell.provides;
  attach.locks = {moment};
  attach.application = "Nothing changes for it.";
  attach.provides = {label_relation(name)};
  std::vector<Step> steps{shell};
  std::vector<ReverseStep> again{undo, {shell.statements, shell.locks, Shape::Together}};
  for (const TableName& partition : context.before.partitions_and_children(index.table)) {
    const Table* table = context.before.table(partition);
    if (table == nullptr || table->kind != RelationKind::Table)
      return by_hand("partition " + display(partition) + " is partitioned itself or no plain table");
    const Index* own = made_on(partition, index, context);
    if (own == nullptr)
      return by_hand("the name PostgreSQL would give the index of partition " + display(partition) +
                     " is not certain");
    CreateIndex build = index;
    build.table = partition;
    build.name = own->name.name;
    Step step = index_step(build, context);
    step.needs.push_back(shell.provides.front());
    attach.statements.push_back(sql("ALTER INDEX {} ATTACH PARTITION {}", name, own->name));
    attach.locks.push_back({partition, LockMode::AccessExclusive, std::string(kMoment)});
    attach.needs.push_back(label_relation(own->name));
    again.push_back({step.statements, {}, Shape::Alone});
    steps.push_back(std::move(step));
  }
  if (steps.size() == 1)
    return harmless("the partitioned table has no partitions, so there is nothing to build");
  again.front().locks = attach.locks;
  attach.reverse = again;
  steps.push_back(std::move(attach));
  RecipeResult result;
  result.steps = std::move(steps);
  return result;
}

RecipeResult make(const CreateIndex& operation, const Intention&, const RecipeContext& context) {
  const Table* table = context.before.table(operation.table);
  const View* view = context.before.view(operation.table);
  if (table != nullptr && table->is_new) return harmless("the table is new");
  if (view != nullptr && context.start.view(operation.table) == nullptr) return harmless("the view is new");
  if (operation.concurrently && context.file.statements.size() == 1 && !operation.if_not_exists) {
    return harmless("it is built concurrently and alone in its file");
  }
  if (operation.if_not_exists && !operation.name.empty() &&
      context.before.index({operation.table.schema, operation.name}) != nullptr) {
    return covered("the index is there already");
  }
  if (table != nullptr && operation.only && table->kind == RelationKind::PartitionedTable)
    return harmless("on the partitioned table alone it holds no rows");
  if (table == nullptr && view == nullptr) {
    return refused("Index on " + display(operation.table) + ": the table is not known.",
                   "Check that the history given to planner is complete.");
  }
  const CreateIndex index = named(operation, context);
  if (index.name.empty())
    return refused("The index on " + display(operation.table) + " has no name.", "Give it a name.");
  if (table != nullptr && table->kind == RelationKind::PartitionedTable) return on_partitions(index, context);
  RecipeResult result;
  result.steps = {index_step(index, context)};
  return result;
}

}  // namespace

const Recipe create_index{
    .id = "create-index",
    .summary = "Build an index concurrently, alone in its migration",
    .make = on<CreateIndex, make>,
};

}  // namespace planner::plans
