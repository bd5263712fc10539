#include "rules/registry.h"

#include <algorithm>

#include "rules/pages.h"

namespace planner {

namespace rules {
extern const Rule add_check, add_column_rewrite, add_exclusion, add_foreign_key, add_primary_key, add_unique,
    cached_plans, change_type, column_replaced, concurrently_in_transaction, drop_column, drop_table,
    dropped_and_added, enum_swap, enum_value_used, ignore_without_reason, index_not_concurrent, lock_held,
    locks_other_table, locks_several_tables, not_understood, rename_column, rename_table, replace_constraint,
    required_column, set_not_null, syntax_error, unknown_ignore, unused_ignore, whole_table_write;
}  // namespace rules

const RuleSet& all_rules() {
  static const RuleSet all{&rules::add_check,
                           &rules::add_column_rewrite,
                           &rules::add_exclusion,
                           &rules::add_foreign_key,
                           &rules::add_primary_key,
                           &rules::add_unique,
                           &rules::cached_plans,
                           &rules::change_type,
                           &rules::column_replaced,
                           &rules::concurrently_in_transaction,
                           &rules::drop_column,
                           &rules::drop_table,
                           &rules::dropped_and_added,
                           &rules::enum_swap,
                           &rules::enum_value_used,
                           &rules::ignore_without_reason,
                           &rules::index_not_concurrent,
                           &rules::lock_held,
                           &rules::locks_other_table,
                           &rules::locks_several_tables,
                           &rules::not_understood,
                           &rules::rename_column,
                           &rules::rename_table,
                           &rules::replace_constraint,
                           &rules::required_column,
                           &rules::set_not_null,
                           &rules::syntax_error,
                           &rules::unknown_ignore,
                           &rules::unused_ignore,
                           &rules::whole_table_write};
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
