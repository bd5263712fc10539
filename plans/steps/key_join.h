#pragma once

#include "plans/steps/type_swap.h"

/// Columns that point at a key whose rows are given new values: the new value does not follow from the old
/// one, it is found in the row that the foreign key leads to. While both keys live, a trigger looks there for
/// every row that is written; the rows that were there before are filled by a join.
namespace planner::plans::type_swap {

bool has_joins(const SwappedTable& table);
bool has_plain(const SwappedTable& table);  ///< columns whose new value follows from their own row

/// The trigger's function. Before the swap it finds the shadow, after it the old column.
Sql join_function(const SwappedTable& table, bool after);
std::vector<Sql> add_join_checks(const SwappedTable& table);
/// Actions of ALTER TABLE. The swap uses up the proofs of NOT NULL by itself.
std::vector<Sql> drop_join_checks(const SwappedTable& table, bool proofs_too);
std::vector<Sql> validate_join_checks(const SwappedTable& table);
/// A row whose old and new key lead to different rows, looked for before the swap.
std::vector<Sql> raise_not_joined(const SwappedTable& table);
/// Rows that would lose where they point to on the way back.
Sql lost_on_way_back(const SwappedColumn& column);

/// Said by whoever fills the shadow of a column: the rows that point at it can find it there.
std::string label_shadow(const TableName& table, const Identifier& column);

Step join_step(const TypeSwap& swap, const SwappedTable& table);
Step join_copy_step(const TypeSwap& swap, const SwappedTable& table, const RecipeContext& context);
/// Old columns go one table after the other, and none may be looked for any more when the first one goes.
Step stop_joins_step(const TypeSwap& swap);
std::string label_joins_stopped();

}  // namespace planner::plans::type_swap
