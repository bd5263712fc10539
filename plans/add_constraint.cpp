#include <algorithm>

#include "plans/recipes.h"
#include "plans/steps/build.h"
#include "plans/steps/ddl.h"
#include "plans/steps/locks.h"
#include "plans/steps/text.h"

namespace planner::plans {
namespace {

/// What all of them ask first.
std::optional<RecipeResult> not_worth_a_plan(const TableName& name, const ConstraintDefinition& constraint,
                                             const RecipeContext& context) {
  const Table* table = context.before.table(name);
  if (table == nullptr)
    return refused("Constraint on " + display(name) + ": the table is not known.",
                   "Check that the history given to planner is complete.");
  if (table->is_new) return harmless("the table is new");
  if (constraint.not_valid) return harmless("it is added without being validated");
  return std::nullopt;
}

bool partitioned(const TableName& name, const RecipeContext& context) {
  const Table* table = context.before.table(name);
  return table != nullptr && table->kind == RelationKind::PartitionedTable;
}

RecipeResult below_first(const TableName& name, const ConstraintDefinition& constraint,
                         const RecipeContext& context, std::string_view recipe) {
  std::string why_not;
  RecipeResult result;
  result.steps = on_each_partition(name, constraint, context, why_not);
  if (!why_not.empty())
    return refused("Constraint " + said(constraint.name) + " on the partitioned table " + display(name) +
                       ": " + why_not + ".",
                   "Add it to every partition first (NOT VALID, then VALIDATE; keys from an index built "
                   "concurrently), then to the partitioned table, which finds it there.");
  for (Step& step : result.steps) step.recipe = std::string(recipe);
  return result;
}

ConstraintDefinition checked_name(const TableName& table, const ConstraintDefinition& constraint,
                                  const RecipeContext& context) {
  return named(table, constraint, context);
}

RecipeResult nameless(const TableName& table) {
  return refused("A constraint on " + display(table) +
                     " has no name, and the one PostgreSQL would choose is not certain.",
                 "Give it a name: ADD CONSTRAINT name ...");
}

/// Does the key wait for a unique index of a table with rows? Until it is built the new table may be filled.
bool waits_for_its_index(const ConstraintDefinition& key, const RecipeContext& context) {
  const Table* target = context.start.table(key.references.table);
  if (target == nullptr || key.references.columns.empty()) return false;
  return std::none_of(target->indexes.begin(), target->indexes.end(), [&](const Index& index) {
    if (!index.unique || !index.valid || !index.predicate.empty()) return false;
    std::vector<Identifier> columns;
    for (const IndexElement& element : index.elements) columns.push_back(element.column);
    return std::is_permutation(columns.begin(), columns.end(), key.references.columns.begin(),
                               key.references.columns.end());
  });
}

RecipeResult foreign_key(const AddForeignKey& operation, const Intention&, const RecipeContext& context) {
  const Table* target = context.before.table(operation.constraint.references.table);
  const Table* table = context.before.table(operation.table);
  const bool later = table != nullptr && table->is_new && !table->partition_by &&
                     !operation.constraint.name.empty() && !operation.constraint.not_valid &&
                     waits_for_its_index(operation.constraint, context);
  if (table != nullptr && table->is_new && !later) return harmless("the table is new");
  if (!later) {
    if (auto answer = not_worth_a_plan(operation.table, operation.constraint, context)) return *answer;
  }
  const ConstraintDefinition constraint = checked_name(operation.table, operation.constraint, context);
  if (constraint.name.empty()) return nameless(operation.table);
  if (target == nullptr || constraint.references.columns.empty()) {
    return refused("Foreign key " + said(constraint.name) + " points at " +
                       display(operation.constraint.references.table) + ", which is not known.",
                   "Check that the history given to planner is complete.");
  }
  RecipeResult result;
  if (partitioned(operation.table, context))
    return below_first(operation.table, constraint, context, "add-foreign-key");
  result.steps = foreign_key_steps(operation.table, constraint, context);
  return result;
}

RecipeResult check(const AddCheck& operation, const Intention&, const RecipeContext& context) {
  if (auto answer = not_worth_a_plan(operation.table, operation.constraint, context)) return *answer;
  const ConstraintDefinition constraint = checked_name(operation.table, operation.constraint, context);
  if (constraint.name.empty()) return nameless(operation.table);
  RecipeResult result;
  result.steps = check_steps(operation.table, constraint, context);
  if (!constraint.no_inherit) lock_below(result.steps, operation.table, context);
  return result;
}

/// The primary key that goes because the migration drops one of its columns: it stands until then, and there
/// can only be one.
Identifier gone_with_column(const TableName& name, const ConstraintDefinition& constraint,
                            const RecipeContext& context) {
  const Table* table = context.start.table(name);
  const Constraint* old_key = table == nullptr ? nullptr : table->primary_key();
  if (constraint.kind != ConstraintKind::PrimaryKey || old_key == nullptr ||
      !context.start.references_to(name).empty())
    return {};
  for (const Intention& intention : context.intentions) {
    const auto* drop = std::get_if<DropColumn>(&intention.operation);
    const std::vector<Identifier>& columns = old_key->definition.columns;
    if (drop != nullptr && drop->table == name &&
        std::find(columns.begin(), columns.end(), drop->column) != columns.end())
      return old_key->definition.name;
  }
  return {};
}

template <typename Op>
RecipeResult key(const Op& operation, const Intention&, const RecipeContext& context) {
  if (auto answer = not_worth_a_plan(operation.table, operation.constraint, context)) return *answer;
  if (!operation.constraint.using_index.empty()) {
    const Effects effects = effects_of(operation, context.before, context.options.effects);
    if (effects.scans.empty() && effects.indexes.empty()) return harmless("it takes an index that is there");
    if (!effects.scans.empty()) {
      return refused("The primary key on " + display(operation.table) +
                         " takes an index, but its columns may be NULL, so the table is read under lock.",
                     "Make the columns NOT NULL first, in a migration of its own.");
    }
    return harmless("it takes an index that is there");
  }
  const ConstraintDefinition constraint = checked_name(operation.table, operation.constraint, context);
  if (constraint.name.empty()) return nameless(operation.table);
  if (partitioned(operation.table, context))
    return below_first(operation.table, constraint, context,
                       constraint.kind == ConstraintKind::PrimaryKey ? "add-primary-key" : "add-unique");
  RecipeResult result;
  result.steps =
      key_steps(operation.table, constraint, context, gone_with_column(operation.table, constraint, context));
  return result;
}

RecipeResult exclusion(const AddExclusion& operation, const Intention&, const RecipeContext& context) {
  if (auto answer = not_worth_a_plan(operation.table, operation.constraint, context)) return *answer;
  const std::vector<ObjectName>& operators = operation.constraint.exclusion_operators;
  const bool equality = std::all_of(operators.begin(), operators.end(),
                                    [](const ObjectName& one) { return one.name.str() == "="; });
  if (equality)
    return refused(
        "EXCLUDE on " + display(operation.table) +
            ": PostgreSQL can only build it while nobody can use the table.",
        "All its operators are =, so UNIQUE means the same: write that (or CREATE UNIQUE INDEX, when "
        "it has a WHERE), and planner builds it while everybody works.");
  return refused(
      "EXCLUDE on " + display(operation.table) +
          ": PostgreSQL can only build it while nobody can use the table, and knows neither NOT "
          "VALID nor CONCURRENTLY for it.",
      "By hand: count the conflicts there are (a self-join with the same operators) and settle them; "
      "then add it in a maintenance window that is as long as building such an index takes (try it "
      "on a copy). Without a window: create a table of the same shape that has the constraint from "
      "the start, keep it filled by a trigger on this one, copy the rows in batches, and let the two "
      "change names in one transaction.");
}

}  // namespace

const Recipe add_foreign_key{
    .id = "add-foreign-key",
    .summary = "Add a foreign key unvalidated, then validate it while everybody works",
    .make = on<AddForeignKey, foreign_key>};
const Recipe add_check{.id = "add-check",
                       .summary = "Add a check unvalidated, then validate it while everybody works",
                       .make = on<AddCheck, check>};
const Recipe add_unique{.id = "add-unique",
                        .summary = "Make a unique constraint from an index built concurrently",
                        .make = on<AddUnique, key<AddUnique>>};
const Recipe add_primary_key{.id = "add-primary-key",
                             .summary = "Make a primary key from an index built concurrently",
                             .make = on<AddPrimaryKey, key<AddPrimaryKey>>};
const Recipe add_exclusion{.id = "add-exclusion",
                           .summary = "Say what can be done about an exclusion constraint",
                           .make = on<AddExclusion, exclusion>};

}  // namespace planner::plans
