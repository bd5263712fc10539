#pragma once

#include <optional>
#include <string>
#include <vector>

#include "planner/operations/parts.h"

/// Operations on views, functions, triggers, policies, rules and statistics. Names are as written (schema
/// empty when not given).
namespace planner {

struct CreateView {
  ObjectName view;
  std::vector<Identifier> column_names;
  Expression query;
  std::vector<Option> options;
  bool replace = false;
  bool temporary = false;
  char check_option = 'n';
  bool recursive = false;
};
struct CreateMaterializedView {
  ObjectName view;
  std::vector<Identifier> column_names;
  Expression query;
  bool with_data = true;
  bool if_not_exists = false;
};
struct DropView {
  ObjectName view;
  bool materialized = false;
  bool if_exists = false;
  Cascade cascade = Cascade::Restrict;
};
struct RenameView {
  ObjectName view;
  Identifier to;
  bool materialized = false;
  bool if_exists = false;
};
struct RenameViewColumn {
  ObjectName view;
  Identifier from;
  Identifier to;
  bool materialized = false;
};
struct SetViewDefault {
  ObjectName view;
  Identifier column;
  Expression value;
};
struct RefreshMaterializedView {
  ObjectName view;
  bool concurrently = false;
  bool with_data = true;
};
enum class Volatility { Volatile, Stable, Immutable };
struct CreateFunction {
  ObjectName name;
  std::vector<FunctionArgument> arguments;
  TypeName returns;  ///< empty for procedures and OUT-only functions
  bool returns_table = false;
  bool procedure = false;
  bool aggregate = false;
  bool replace = false;
  std::string language;  ///< lower case
  Volatility volatility = Volatility::Volatile;
  bool strict = false;
  bool security_definer = false;
  std::string body;                       ///< AS '...' text; empty for SQL-standard bodies
  Expression sql_body;                    ///< BEGIN ATOMIC / RETURN
  std::vector<Option> settings;           ///< SET search_path = ...
  std::vector<Option> aggregate_options;  ///< SFUNC, STYPE, INITCOND, ... of an aggregate, in lower case
};
struct AlterFunction {
  FunctionSignature function;
  std::optional<Volatility> volatility;
};
struct DropFunction {
  FunctionSignature function;
  char kind = 'f';
  bool if_exists = false;
  Cascade cascade = Cascade::Restrict;
};  ///< f function, p procedure, a aggregate, r routine
struct RenameFunction {
  FunctionSignature function;
  Identifier to;
  char kind = 'f';
};
struct CreateTrigger {
  Identifier name;
  TableName table;
  ObjectName function;
  std::vector<std::string> arguments;
  bool before = false, instead = false;  ///< neither: AFTER
  bool for_each_row = false;
  bool on_insert = false, on_update = false, on_delete = false, on_truncate = false;
  std::vector<Identifier> update_columns;
  Expression when;
  bool constraint = false, deferrable = false, initially_deferred = false;
  bool replace = false;
  Identifier old_table, new_table;
  TableName constraint_from;
};
struct DropTrigger {
  TableName table;
  Identifier trigger;
  bool if_exists = false;
  Cascade cascade = Cascade::Restrict;
};
struct RenameTrigger {
  TableName table;
  Identifier from;
  Identifier to;
};
struct CreatePolicy {
  Identifier name;
  TableName table;
  std::string command;
  bool permissive = true;
  std::vector<std::string> roles;
  Expression using_expression;
  Expression with_check;
};
struct AlterPolicy {
  Identifier name;
  TableName table;
  std::vector<std::string> roles;
  Expression using_expression;
  Expression with_check;
};
struct DropPolicy {
  TableName table;
  Identifier policy;
  bool if_exists = false;
};
struct RenamePolicy {
  TableName table;
  Identifier from;
  Identifier to;
};
struct CreateRule {
  Identifier name;
  TableName table;
  std::string event;
  bool instead = false;
  bool replace = false;
  Expression where;
  std::vector<ObjectName> mentions;
  std::vector<Expression> actions;
};
struct DropRule {
  TableName table;
  Identifier rule;
  bool if_exists = false;
  Cascade cascade = Cascade::Restrict;
};
struct RenameRule {
  TableName table;
  Identifier from;
  Identifier to;
};
struct CreateStatistics {
  ObjectName name;
  TableName table;
  std::vector<Identifier> columns;
  std::vector<Expression> expressions;
  std::vector<std::string> kinds;
  bool if_not_exists = false;
};
struct DropStatistics {
  ObjectName name;
  bool if_exists = false;
};

}  // namespace planner
