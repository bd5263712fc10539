#include <algorithm>

#include "planner/sql/read.h"

namespace planner::pg {

namespace {

char mode_letter(PgQuery__FunctionParameterMode mode) {
  switch (mode) {
    case PG_QUERY__FUNCTION_PARAMETER_MODE__FUNC_PARAM_OUT:
      return 'o';
    case PG_QUERY__FUNCTION_PARAMETER_MODE__FUNC_PARAM_INOUT:
      return 'b';
    case PG_QUERY__FUNCTION_PARAMETER_MODE__FUNC_PARAM_VARIADIC:
      return 'v';
    case PG_QUERY__FUNCTION_PARAMETER_MODE__FUNC_PARAM_TABLE:
      return 't';
    default:
      return 'i';
  }
}

std::optional<Volatility> volatility_of(const Node* value) {
  const std::string_view word = string_of(value);
  if (word == "immutable") return Volatility::Immutable;
  if (word == "stable") return Volatility::Stable;
  if (word == "volatile") return Volatility::Volatile;
  return std::nullopt;
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

std::string joined_values(const PgQuery__VariableSetStmt& set) {
  std::string text;
  for (const Node* value : list(set.n_args, set.args)) {
    if (!text.empty()) text += ", ";
    text += option_value(value);
  }
  return text;
}

void read_option(const Source&, const PgQuery__DefElem& option, CreateFunction& result) {
  const std::string_view name = text_of(option.defname);
  const Node* value = option.arg;
  if (name == "as") {
    if (value != nullptr && value->node_case == PG_QUERY__NODE__NODE_LIST && value->list->n_items > 0) {
      result.body = string_of(value->list->items[0]);
    }
  } else if (name == "language") {
    result.language = lower(string_of(value));
  } else if (name == "volatility") {
    result.volatility = volatility_of(value).value_or(Volatility::Volatile);
  } else if (name == "strict") {
    result.strict = is_true(value);
  } else if (name == "security") {
    result.security_definer = is_true(value);
  } else if (name == "set" && value != nullptr &&
             value->node_case == PG_QUERY__NODE__NODE_VARIABLE_SET_STMT) {
    const PgQuery__VariableSetStmt& set = *value->variable_set_stmt;
    result.settings.push_back({std::string(text_of(set.name)), joined_values(set)});
  }
}

std::vector<std::string> role_names(std::span<Node* const> roles) {
  std::vector<std::string> names;
  for (const Node* role : roles) {
    if (role->node_case == PG_QUERY__NODE__NODE_ROLE_SPEC) names.push_back(role_name(role->role_spec));
  }
  return names;
}

std::string_view event_word(PgQuery__CmdType event) {
  switch (event) {
    case PG_QUERY__CMD_TYPE__CMD_SELECT:
      return "select";
    case PG_QUERY__CMD_TYPE__CMD_INSERT:
      return "insert";
    case PG_QUERY__CMD_TYPE__CMD_UPDATE:
      return "update";
    case PG_QUERY__CMD_TYPE__CMD_DELETE:
      return "delete";
    default:
      return "";
  }
}

/// CREATE RECURSIVE VIEW becomes a view over WITH RECURSIVE with the view's own name.
bool is_recursive(const PgQuery__ViewStmt& statement) {
  if (statement.query == nullptr || statement.query->node_case != PG_QUERY__NODE__NODE_SELECT_STMT)
    return false;
  const PgQuery__WithClause* with = statement.query->select_stmt->with_clause;
  if (with == nullptr || !with->recursive || with->n_ctes != 1) return false;
  const Node* common = with->ctes[0];
  return common->node_case == PG_QUERY__NODE__NODE_COMMON_TABLE_EXPR &&
         text_of(common->common_table_expr->ctename) == text_of(statement.view->relname);
}

}  // namespace

FunctionArgument function_argument(const Source& source, const PgQuery__FunctionParameter& parameter) {
  return {identifier(parameter.name), type_name(parameter.arg_type), mode_letter(parameter.mode),
          scalar(source, parameter.defexpr)};
}

FunctionSignature function_signature(const PgQuery__ObjectWithArgs& function) {
  FunctionSignature result;
  result.name = object_name(list(function.n_objname, function.objname));
  if (!function.args_unspecified) {
    result.arguments.emplace();
    for (const Node* argument : list(function.n_objargs, function.objargs)) {
      if (argument->node_case == PG_QUERY__NODE__NODE_TYPE_NAME) {
        result.arguments->push_back(type_name(argument->type_name));
      }
    }
  }
  return result;
}

void read_create_function(const Source& source, const PgQuery__CreateFunctionStmt& statement,
                          Operations& out) {
  CreateFunction result;
  result.name = object_name(list(statement.n_funcname, statement.funcname));
  result.procedure = statement.is_procedure;
  result.replace = statement.replace;
  for (const Node* node : list(statement.n_parameters, statement.parameters)) {
    if (node->node_case != PG_QUERY__NODE__NODE_FUNCTION_PARAMETER) continue;
    result.arguments.push_back(function_argument(source, *node->function_parameter));
    result.returns_table = result.returns_table || result.arguments.back().mode == 't';
  }
  result.returns = type_name(statement.return_type);
  for (const Node* option : list(statement.n_options, statement.options)) {
    if (option->node_case == PG_QUERY__NODE__NODE_DEF_ELEM) read_option(source, *option->def_elem, result);
  }
  result.sql_body = query(source, statement.sql_body);
  if (result.sql_body && result.language.empty()) result.language = "sql";
  out.emplace_back(std::move(result));
}

void read_alter_function(const PgQuery__AlterFunctionStmt& statement, Operations& out) {
  AlterFunction result;
  if (statement.func != nullptr) result.function = function_signature(*statement.func);
  for (const Node* node : list(statement.n_actions, statement.actions)) {
    if (node->node_case == PG_QUERY__NODE__NODE_DEF_ELEM &&
        text_of(node->def_elem->defname) == "volatility") {
      result.volatility = volatility_of(node->def_elem->arg);
    }
  }
  out.emplace_back(std::move(result));
}

void read_create_trigger(const Source& source, const PgQuery__CreateTrigStmt& statement, Operations& out) {
  // TRIGGER_TYPE_* of src/include/catalog/pg_trigger.h.
  constexpr int kBefore = 1 << 1, kInsert = 1 << 2, kDelete = 1 << 3, kUpdate = 1 << 4, kTruncate = 1 << 5,
                kInstead = 1 << 6;
  CreateTrigger result;
  result.name = identifier(statement.trigname);
  result.table = table_name(statement.relation);
  result.function = object_name(list(statement.n_funcname, statement.funcname));
  for (const Node* argument : list(statement.n_args, statement.args)) {
    result.arguments.emplace_back(string_of(argument));
  }
  result.before = (statement.timing & kBefore) != 0;
  result.instead = (statement.timing & kInstead) != 0;
  result.for_each_row = statement.row;
  result.on_insert = (statement.events & kInsert) != 0;
  result.on_update = (statement.events & kUpdate) != 0;
  result.on_delete = (statement.events & kDelete) != 0;
  result.on_truncate = (statement.events & kTruncate) != 0;
  result.update_columns = identifiers(list(statement.n_columns, statement.columns));
  result.when = scalar(source, statement.when_clause);
  result.constraint = statement.isconstraint;
  result.deferrable = statement.deferrable;
  result.initially_deferred = statement.initdeferred;
  result.replace = statement.replace;
  for (const Node* node : list(statement.n_transition_rels, statement.transition_rels)) {
    const PgQuery__TriggerTransition& transition = *node->trigger_transition;
    (transition.is_new ? result.new_table : result.old_table) = identifier(transition.name);
  }
  result.constraint_from = table_name(statement.constrrel);
  out.emplace_back(std::move(result));
}

void read_create_view(const Source& source, const PgQuery__ViewStmt& statement, Operations& out) {
  CreateView result;
  result.view = table_name(statement.view);
  result.column_names = identifiers(list(statement.n_aliases, statement.aliases));
  result.query = query(source, statement.query);
  result.options = options(list(statement.n_options, statement.options));
  result.replace = statement.replace;
  result.temporary = persistence(statement.view) == Persistence::Temporary;
  if (statement.with_check_option == PG_QUERY__VIEW_CHECK_OPTION__LOCAL_CHECK_OPTION)
    result.check_option = 'l';
  if (statement.with_check_option == PG_QUERY__VIEW_CHECK_OPTION__CASCADED_CHECK_OPTION)
    result.check_option = 'c';
  result.recursive = is_recursive(statement);
  out.emplace_back(std::move(result));
}

void read_create_policy(const Source& source, const PgQuery__CreatePolicyStmt& statement, Operations& out) {
  out.emplace_back(CreatePolicy{identifier(statement.policy_name), table_name(statement.table),
                                std::string(text_of(statement.cmd_name)), statement.permissive != 0,
                                role_names(list(statement.n_roles, statement.roles)),
                                scalar(source, statement.qual), scalar(source, statement.with_check)});
}

void read_alter_policy(const Source& source, const PgQuery__AlterPolicyStmt& statement, Operations& out) {
  out.emplace_back(AlterPolicy{identifier(statement.policy_name), table_name(statement.table),
                               role_names(list(statement.n_roles, statement.roles)),
                               scalar(source, statement.qual), scalar(source, statement.with_check)});
}

void read_create_rule(const Source& source, const PgQuery__RuleStmt& statement, Operations& out) {
  CreateRule result;
  result.name = identifier(statement.rulename);
  result.table = table_name(statement.relation);
  result.event = event_word(statement.event);
  result.instead = statement.instead;
  result.replace = statement.replace;
  result.where = scalar(source, statement.where_clause);
  for (const Node* action : list(statement.n_actions, statement.actions)) {
    result.actions.push_back(query(source, action));
    for (ObjectName& name : relations_of(message_of(*action))) {
      if (std::find(result.mentions.begin(), result.mentions.end(), name) == result.mentions.end()) {
        result.mentions.push_back(std::move(name));
      }
    }
  }
  out.emplace_back(std::move(result));
}

}  // namespace planner::pg
