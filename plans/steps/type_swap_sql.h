#pragma once

#include "plans/steps/type_swap.h"

/// The statements of a change of type, each as its phase needs it; type_swap.cpp makes steps of them.
namespace planner::plans::type_swap {

StepLock exclusive(const TableName& table);
StepLock scanning(const TableName& table);
Sql alter(const TableName& table, const std::vector<Sql>& actions);
void append(std::vector<Sql>& to, const std::vector<Sql>& more);
std::string names_said(const SwappedTable& table);
std::string plain_said(const SwappedTable& table);                 ///< of those that are not joined
std::vector<Sql> carry_all_privileges(const SwappedTable& table);  ///< from the columns to their shadows
Identifier fits_name(const SwappedColumn& column);
Identifier not_null_again(const SwappedColumn& column);
bool with_fits(const SwappedTable& table);
bool proof_waits(const SwappedColumn& column);
Sql follow_function(const SwappedTable& table);
std::vector<Sql> validations(const SwappedTable& table);
std::vector<Sql> add_fits(const SwappedTable& table);
std::vector<Sql> fits_validations(const SwappedTable& table);
std::vector<Sql> drop_fits(const SwappedTable& table);
std::vector<Sql> add_proofs(const SwappedTable& table, bool waiting);
Sql raise_refused(const SwappedTable& table, const SwappedColumn& column);
Sql raise_hidden(const SwappedTable& table, const SwappedColumn& column);
Sql raise_zone(const SwappedColumn& column);
std::vector<Sql> functions_of(const SwappedTable& table, bool after);
Sql add_constraint(const TableName& table, ConstraintDefinition constraint);
bool kept_in_its_words(const SwappedTable& table, const SwappedTable::Check& check);
Sql remember_words(const TableName& table, const Identifier& check);
Sql add_in_words(const TableName& table, const SwappedTable::Check& check);
std::vector<Sql> swap_table(const SwappedTable& table);
std::vector<Sql> swap_table_back(const SwappedTable& table);
std::string label(std::string_view what, const SwappedTable& table);

}  // namespace planner::plans::type_swap
