#include "rules/registry.h"

#include <algorithm>

#include "rules/pages.h"

namespace planner {

namespace rules {
extern const Rule access_change, add_check, add_column_rewrite, add_exclusion, add_foreign_key,
    add_primary_key, add_unique, alter_sequence, cached_plans, change_default, change_identity, change_type,
    column_replaced, concurrently_in_transaction, create_trigger, disable_triggers, discouraged_type,
    domain_constraint, drop_column, drop_default, drop_index, drop_not_null, drop_object, drop_table,
    drop_trigger, drop_type, drop_unique, dropped_and_added, dropped_without_copy, duplicate_index, enum_swap,
    enum_value_added, enum_value_used, folder_without_migration, foreign_key_types, foreign_key_without_index,
    function_search_path, granted_to_all, ignore_without_reason, index_dropped_first, index_not_concurrent,
    int_primary_key, invalid_index_kept, json_column, lock_held, lock_table, lock_timeout, locks_other_table,
    locks_several_tables, migration_edited, migration_lock, migration_order, migration_out_of_order,
    migration_removed, migration_twice, mixed_case_name, move_schema, name_too_long, no_primary_key,
    no_way_back, noop_takes_lock, not_idempotent, not_the_owner, not_understood, partition, refresh_view,
    reindex, rename_column, rename_enum_value, rename_object, rename_table, replace_constraint,
    replica_identity, required_column, row_security, serial_column, set_local_no_effect, set_not_null,
    setting_leaks, statement_refused, syntax_error, table_exists, table_rewrite, timeout_cancels_build,
    timestamp_without_zone, truncate, unbalanced_transaction, unknown_ignore, unlogged_table, unnamed_object,
    unqualified_name, unrelated_changes, unused_ignore, vague_name, varchar_length, whole_table_write,
    wide_index;
}  // namespace rules

const RuleSet& all_rules() {
  static const RuleSet all{&rules::access_change,
                           &rules::add_check,
                           &rules::add_column_rewrite,
                           &rules::add_exclusion,
                           &rules::add_foreign_key,
                           &rules::add_primary_key,
                           &rules::add_unique,
                           &rules::alter_sequence,
                           &rules::cached_plans,
                           &rules::change_default,
                           &rules::change_identity,
                           &rules::change_type,
                           &rules::column_replaced,
                           &rules::concurrently_in_transaction,
                           &rules::create_trigger,
                           &rules::disable_triggers,
                           &rules::discouraged_type,
                           &rules::domain_constraint,
                           &rules::drop_column,
                           &rules::drop_default,
                           &rules::drop_index,
                           &rules::drop_not_null,
                           &rules::drop_object,
                           &rules::drop_table,
                           &rules::drop_trigger,
                           &rules::drop_type,
                           &rules::drop_unique,
                           &rules::dropped_and_added,
                           &rules::dropped_without_copy,
                           &rules::duplicate_index,
                           &rules::enum_swap,
                           &rules::enum_value_added,
                           &rules::enum_value_used,
                           &rules::folder_without_migration,
                           &rules::foreign_key_types,
                           &rules::foreign_key_without_index,
                           &rules::function_search_path,
                           &rules::granted_to_all,
                           &rules::ignore_without_reason,
                           &rules::index_dropped_first,
                           &rules::index_not_concurrent,
                           &rules::int_primary_key,
                           &rules::invalid_index_kept,
                           &rules::json_column,
                           &rules::lock_held,
                           &rules::lock_table,
                           &rules::lock_timeout,
                           &rules::locks_other_table,
                           &rules::locks_several_tables,
                           &rules::migration_edited,
                           &rules::migration_lock,
                           &rules::migration_order,
                           &rules::migration_out_of_order,
                           &rules::migration_removed,
                           &rules::migration_twice,
                           &rules::mixed_case_name,
                           &rules::move_schema,
                           &rules::name_too_long,
                           &rules::no_primary_key,
                           &rules::no_way_back,
                           &rules::noop_takes_lock,
                           &rules::not_idempotent,
                           &rules::not_the_owner,
                           &rules::not_understood,
                           &rules::partition,
                           &rules::refresh_view,
                           &rules::reindex,
                           &rules::rename_column,
                           &rules::rename_enum_value,
                           &rules::rename_object,
                           &rules::rename_table,
                           &rules::replace_constraint,
                           &rules::replica_identity,
                           &rules::required_column,
                           &rules::row_security,
                           &rules::serial_column,
                           &rules::set_local_no_effect,
                           &rules::set_not_null,
                           &rules::setting_leaks,
                           &rules::statement_refused,
                           &rules::syntax_error,
                           &rules::table_exists,
                           &rules::table_rewrite,
                           &rules::timeout_cancels_build,
                           &rules::timestamp_without_zone,
                           &rules::truncate,
                           &rules::unbalanced_transaction,
                           &rules::unknown_ignore,
                           &rules::unlogged_table,
                           &rules::unnamed_object,
                           &rules::unqualified_name,
                           &rules::unrelated_changes,
                           &rules::unused_ignore,
                           &rules::vague_name,
                           &rules::varchar_length,
                           &rules::whole_table_write,
                           &rules::wide_index};
  return all;
}

const Rule* find_rule(std::string_view id) {
  const RuleSet& all = all_rules();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Rule* rule) { return rule->id == id; });
  return found == all.end() ? nullptr : *found;
}

std::string_view rule_page(std::string_view id) {
  const std::vector<rules::Page>& pages = rules::pages();
  const auto found =
      std::find_if(pages.begin(), pages.end(), [&](const rules::Page& page) { return page.rule == id; });
  return found == pages.end() ? std::string_view() : found->text;
}

}  // namespace planner
