#include <algorithm>

#include "plans/recipes.h"
#include "plans/steps/text.h"

namespace planner::plans {
namespace {

Step alone_step(const char* recipe, std::string slug) {
  Step step;
  step.kind = PhaseKind::Index;
  step.shape = Shape::Alone;
  step.window = Window::BothReleases;
  step.recipe = recipe;
  step.slug = std::move(slug);
  step.application = "Nothing changes for it.";
  step.reverse_note = "There is nothing to undo: what is read stays the same.";
  return step;
}

RecipeResult reindex(const Reindex& operation, const Intention&, const RecipeContext& context) {
  if (operation.concurrently && context.file.statements.size() == 1)
    return harmless("it runs concurrently and alone in its file");
  const Index* index = context.before.index(operation.name);
  const Table* table = operation.target == ReindexTarget::Table ? context.before.table(operation.name)
                       : operation.target == ReindexTarget::Index && index != nullptr
                           ? context.before.table(index->table)
                           : nullptr;
  if (table != nullptr && table->is_new) return harmless("the table is new");
  const char* word = operation.target == ReindexTarget::Index    ? "INDEX"
                     : operation.target == ReindexTarget::Table  ? "TABLE"
                     : operation.target == ReindexTarget::Schema ? "SCHEMA"
                                                                 : nullptr;
  if (word == nullptr)
    return refused("REINDEX of a whole database stops everybody who writes, table after table.",
                   "Rebuild what needs it: REINDEX TABLE CONCURRENTLY, one table in each migration.");
  if (operation.target == ReindexTarget::Index && index == nullptr)
    return refused("REINDEX INDEX " + display(operation.name) + ": the index is not known.",
                   "Check that the history given to planner is complete.");
  if (index != nullptr && operation.target == ReindexTarget::Index) {
    const bool exclusion = table != nullptr && !index->constraint.empty() &&
                           table->constraint(index->constraint) != nullptr &&
                           table->constraint(index->constraint)->definition.kind == ConstraintKind::Exclusion;
    if (exclusion)
      return refused("REINDEX INDEX " + display(operation.name) +
                         ": PostgreSQL cannot rebuild the index of an exclusion constraint concurrently.",
                     "Do it in a maintenance window: writes wait while it is built.");
  }
  Step step = alone_step("reindex", "reindex_" + operation.name.name.str());
  const Sql name =
      operation.target == ReindexTarget::Schema ? sql("{}", operation.name.name) : sql("{}", operation.name);
  step.title = std::string("rebuild ") +
               (operation.target == ReindexTarget::Index ? "index " : "the indexes of ") +
               display(operation.name);
  step.why =
      "Rebuilt concurrently, so that reads and writes go on; that cannot run inside a transaction and so "
      "must "
      "be alone. A rebuild that was interrupted leaves an invalid index whose name ends in _ccnew: drop it, "
      "then run this again.";
  step.statements = {sql("REINDEX {} CONCURRENTLY {}", Sql::verbatim(word), name)};
  const TableName locked =
      index != nullptr && operation.target == ReindexTarget::Index ? index->table : operation.name;
  if (operation.target != ReindexTarget::Schema)
    step.locks = {{locked, LockMode::ShareUpdateExclusive, std::string(kScan)}};
  RecipeResult result;
  result.steps = {step};
  return result;
}

RecipeResult refresh(const RefreshMaterializedView& operation, const Intention&,
                     const RecipeContext& context) {
  const View* view = context.before.view(operation.view);
  if (view == nullptr)
    return refused("REFRESH of " + display(operation.view) + ": the view is not known.",
                   "Check that the history given to planner is complete.");
  const bool made_here = context.start.view(operation.view) == nullptr;
  if (made_here) return harmless("the view is new");
  const std::string what = "REFRESH MATERIALIZED VIEW " + display(operation.view) + ": ";
  if (!operation.with_data)
    return refused(what + "WITH NO DATA makes every read of it fail until it is filled again.",
                   "Refresh it with data, or drop it when nobody reads it any more.");
  if (!view->populated)
    return refused(
        what +
            "it holds no data yet, so it cannot be refreshed concurrently, and while it is filled "
            "nobody can read it.",
        "Nobody reads it so far: refresh it in a migration of its own before the application does.");
  const bool unique = std::any_of(view->indexes.begin(), view->indexes.end(), [](const Index& index) {
    return index.unique && index.valid && index.predicate.empty() &&
           std::all_of(index.elements.begin(), index.elements.end(),
                       [](const IndexElement& element) { return !element.column.empty(); });
  });
  if (!unique)
    return refused(
        what +
            "nobody can read it while it is computed, and without a unique index it cannot be done "
            "concurrently.",
        "CREATE UNIQUE INDEX on columns of the view (no expression, no WHERE) in a migration before "
        "this one; planner then refreshes it concurrently.");
  Step step = alone_step("refresh-view", "refresh_" + operation.view.name.str());
  step.kind = PhaseKind::Backfill;
  step.title = "refresh " + display(operation.view) + " while it is read";
  step.why =
      "CONCURRENTLY compares the old rows with the new ones, so readers go on; only another refresh waits. "
      "It "
      "takes longer and so is alone in its transaction.";
  step.statements = {sql("REFRESH MATERIALIZED VIEW CONCURRENTLY {}", operation.view)};
  step.locks = {{operation.view, LockMode::Exclusive, "while it is computed; reads go on"}};
  RecipeResult result;
  result.steps = {step};
  return result;
}

/// What PostgreSQL can only do by writing the whole table anew under its strongest lock: the way around it.
template <typename Op>
RecipeResult rewritten(const Op& operation, const std::string& what, const std::string& way,
                       const RecipeContext& context) {
  const Table* table = context.before.table(operation.table);
  if (table != nullptr && table->is_new) return harmless("the table is new");
  const Effects effects = effects_of(operation, context.before, context.options.effects);
  if (effects.rewrites.empty() && effects.scans.empty() && effects.indexes.empty())
    return harmless("a note in the catalogue");
  return refused(what + " of " + display(operation.table) +
                     ": PostgreSQL writes the whole table anew while nobody can use it.",
                 way);
}

RecipeResult persistence(const SetPersistence& operation, const Intention&, const RecipeContext& context) {
  const bool logged = operation.persistence == Persistence::Permanent;
  return rewritten(operation, logged ? "SET LOGGED" : "SET UNLOGGED",
                   logged ? "By hand: create a logged table of the same shape beside it, keep it filled by a "
                            "trigger, copy the rows in batches, then let the two change names in one "
                            "transaction; or use a maintenance window."
                          : "An unlogged table is empty after a crash and is not replicated: create a new "
                            "unlogged table for such rows and let the application write there; or use a "
                            "maintenance window.",
                   context);
}

RecipeResult tablespace(const SetTablespace& operation, const Intention&, const RecipeContext& context) {
  if (operation.is_index) {
    const Index* index = context.before.index(operation.table);
    const Table* table = index == nullptr ? nullptr : context.before.table(index->table);
    if (table != nullptr && table->is_new) return harmless("the table is new");
    if (context.options.effects.server_version < 140000)
      return refused("SET TABLESPACE of index " + display(operation.table) +
                         ": nobody can use the index while it is copied.",
                     "Build the same index CONCURRENTLY with TABLESPACE under another name, drop the old one "
                     "CONCURRENTLY, then rename the new one.");
    Step step = alone_step("reindex", "move_" + operation.table.name.str());
    step.title = "move index " + display(operation.table) + " to tablespace " + operation.tablespace.str();
    step.why =
        "Rebuilt there concurrently, so that reads and writes go on; that cannot run inside a transaction "
        "and "
        "so must be alone.";
    step.statements = {
        sql("REINDEX (TABLESPACE {}) INDEX CONCURRENTLY {}", operation.tablespace, operation.table)};
    if (index != nullptr) step.locks = {{index->table, LockMode::ShareUpdateExclusive, std::string(kScan)}};
    RecipeResult result;
    result.steps = {step};
    return result;
  }
  return rewritten(
      operation, "SET TABLESPACE",
      "By hand: pg_repack --tablespace moves a table while it is used; or create the table anew in "
      "the other tablespace, keep it filled by a trigger, copy in batches and let the two change "
      "names; or use a maintenance window. Indexes move one by one without it (ALTER INDEX ... SET "
      "TABLESPACE, which planner does concurrently).",
      context);
}

RecipeResult access_method(const SetAccessMethod& operation, const Intention&, const RecipeContext& context) {
  return rewritten(
      operation, "SET ACCESS METHOD",
      "By hand: create the table anew with the other access method, keep it filled by a trigger, "
      "copy in batches and let the two change names; or use a maintenance window.",
      context);
}

RecipeResult cluster(const Cluster& operation, const Intention&, const RecipeContext& context) {
  if (operation.table.empty())
    return refused("CLUSTER without a table writes every clustered table anew while nobody can use it.",
                   "pg_repack does the same while the tables are used.");
  return rewritten(
      operation, "CLUSTER",
      "It changes no row and no definition: leave it out of the migration; pg_repack --order-by does "
      "the same while the table is used.",
      context);
}

std::optional<RecipeResult> vacuum(const Intention& intention, const RecipeContext&) {
  const auto* operation = std::get_if<Vacuum>(&intention.operation);
  if (operation == nullptr || !operation->full) return std::nullopt;
  return refused(
      "VACUUM FULL writes the table anew while nobody can use it.",
      "It changes no row and no definition: leave it out of the migration; VACUUM does what is needed "
      "day by day, pg_repack shrinks a table while it is used.");
}

}  // namespace

const Recipe reindex_concurrently{
    .id = "reindex", .summary = "Rebuild an index while everybody works", .make = on<Reindex, reindex>};
const Recipe refresh_view{.id = "refresh-view",
                          .summary = "Refresh a materialized view while it is read",
                          .make = on<RefreshMaterializedView, refresh>};
const Recipe set_persistence{.id = "set-persistence",
                             .summary = "Say how a table becomes logged or unlogged without standing still",
                             .make = on<SetPersistence, persistence>};
const Recipe set_tablespace{.id = "set-tablespace",
                            .summary = "Move an index while everybody works; say how a table moves",
                            .make = on<SetTablespace, tablespace>};
const Recipe set_access_method{.id = "set-access-method",
                               .summary = "Say how a table changes its access method without standing still",
                               .make = on<SetAccessMethod, access_method>};
const Recipe cluster_table{.id = "cluster",
                           .summary = "Say how a table is put in order without standing still",
                           .make = on<Cluster, cluster>};
const Recipe vacuum_full{
    .id = "vacuum-full", .summary = "Say how a table shrinks without standing still", .make = vacuum};

}  // namespace planner::plans
