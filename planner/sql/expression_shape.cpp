#include <algorithm>
#include <array>

#include "planner/sql/expression.h"
#include "planner/sql/tree.h"

namespace planner {

namespace {

using pg::list;
using pg::Node;

bool is_null(const Node* node) {
  while (node != nullptr && node->node_case == PG_QUERY__NODE__NODE_TYPE_CAST) node = node->type_cast->arg;
  return node != nullptr && node->node_case == PG_QUERY__NODE__NODE_A_CONST && node->a_const->isnull;
}

/// `column`, or `anything.column`: a CHECK knows only one table.
bool is_column(const Node* node, const Identifier& column) {
  if (node == nullptr || node->node_case != PG_QUERY__NODE__NODE_COLUMN_REF) return false;
  const PgQuery__ColumnRef& reference = *node->column_ref;
  if (reference.n_fields == 0) return false;
  const Node* last = reference.fields[reference.n_fields - 1];
  return last->node_case == PG_QUERY__NODE__NODE_STRING && pg::string_of(last) == column.str();
}

bool is_null_test(const Node* node, const Identifier& column, PgQuery__NullTestType wanted) {
  if (node == nullptr || node->node_case != PG_QUERY__NODE__NODE_NULL_TEST) return false;
  const PgQuery__NullTest& test = *node->null_test;
  if (test.nulltesttype != wanted || test.arg == nullptr) return false;
  if (is_column(test.arg, column)) return true;
  // A row IS NOT NULL when every one of its fields is. (`(a,b) IS NULL` is not its opposite.)
  if (wanted != PG_QUERY__NULL_TEST_TYPE__IS_NOT_NULL || test.arg->node_case != PG_QUERY__NODE__NODE_ROW_EXPR)
    return false;
  const auto fields = list(test.arg->row_expr->n_args, test.arg->row_expr->args);
  return std::any_of(fields.begin(), fields.end(),
                     [&](const Node* field) { return is_column(field, column); });
}

bool is_true_constant(const Node* node) {
  while (node != nullptr && node->node_case == PG_QUERY__NODE__NODE_TYPE_CAST) node = node->type_cast->arg;
  return node != nullptr && node->node_case == PG_QUERY__NODE__NODE_A_CONST &&
         node->a_const->val_case == PG_QUERY__A__CONST__VAL_BOOLVAL && node->a_const->boolval->boolval;
}

bool proves(const Node* node, const Identifier& column) {
  if (node == nullptr) return false;
  if (is_null_test(node, column, PG_QUERY__NULL_TEST_TYPE__IS_NOT_NULL)) return true;
  if (node->node_case == PG_QUERY__NODE__NODE_BOOL_EXPR) {
    const PgQuery__BoolExpr& boolean = *node->bool_expr;
    const auto args = list(boolean.n_args, boolean.args);
    const auto each = [&](const Node* arg) { return proves(arg, column); };
    switch (boolean.boolop) {
      case PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR:
        return std::any_of(args.begin(), args.end(), each);
      case PG_QUERY__BOOL_EXPR_TYPE__OR_EXPR:
        return !args.empty() && std::all_of(args.begin(), args.end(), each);
      case PG_QUERY__BOOL_EXPR_TYPE__NOT_EXPR:
        return args.size() == 1 && is_null_test(args[0], column, PG_QUERY__NULL_TEST_TYPE__IS_NULL);
      default:
        return false;
    }
  }
  if (node->node_case == PG_QUERY__NODE__NODE_A_EXPR) {
    const PgQuery__AExpr& expr = *node->a_expr;
    if (expr.kind == PG_QUERY__A__EXPR__KIND__AEXPR_DISTINCT) {
      return is_column(expr.lexpr, column) && is_null(expr.rexpr);
    }
    // `(a IS NOT NULL) = true`
    if (expr.kind == PG_QUERY__A__EXPR__KIND__AEXPR_OP && expr.n_name == 1 &&
        pg::string_of(expr.name[0]) == "=") {
      return is_true_constant(expr.rexpr) && proves(expr.lexpr, column);
    }
  }
  return false;
}

/// A constant's text below any casts and COLLATE.
const PgQuery__AConst* constant_under_casts(const Node* node) {
  while (node != nullptr) {
    if (node->node_case == PG_QUERY__NODE__NODE_TYPE_CAST) {
      node = node->type_cast->arg;
    } else if (node->node_case == PG_QUERY__NODE__NODE_COLLATE_CLAUSE) {
      node = node->collate_clause->arg;
    } else {
      break;
    }
  }
  if (node == nullptr || node->node_case != PG_QUERY__NODE__NODE_A_CONST || node->a_const->isnull)
    return nullptr;
  return node->a_const;
}

bool is_function(const PgQuery__FuncCall& call, std::string_view name) {
  const ObjectName called = pg::object_name(list(call.n_funcname, call.funcname));
  return called.schema.empty() && called.name.str() == name;
}

}  // namespace

bool proves_not_null(const Expression& check, const Identifier& column) {
  return proves(ExpressionAccess::node(check), column);
}

std::optional<CastChain> cast_chain(const Expression& expression) {
  CastChain chain;
  const Node* node = ExpressionAccess::node(expression);
  while (node != nullptr && node->node_case == PG_QUERY__NODE__NODE_TYPE_CAST) {
    chain.casts.push_back(pg::type_name(node->type_cast->type_name));
    node = node->type_cast->arg;
  }
  if (node == nullptr || node->node_case != PG_QUERY__NODE__NODE_COLUMN_REF) return std::nullopt;
  const PgQuery__ColumnRef& reference = *node->column_ref;
  if (reference.n_fields == 0) return std::nullopt;
  const Node* last = reference.fields[reference.n_fields - 1];
  if (last->node_case != PG_QUERY__NODE__NODE_STRING) return std::nullopt;
  chain.column = Identifier(pg::string_of(last));
  std::reverse(chain.casts.begin(), chain.casts.end());
  return chain;
}

std::optional<std::string> at_time_zone_of_column(const Expression& expression, const Identifier& column) {
  const Node* node = ExpressionAccess::node(expression);
  if (node == nullptr || node->node_case != PG_QUERY__NODE__NODE_FUNC_CALL) return std::nullopt;
  const PgQuery__FuncCall& call = *node->func_call;
  if (!is_function(call, "timezone") || call.n_args != 2 || !is_column(call.args[1], column))
    return std::nullopt;
  const PgQuery__AConst* zone = constant_under_casts(call.args[0]);
  if (zone == nullptr || zone->val_case != PG_QUERY__A__CONST__VAL_SVAL) return std::nullopt;
  return std::string(pg::text_of(zone->sval->sval));
}

std::optional<std::string> constant_value(const Expression& expression) {
  const Node* node = ExpressionAccess::node(expression);
  // `-1.5` is a number too, under casts or not.
  bool negative = false;
  while (node != nullptr) {
    if (node->node_case == PG_QUERY__NODE__NODE_TYPE_CAST) {
      node = node->type_cast->arg;
      continue;
    }
    if (node->node_case == PG_QUERY__NODE__NODE_A_EXPR && node->a_expr->lexpr == nullptr &&
        node->a_expr->n_name == 1 && node->a_expr->kind == PG_QUERY__A__EXPR__KIND__AEXPR_OP &&
        pg::string_of(node->a_expr->name[0]) == "-" && !negative) {
      negative = true;
      node = node->a_expr->rexpr;
      continue;
    }
    break;
  }
  const PgQuery__AConst* constant = constant_under_casts(node);
  if (constant == nullptr) return std::nullopt;
  std::string value;
  switch (constant->val_case) {
    case PG_QUERY__A__CONST__VAL_IVAL:
      value = std::to_string(constant->ival->ival);
      break;
    case PG_QUERY__A__CONST__VAL_FVAL:
      value = pg::text_of(constant->fval->fval);
      break;
    case PG_QUERY__A__CONST__VAL_BOOLVAL:
      if (negative) return std::nullopt;
      return constant->boolval->boolval ? "true" : "false";
    case PG_QUERY__A__CONST__VAL_SVAL:
      if (negative) return std::nullopt;
      return std::string(pg::text_of(constant->sval->sval));
    default:
      return std::nullopt;
  }
  return negative ? "-" + value : value;
}

std::optional<ObjectName> nextval_sequence(const Expression& expression) {
  const Node* node = ExpressionAccess::node(expression);
  while (node != nullptr && node->node_case == PG_QUERY__NODE__NODE_TYPE_CAST) node = node->type_cast->arg;
  if (node == nullptr || node->node_case != PG_QUERY__NODE__NODE_FUNC_CALL) return std::nullopt;
  const PgQuery__FuncCall& call = *node->func_call;
  if (!is_function(call, "nextval") || call.n_args != 1) return std::nullopt;
  const PgQuery__AConst* name = constant_under_casts(call.args[0]);
  if (name == nullptr || name->val_case != PG_QUERY__A__CONST__VAL_SVAL) return std::nullopt;
  return pg::relation_in(pg::text_of(name->sval->sval));
}

}  // namespace planner
