#include "plans/registry.h"

#include "plans/recipes.h"

namespace planner {

const RecipeSet& all_recipes() {
  static const RecipeSet recipes{
      // What belongs to a table that is only renamed must not be taken for something new.
      &plans::rename_table_parts,
      &plans::rename_table,
      &plans::change_type_parts,
      &plans::move_object,
      &plans::rename_column,
      &plans::set_not_null,
      &plans::required_column,
      &plans::add_column_default,
      &plans::create_index,
      &plans::add_unique,
      &plans::add_primary_key,
      &plans::add_foreign_key,
      &plans::add_check,
      &plans::add_exclusion,
      &plans::replace_constraint,
      &plans::change_type,
      &plans::replace_enum,
      &plans::replace_column,
      &plans::drop_column,
      &plans::drop_constraint,
      &plans::drop_index,
      &plans::drop_table,
      &plans::update_data,
      &plans::delete_data,
      &plans::insert_rows,
      &plans::attach_partition,
      &plans::reindex_concurrently,
      &plans::refresh_view,
      &plans::set_persistence,
      &plans::set_tablespace,
      &plans::set_access_method,
      &plans::cluster_table,
      &plans::vacuum_full,
      &plans::enum_value,
      // Asked last: anything else that cannot run inside a transaction.
      &plans::session,
  };
  return recipes;
}

}  // namespace planner
