#include "planner/sql/query.h"

#include <string_view>

#include "planner/sql/tree.h"

namespace planner {

namespace {

using pg::list;
using pg::Node;

struct Label {
  std::string_view name;
  int strength = 0;  ///< 0 none, 1 a guess, 2 sure
};

std::string_view last_string(std::span<Node* const> names) {
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    if ((*name)->node_case == PG_QUERY__NODE__NODE_STRING) return pg::string_of(*name);
  }
  return {};
}

Label label_of(const Node* node);

Label sub_link_label(const PgQuery__SubLink& link) {
  switch (link.sub_link_type) {
    case PG_QUERY__SUB_LINK_TYPE__EXISTS_SUBLINK:
      return {"exists", 2};
    case PG_QUERY__SUB_LINK_TYPE__ARRAY_SUBLINK:
      return {"array", 2};
    case PG_QUERY__SUB_LINK_TYPE__EXPR_SUBLINK:
      break;
    default:
      return {};
  }
  if (link.subselect == nullptr || link.subselect->node_case != PG_QUERY__NODE__NODE_SELECT_STMT) return {};
  const PgQuery__SelectStmt* select = link.subselect->select_stmt;
  while (select->larg != nullptr) select = select->larg;
  if (select->n_target_list == 0 || select->target_list[0]->node_case != PG_QUERY__NODE__NODE_RES_TARGET)
    return {};
  const PgQuery__ResTarget& target = *select->target_list[0]->res_target;
  if (pg::has_text(target.name)) return {target.name, 2};
  return label_of(target.val);
}

/// FigureColnameInternal in src/backend/parser/parse_target.c.
Label label_of(const Node* node) {
  if (node == nullptr) return {};
  switch (node->node_case) {
    case PG_QUERY__NODE__NODE_COLUMN_REF: {
      const std::string_view name = last_string(list(node->column_ref->n_fields, node->column_ref->fields));
      return name.empty() ? Label{} : Label{name, 2};
    }
    case PG_QUERY__NODE__NODE_A_INDIRECTION: {
      const PgQuery__AIndirection& part = *node->a_indirection;
      const std::string_view name = last_string(list(part.n_indirection, part.indirection));
      return name.empty() ? label_of(part.arg) : Label{name, 2};
    }
    case PG_QUERY__NODE__NODE_FUNC_CALL:
      return {last_string(list(node->func_call->n_funcname, node->func_call->funcname)), 2};
    case PG_QUERY__NODE__NODE_A_EXPR:
      return node->a_expr->kind == PG_QUERY__A__EXPR__KIND__AEXPR_NULLIF ? Label{"nullif", 2} : Label{};
    case PG_QUERY__NODE__NODE_TYPE_CAST: {
      const Label inner = label_of(node->type_cast->arg);
      if (inner.strength > 1 || node->type_cast->type_name == nullptr) return inner;
      const PgQuery__TypeName& type = *node->type_cast->type_name;
      return {last_string(list(type.n_names, type.names)), 1};
    }
    case PG_QUERY__NODE__NODE_COLLATE_CLAUSE:
      return label_of(node->collate_clause->arg);
    case PG_QUERY__NODE__NODE_GROUPING_FUNC:
      return {"grouping", 2};
    case PG_QUERY__NODE__NODE_SUB_LINK:
      return sub_link_label(*node->sub_link);
    case PG_QUERY__NODE__NODE_CASE_EXPR: {
      const Label otherwise = label_of(node->case_expr->defresult);
      return otherwise.strength > 1 ? otherwise : Label{"case", 1};
    }
    case PG_QUERY__NODE__NODE_A_ARRAY_EXPR:
      return {"array", 2};
    case PG_QUERY__NODE__NODE_ROW_EXPR:
      return {"row", 2};
    case PG_QUERY__NODE__NODE_COALESCE_EXPR:
      return {"coalesce", 2};
    case PG_QUERY__NODE__NODE_MIN_MAX_EXPR:
      return {node->min_max_expr->op == PG_QUERY__MIN_MAX_OP__IS_GREATEST ? "greatest" : "least", 2};
    case PG_QUERY__NODE__NODE_SQLVALUE_FUNCTION:
      return {pg::value_function_name(node->sqlvalue_function->op), 2};
    case PG_QUERY__NODE__NODE_XML_SERIALIZE:
      return {"xmlserialize", 2};
    default:
      return {};
  }
}

}  // namespace

namespace pg {

Identifier label_of_node(const Node* node) { return Identifier(label_of(node).name); }

}  // namespace pg

Identifier column_label(const Expression& expression) {
  return pg::label_of_node(ExpressionAccess::node(expression));
}

}  // namespace planner
