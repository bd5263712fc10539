#pragma once

#include "plans/steps/dependents.h"
#include "plans/steps/type_swap.h"
#include "plans/steps/type_wishes.h"

/// What stands against a change of type under the same name, and what a person has to say about the values.
namespace planner::plans {

extern const char* const kByHand;  ///< what to do where planner has no way

RecipeResult refuse(const Wanted& wanted, const std::string& why, const std::string& what_to_do);
std::optional<RecipeResult> reason_to_refuse(const Wanted& wanted, const Table& table,
                                             const Dependents& dependents, const RecipeContext& context,
                                             const std::vector<Wanted>& all);

/// What `--fill` says of the column; empty: nothing.
Expression said_value(const RecipeContext& context, const Wanted& wanted);
/// A constant said for an enum is meant for the rows whose label goes: the others keep theirs, as text.
Sql where_label_goes(const Identifier& column, const std::vector<std::string>& labels,
                     const Expression& value);
/// Rows get a label by default that the new enum does not have: what becomes of them, and of those that come?
std::optional<RecipeResult> ask_for_default(const Wanted& wanted, const Column& before,
                                            const std::vector<std::string>& labels,
                                            const RecipeContext& context);
bool loss_agreed(const RecipeContext& context, const Wanted& wanted);
std::string option_said(const Wanted& wanted);
/// DROP and ADD under the same name: a conversion, or the loss of every value, as a person says.
std::optional<RecipeResult> choose_values(const Wanted& wanted, const Column& before, const Column& after,
                                          const RecipeContext& context, ConversionRequest& request);

/// What is still to be said about the key that a column points at: the column's own values follow from it.
std::optional<RecipeResult> ask_for_target(const Wanted& wanted, const std::vector<Wanted>& all,
                                           const RecipeContext& context);

/// The value that a person or the statement gives to every row that is there.
Expression value_given(const Wanted& wanted, const RecipeContext& context);
/// Is the value one that each row is given (gen_random_uuid()), not one that follows from the row?
bool given_anew(const Expression& value, const Schema& schema);
/// The foreign key that leads to a column whose rows are given new values: there the new value of this one is
/// found.
std::optional<KeyJoin> join_of(const Wanted& wanted, const std::vector<Wanted>& all,
                               const RecipeContext& context);
/// Why rows cannot be joined over this key.
std::optional<RecipeResult> reason_not_to_join(const Wanted& wanted, const KeyJoin& join, const Table& table,
                                               const RecipeContext& context);

}  // namespace planner::plans
