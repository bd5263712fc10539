#include "plans/steps/swap_reasons.h"

#include <algorithm>

#include "planner/casts.h"
#include "plans/recipes.h"
#include "plans/steps/ddl.h"
#include "plans/steps/text.h"

namespace planner::plans {

const char* const kByHand =
    "Add a column of the new type under another name, fill it in batches, deploy code that uses it, then "
    "drop the old one; or do it in a maintenance window.";

RecipeResult refuse(const Wanted& wanted, const std::string& why, const std::string& what_to_do) {
  return refused("Type of " + said(wanted.table, wanted.column) + ": " + why, what_to_do);
}

static bool same_object(const Operation& a, const Operation& b) {
  if (const auto* view = std::get_if<DropView>(&a))
    return std::holds_alternative<DropView>(b) && std::get<DropView>(b).view == view->view;
  if (const auto* trigger = std::get_if<DropTrigger>(&a)) {
    return std::holds_alternative<DropTrigger>(b) && std::get<DropTrigger>(b).table == trigger->table &&
           std::get<DropTrigger>(b).trigger == trigger->trigger;
  }
  if (const auto* policy = std::get_if<DropPolicy>(&a)) {
    return std::holds_alternative<DropPolicy>(b) && std::get<DropPolicy>(b).table == policy->table &&
           std::get<DropPolicy>(b).policy == policy->policy;
  }
  return false;
}

/// Keys that DROP CONSTRAINT ... CASCADE takes along and the migration adds again: nothing says that the two
/// belong together.
static std::optional<RecipeResult> reason_of_cascade(const Wanted& wanted, const RecipeContext& context) {
  for (const Schema::Reference& reference : context.start.references_to(wanted.table)) {
    bool added = false, dropped = false;
    for (const Intention& other : context.intentions) {
      if (const auto* add = std::get_if<AddForeignKey>(&other.operation))
        added = added || (add->table == reference.from && add->constraint.name == reference.constraint);
      if (const auto* drop = std::get_if<DropConstraint>(&other.operation))
        dropped = dropped || (drop->table == reference.from && drop->constraint == reference.constraint);
    }
    if (!added || dropped) continue;
    return refuse(wanted,
                  "CASCADE takes foreign key " + said(reference.constraint) + " of " +
                      display(reference.from) + " along, which the migration then adds again.",
                  "Write ALTER TABLE " + quoted(reference.from) + " DROP CONSTRAINT " +
                      quoted(reference.constraint) + " before it, and leave out CASCADE.");
  }
  return std::nullopt;
}

std::optional<RecipeResult> reason_to_refuse(const Wanted& wanted, const Table& table,
                                             const Dependents& dependents, const RecipeContext& context,
                                             const std::vector<Wanted>& all) {
  if (table.kind != RelationKind::Table || !table.children.empty() || table.partition_of ||
      !table.inherits.empty()) {
    return refuse(wanted, "the table is partitioned or part of an inheritance tree.", kByHand);
  }
  if (auto refusal = reason_of_cascade(wanted, context)) return refusal;
  // A view that stands when the type changes makes PostgreSQL refuse, if it reads the column; whether one
  // does is also asked of the server.
  const std::vector<Carried> along = carried_with(all, context);
  const auto carried = [&](const Operation& drop) {
    return std::any_of(along.begin(), along.end(),
                       [&](const Carried& one) { return same_object(one.drop->operation, drop); });
  };
  for (const ObjectName& view : dependents.views) {
    if (context.before.views.find(view) != nullptr || carried(DropView{view})) continue;
    return refuse(wanted, "view " + display(view) + " reads it and would go on reading the old column.",
                  "Drop the view in a migration before this one and create it again in one after it.");
  }
  const auto hanging = [&](const std::string& what) {
    return refuse(wanted, what + " hangs on it.",
                  "Drop it in a migration before this one and create it again in one after it.");
  };
  for (const Identifier& policy : dependents.policies) {
    if (!carried(DropPolicy{wanted.table, policy})) return hanging("policy " + said(policy));
  }
  for (const Trigger* trigger : dependents.triggers) {
    if (!carried(DropTrigger{wanted.table, trigger->definition.name}))
      return hanging("trigger " + said(trigger->definition.name));
  }
  if (!dependents.generated_columns.empty())
    return hanging("generated column " + said(dependents.generated_columns.front()));
  if (!dependents.statistics.empty())
    return hanging("statistics object " + display(dependents.statistics.front()));
  if (!dependents.rules.empty()) return hanging("rule " + said(dependents.rules.front()));
  for (const Constraint* constraint : dependents.constraints) {
    if (constraint->definition.kind == ConstraintKind::Exclusion) {
      return refuse(wanted,
                    "exclusion constraint " + said(constraint->definition.name) +
                        " hangs on it, and one can only be built under a lock.",
                    kByHand);
    }
  }
  return std::nullopt;
}

Expression said_value(const RecipeContext& context, const Wanted& wanted) {
  for (const SplitOptions::Fill& fill : context.options.fills) {
    if (context.start.resolve_relation(fill.table) == wanted.table && fill.column == wanted.column)
      return fill.value;
  }
  return {};
}

Sql where_label_goes(const Identifier& column, const std::vector<std::string>& labels,
                     const Expression& value) {
  std::vector<Sql> kept;
  for (const std::string& label : labels) kept.push_back(sql("{}", Literal(label)));
  return sql("(CASE WHEN {}::text IN ({}) THEN {}::text ELSE ({})::text END)", column, join(kept, ", "),
             column, value.text());
}

std::optional<RecipeResult> ask_for_default(const Wanted& wanted, const Column& before,
                                            const std::vector<std::string>& labels,
                                            const RecipeContext& context) {
  if (before.default_value.empty() || before.type.array_dimensions > 0) return std::nullopt;
  const ExpressionFacts& facts = before.default_value.facts();
  if (!facts.is_constant || facts.string_constants.size() != 1) return std::nullopt;
  const std::string label = *facts.string_constants.begin();
  if (std::find(labels.begin(), labels.end(), label) != labels.end() || !said_value(context, wanted).empty())
    return std::nullopt;
  return question(
      "Rows get '" + label + "' in " + option_said(wanted) +
          " by default, which the new enum does not have. Which label do they take?",
      "Say it with --fill \"" + option_said(wanted) + "='LABEL'\": rows whose label stays keep theirs.");
}

bool loss_agreed(const RecipeContext& context, const Wanted& wanted) {
  if (context.options.accept_lossy) return true;
  return std::any_of(context.options.answers.not_renames.begin(), context.options.answers.not_renames.end(),
                     [&](const RenameAnswers::Column& answer) {
                       return context.start.resolve_relation(answer.table) == wanted.table &&
                              answer.from == wanted.column;
                     });
}

std::string option_said(const Wanted& wanted) { return display(wanted.table) + "." + wanted.column.str(); }

/// DROP and ADD under the same name: a conversion, or the loss of every value, as a person says.
std::optional<RecipeResult> choose_values(const Wanted& wanted, const Column& before, const Column& after,
                                          const RecipeContext& context, ConversionRequest& request) {
  request.given = said_value(context, wanted);
  request.meant = true;
  if (!request.given.empty()) return std::nullopt;
  if (loss_agreed(context, wanted)) {
    if (after.default_value.empty() && after.not_null) {
      return question(
          said(wanted.table, wanted.column) +
              " is dropped and added again as a required column: which value do the rows that are there get?",
          "Say it with --fill " + option_said(wanted) + "=SQL.");
    }
    request.given = after.default_value.empty() ? Expression::parse("NULL") : after.default_value;
    return std::nullopt;
  }
  const bool castable = cast_path(before.type, after.type, CastContext::Explicit, context.start,
                                  context.options.effects.server_version)
                            .has_value();
  // No text of a number is ever a uuid: each row is given a new one then, as new rows are.
  const bool by_text = castable || !after.type.is("uuid");
  const std::string conversion =
      by_text ? quoted(wanted.column) + (castable ? "::" : "::text::") + type_sql(after.type).str()
      : after.default_value.empty() ? "gen_random_uuid()"
                                    : after.default_value.text().str();
  return question(said(wanted.table, wanted.column) + " is dropped and added again as " +
                      display(after.type) + ", which loses every value. Is it a change of type?",
                  "Say --fill '" + option_said(wanted) + "=" + conversion +
                      "' (or any other expression) to convert the values, or --no-rename " +
                      option_said(wanted) + " to lose them.");
}

bool given_anew(const Expression& value, const Schema& schema) {
  return !value.empty() && value.facts().columns.empty() && !value.facts().has_subquery &&
         schema.volatility(value) != Schema::ExpressionVolatility::Immutable;
}

Expression value_given(const Wanted& wanted, const RecipeContext& context) {
  if (wanted.change != nullptr) return wanted.change->using_expression;
  if (wanted.replaced == nullptr) return {};
  const Expression said_one = said_value(context, wanted);
  return !said_one.empty() || !loss_agreed(context, wanted) ? said_one
                                                            : wanted.replaced->column.default_value;
}

static const Wanted* find_wanted(const std::vector<Wanted>& all, const TableName& table,
                                 const Identifier& column) {
  const auto found = std::find_if(
      all.begin(), all.end(), [&](const Wanted& one) { return one.table == table && one.column == column; });
  return found == all.end() ? nullptr : &*found;
}

static std::optional<KeyJoin> join_within(const Wanted& wanted, const std::vector<Wanted>& all,
                                          const RecipeContext& context, std::size_t depth) {
  const Table* table = context.start.table(wanted.table);
  // Keys that lead in a circle have no row with a value of its own.
  if (table == nullptr || wanted.replaced == nullptr || depth > all.size()) return std::nullopt;
  for (const Constraint& constraint : table->constraints) {
    const ConstraintDefinition& key = constraint.definition;
    if (key.kind != ConstraintKind::ForeignKey) continue;
    for (std::size_t i = 0; i < key.columns.size() && i < key.references.columns.size(); ++i) {
      if (!(key.columns[i] == wanted.column)) continue;
      const Wanted* target = find_wanted(all, key.references.table, key.references.columns[i]);
      if (target == nullptr || (target->table == wanted.table && target->column == wanted.column)) continue;
      if (given_anew(value_given(*target, context), context.before) ||
          join_within(*target, all, context, depth + 1)) {
        return KeyJoin{key, target->column, planner_name("new", target->column.str()),
                       planner_name("old", target->column.str())};
      }
    }
  }
  return std::nullopt;
}

std::optional<RecipeResult> ask_for_target(const Wanted& wanted, const std::vector<Wanted>& all,
                                           const RecipeContext& context) {
  if (wanted.replaced == nullptr || !said_value(context, wanted).empty() || loss_agreed(context, wanted))
    return std::nullopt;
  for (const Constraint& constraint : context.start.table(wanted.table)->constraints) {
    const ConstraintDefinition& key = constraint.definition;
    if (key.kind != ConstraintKind::ForeignKey) continue;
    for (std::size_t i = 0; i < key.columns.size() && i < key.references.columns.size(); ++i) {
      const Wanted* target = find_wanted(all, key.references.table, key.references.columns[i]);
      if (!(key.columns[i] == wanted.column) || target == nullptr || target->replaced == nullptr) continue;
      const Table* before = context.start.table(target->table);
      const Table* after = context.after.table(target->table);
      const Column* column_before = before == nullptr ? nullptr : before->column(target->column);
      const Column* column_after = after == nullptr ? nullptr : after->column(target->column);
      if (column_before == nullptr || column_after == nullptr) continue;
      ConversionRequest unused;
      if (auto ask = choose_values(*target, *column_before, *column_after, context, unused)) return ask;
    }
  }
  return std::nullopt;
}

std::optional<KeyJoin> join_of(const Wanted& wanted, const std::vector<Wanted>& all,
                               const RecipeContext& context) {
  return join_within(wanted, all, context, 0);
}

std::optional<RecipeResult> reason_not_to_join(const Wanted& wanted, const KeyJoin& join, const Table& table,
                                               const RecipeContext& context) {
  const std::string key = "foreign key " + said(join.key.name);
  const std::string found = "its new values are found over " + key;
  const Table* parent = context.start.table(join.key.references.table);
  if (!said_value(context, wanted).empty()) {
    return refuse(wanted,
                  "it points at " + said(join.key.references.table, join.target) +
                      ", whose rows are given new values, so " + found + " and not computed.",
                  "Leave out --fill " + option_said(wanted) + ".");
  }
  if (join.key.deferrable) {
    return refuse(wanted, found + ", which is deferrable: a row may be written before the one it points at.",
                  "Make the key NOT DEFERRABLE in a migration before this one.");
  }
  const Constraint* known = table.constraint(join.key.name);
  if (known != nullptr && !known->validated) {
    return refuse(wanted, found + ", which is not validated: some rows may point at nothing.",
                  "Validate it in a migration before this one.");
  }
  if (parent != nullptr && parent->force_row_security) {
    return refuse(wanted,
                  found + ", and row security of " + display(parent->name) +
                      " is forced, which hides rows from its owner too.",
                  "Run ALTER TABLE ... NO FORCE ROW LEVEL SECURITY for the time of the change.");
  }
  for (const Identifier& name : join.key.columns) {
    const Column* column = table.column(name);
    if (join.key.columns.size() == 1 || column == nullptr || column->not_null) continue;
    return refuse(wanted,
                  found + ", whose column " + said(name) +
                      " may be NULL: such a row points at nothing while its other columns have values.",
                  kByHand);
  }
  int keys = 0;
  for (const Constraint& constraint : table.constraints) {
    const ConstraintDefinition& other = constraint.definition;
    if (other.kind == ConstraintKind::ForeignKey && !(other.references.table == join.key.references.table) &&
        std::find(other.columns.begin(), other.columns.end(), wanted.column) != other.columns.end())
      ++keys;
  }
  if (keys > 0) {
    return refuse(wanted,
                  found + ", but another foreign key of it leads elsewhere, where there is no such value.",
                  "Drop the other foreign key in a migration before this one.");
  }
  return std::nullopt;
}

}  // namespace planner::plans
