#pragma once

#include "planner/engine.h"

/// One recipe per file; registry.cpp is the table of contents.
namespace planner::plans {

/// Lifts a function of one operation to a recipe's function of any intention.
template <typename Op, RecipeResult (*make)(const Op&, const Intention&, const RecipeContext&)>
std::optional<RecipeResult> on(const Intention& intention, const RecipeContext& context) {
  const Op* operation = std::get_if<Op>(&intention.operation);
  if (operation == nullptr) return std::nullopt;
  return make(*operation, intention, context);
}

inline RecipeResult refused(std::string reason, std::string what_to_do) {
  RecipeResult result;
  result.outcome = RecipeResult::Outcome::Refused;
  result.reason = std::move(reason);
  result.what_to_do = std::move(what_to_do);
  return result;
}
inline RecipeResult harmless(std::string reason) {
  RecipeResult result;
  result.outcome = RecipeResult::Outcome::Harmless;
  result.reason = std::move(reason);
  return result;
}
inline RecipeResult covered(std::string reason) {
  RecipeResult result;
  result.outcome = RecipeResult::Outcome::Covered;
  result.reason = std::move(reason);
  return result;
}
inline RecipeResult question(std::string reason, std::string what_to_do) {
  RecipeResult result;
  result.outcome = RecipeResult::Outcome::NeedsAnswer;
  result.reason = std::move(reason);
  result.what_to_do = std::move(what_to_do);
  return result;
}

/// A constraint of a partitioned table: on every partition first, then on the table itself, which finds it
/// there. `why_not` is said when there is no way.
std::vector<Step> on_each_partition(const TableName& parent, const ConstraintDefinition& wanted,
                                    const RecipeContext& context, std::string& why_not);
/// Does the rename keep the old column with all that hangs on it, and give it its new name in the last phase?
bool keeps_old_column(const RenameColumn& rename, const RecipeContext& context);

extern const Recipe rename_column, rename_table, rename_table_parts, move_object;
extern const Recipe set_not_null, required_column, add_column_default;
extern const Recipe create_index, add_unique, add_primary_key, add_foreign_key, add_check, add_exclusion;
extern const Recipe drop_column, drop_table, drop_index, drop_constraint, replace_constraint;
extern const Recipe update_data, delete_data, insert_rows;
extern const Recipe attach_partition;
extern const Recipe reindex_concurrently, refresh_view, set_persistence, set_tablespace, set_access_method,
    cluster_table, vacuum_full;
extern const Recipe change_type, change_type_parts, replace_enum, replace_column;
extern const Recipe enum_value, session;

}  // namespace planner::plans
