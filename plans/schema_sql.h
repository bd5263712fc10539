#pragma once

#include <optional>
#include <vector>

#include "planner/schema.h"
#include "planner/sql/sql.h"

/// Objects of a schema written as the SQL that makes them.
namespace planner::plans {

/// CREATE TABLE with columns, parents and partitioning; constraints, indexes and the rest are statements of
/// their own (table_parts_sql). `without` are columns made later.
Sql create_table_sql(const Table& table, const Schema& schema);
/// Row security, replica identity, storage of columns, comments: what CREATE TABLE does not say.
std::vector<Sql> table_settings_sql(const Table& table);
/// ALTER TABLE .. ADD CONSTRAINT; NOT VALID when the constraint is.
Sql add_constraint_sql(const TableName& table, const Constraint& constraint);
Sql create_view_sql(const View& view);
/// All options said, so that nothing depends on defaults.
Sql create_sequence_sql(const Sequence& sequence);
Sql sequence_owner_sql(const Sequence& sequence);
Sql create_enum_sql(const EnumType& type);
Sql create_domain_sql(const Domain& domain);
/// Composite types; empty for what only an extension or C code can make.
Sql create_type_sql(const OtherType& type);
/// Empty for aggregates and functions in C.
Sql create_function_sql(const Function& function, bool replace);
Sql function_signature_sql(const Function& function);  ///< `FUNCTION "f"("int4")`
Sql create_trigger_sql(const CreateTrigger& trigger);
Sql trigger_state_sql(const TableName& table, const Trigger& trigger);  ///< empty when enabled
Sql create_policy_sql(const CreatePolicy& policy);
Sql create_rule_sql(const CreateRule& rule);
Sql create_statistics_sql(const CreateStatistics& statistics);
/// The column as ADD COLUMN takes it, identity with its sequence's options.
Sql column_definition_sql(const Column& column, const Table& table, const Schema& schema);
/// STORAGE, COMPRESSION, STATISTICS and options of one column, where it has its own.
std::vector<Sql> column_settings_sql(const TableName& table, const Column& column);
Sql partition_bound_sql(const PartitionBound& bound);
/// `COMMENT ON TABLE x IS '..'`; the thing in the words of SQL. An empty text takes the comment away.
Sql comment_sql(const Sql& thing, const std::string& text);
Sql options_list_sql(const std::vector<Option>& options);  ///< `fillfactor = '70', ...`

}  // namespace planner::plans
