#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "planner/operation.h"
#include "planner/sql/tree.h"

/// From libpg_query's statement nodes to operations, one file per family. For planner/sql only.
namespace planner::pg {

using Operations = std::vector<Operation>;

/// What a top-level statement is read from. Data statements remember their text.
Source source_of(const Parsed& parsed, const PgQuery__RawStmt& raw, std::string_view text, int nesting = 0);

/// Any statement; what none of the families below knows becomes Unrecognized.
void read_statement(const Source& source, const Node& statement, Operations& out);

// parse_table.cpp
void read_create_table(const Source& source, const PgQuery__CreateStmt& statement,
                       std::string_view foreign_server, Operations& out);
void read_create_table_as(const Source& source, const PgQuery__CreateTableAsStmt& statement, Operations& out);
/// INTO stands in the first SELECT of a UNION.
const PgQuery__IntoClause* into_of(const PgQuery__SelectStmt& select);
void read_select_into(const Source& source, const Node& node, Operations& out);
PartitionBound partition_bound(const Source& source, const PgQuery__PartitionBoundSpec* bound);

// parse_alter_table.cpp
void read_alter_table(const Source& source, const PgQuery__AlterTableStmt& statement, Operations& out);

// parse_column.cpp
ColumnDefinition column_definition(const Source& source, const PgQuery__ColumnDef& column);
ConstraintDefinition constraint_definition(const Source& source, const PgQuery__Constraint& constraint);
SequenceOptions sequence_options(std::span<Node* const> options);
Identity identity(const PgQuery__Constraint& constraint);
std::vector<Option> options(std::span<Node* const> elements);
/// The value of a DefElem as text: `fillfactor = 70` -> `70`; empty when there is none.
std::string option_value(const Node* value);
IndexElement index_element(const Source& source, const PgQuery__IndexElem& element);
Persistence persistence(const PgQuery__RangeVar* range);
inline Cascade cascade(PgQuery__DropBehavior behavior) {
  return behavior == PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE ? Cascade::Cascade : Cascade::Restrict;
}
bool is_true(const Node* option_value);

// parse_index.cpp
void read_create_index(const Source& source, const PgQuery__IndexStmt& statement, Operations& out);
void read_reindex(const PgQuery__ReindexStmt& statement, Operations& out);
void read_create_statistics(const Source& source, const PgQuery__CreateStatsStmt& statement, Operations& out);

// parse_object_type.cpp: sequences, enums, domains, composite types
void read_domain(const Source& source, const PgQuery__CreateDomainStmt& statement, Operations& out);
void read_alter_domain(const Source& source, const PgQuery__AlterDomainStmt& statement, Operations& out);
void read_alter_enum(const PgQuery__AlterEnumStmt& statement, Operations& out);
void read_create_range(const PgQuery__CreateRangeStmt& statement, Operations& out);
void read_composite(const Source& source, const PgQuery__CompositeTypeStmt& statement, Operations& out);
void read_define(const Source& source, const PgQuery__DefineStmt& statement, Operations& out);

// parse_function.cpp: functions, triggers, views, policies, rules
void read_create_function(const Source& source, const PgQuery__CreateFunctionStmt& statement,
                          Operations& out);
void read_alter_function(const PgQuery__AlterFunctionStmt& statement, Operations& out);
void read_create_trigger(const Source& source, const PgQuery__CreateTrigStmt& statement, Operations& out);
void read_create_view(const Source& source, const PgQuery__ViewStmt& statement, Operations& out);
void read_create_policy(const Source& source, const PgQuery__CreatePolicyStmt& statement, Operations& out);
void read_alter_policy(const Source& source, const PgQuery__AlterPolicyStmt& statement, Operations& out);
void read_create_rule(const Source& source, const PgQuery__RuleStmt& statement, Operations& out);
FunctionArgument function_argument(const Source& source, const PgQuery__FunctionParameter& parameter);
FunctionSignature function_signature(const PgQuery__ObjectWithArgs& function);

// parse_drop.cpp, parse_object.cpp: what is alike for all kinds of objects
void read_drop(const PgQuery__DropStmt& statement, Operations& out);
void read_rename(const PgQuery__RenameStmt& statement, Operations& out);
void read_set_schema(const PgQuery__AlterObjectSchemaStmt& statement, Operations& out);
void read_owner(const PgQuery__AlterOwnerStmt& statement, Operations& out);
void read_comment(const PgQuery__CommentStmt& statement, Operations& out);
void read_grant(const PgQuery__GrantStmt& statement, bool default_privileges, Operations& out);
void read_grant_role(const PgQuery__GrantRoleStmt& statement, Operations& out);
/// Roles, databases, publications, servers, ...: false when it is none of them.
bool read_other_object(const Source& source, const Node& statement, Operations& out);
ObjectKind object_kind(PgQuery__ObjectType type);
/// The object a DROP, COMMENT, RENAME, ... names, in whatever node its kind uses.
struct NamedObject {
  ObjectName name;
  Identifier sub_object;  ///< column, constraint, trigger, policy, rule of `name`
  std::optional<std::vector<planner::TypeName>> arguments;
};
NamedObject named_object(PgQuery__ObjectType type, const Node* object);

// parse_data.cpp
bool read_data(const Source& source, const Node& statement, Operations& out);

// parse_session.cpp: transactions, settings, locks, maintenance; false when it is none of them
bool read_session(const Source& source, const Node& statement, Operations& out);

// do_block.cpp
void read_do(const Source& source, const PgQuery__DoStmt& statement, Operations& out);

}  // namespace planner::pg
