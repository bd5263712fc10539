#include <algorithm>
#include <array>

#include "planner/sql/expression.h"
#include "planner/sql/tree.h"

namespace planner {

namespace {

using pg::as_message_of;
using pg::list;

template <typename T>
void add_once(std::vector<T>& items, T item) {
  if (std::find(items.begin(), items.end(), item) == items.end()) items.push_back(std::move(item));
}

bool constant(const pg::Node* node) {
  if (node == nullptr) return true;
  switch (node->node_case) {
    case PG_QUERY__NODE__NODE_A_CONST:
      return true;
    case PG_QUERY__NODE__NODE_TYPE_CAST:
      return constant(node->type_cast->arg);
    case PG_QUERY__NODE__NODE_COLLATE_CLAUSE:
      return constant(node->collate_clause->arg);
    case PG_QUERY__NODE__NODE_A_ARRAY_EXPR: {
      const auto elements = list(node->a_array_expr->n_elements, node->a_array_expr->elements);
      return std::all_of(elements.begin(), elements.end(), constant);
    }
    case PG_QUERY__NODE__NODE_A_EXPR: {  // -(1)
      const PgQuery__AExpr& expr = *node->a_expr;
      return expr.kind == PG_QUERY__A__EXPR__KIND__AEXPR_OP && expr.lexpr == nullptr && expr.n_name == 1 &&
             (pg::string_of(expr.name[0]) == "-" || pg::string_of(expr.name[0]) == "+") &&
             constant(expr.rexpr);
    }
    default:
      return false;
  }
}

bool null_constant(const pg::Node* node) {
  while (node != nullptr && node->node_case == PG_QUERY__NODE__NODE_TYPE_CAST) node = node->type_cast->arg;
  return node != nullptr && node->node_case == PG_QUERY__NODE__NODE_A_CONST && node->a_const->isnull;
}

class Gatherer {
 public:
  explicit Gatherer(ExpressionFacts& facts) : facts_(facts) {}

  bool operator()(const ProtobufCMessage& message) const {
    const ProtobufCMessageDescriptor* type = message.descriptor;
    if (type == &pg_query__column_ref__descriptor) {
      column(as_message_of<PgQuery__ColumnRef>(message));
      return false;
    }
    if (type == &pg_query__func_call__descriptor) {
      const auto& call = as_message_of<PgQuery__FuncCall>(message);
      add_once(facts_.functions, FunctionCall{pg::object_name(list(call.n_funcname, call.funcname)),
                                              static_cast<int>(call.n_args)});
    } else if (type == &pg_query__sqlvalue_function__descriptor) {
      const auto name = pg::value_function_name(as_message_of<PgQuery__SQLValueFunction>(message).op);
      add_once(facts_.functions, FunctionCall{ObjectName(Identifier(name)), 0});
    } else if (type == &pg_query__a__expr__descriptor) {
      const auto& expr = as_message_of<PgQuery__AExpr>(message);
      if (expr.n_name > 0) add_once(facts_.operators, pg::object_name(list(expr.n_name, expr.name)));
    } else if (type == &pg_query__type_cast__descriptor) {
      const auto& cast = as_message_of<PgQuery__TypeCast>(message);
      if (cast.type_name != nullptr) {
        add_once(facts_.casts_to, pg::object_name(list(cast.type_name->n_names, cast.type_name->names)));
      }
      // The type's own name and modifiers are no part of the expression.
      if (cast.arg != nullptr) pg::walk(pg::message_of(*cast.arg), *this);
      return false;
    } else if (type == &pg_query__a__const__descriptor) {
      const auto& value = as_message_of<PgQuery__AConst>(message);
      if (!value.isnull && value.val_case == PG_QUERY__A__CONST__VAL_SVAL) {
        add_once(facts_.string_constants, std::string(pg::text_of(value.sval->sval)));
      }
    } else if (type == &pg_query__sub_link__descriptor || type == &pg_query__range_subselect__descriptor ||
               type == &pg_query__common_table_expr__descriptor) {
      facts_.has_subquery = true;
    } else if (type == &pg_query__param_ref__descriptor) {
      facts_.has_parameters = true;
    } else if (type == &pg_query__insert_stmt__descriptor) {
      const auto& insert = as_message_of<PgQuery__InsertStmt>(message);
      for (const auto* target : list(insert.n_cols, insert.cols)) written(target);
    } else if (type == &pg_query__update_stmt__descriptor) {
      const auto& update = as_message_of<PgQuery__UpdateStmt>(message);
      for (const auto* target : list(update.n_target_list, update.target_list)) written(target);
    }
    return true;
  }

 private:
  void column(const PgQuery__ColumnRef& reference) const {
    if (reference.n_fields == 0) return;
    const pg::Node* last = reference.fields[reference.n_fields - 1];
    if (last->node_case == PG_QUERY__NODE__NODE_A_STAR) {
      facts_.whole_row = true;
      return;
    }
    add_once(facts_.columns, Identifier(pg::string_of(last)));
  }
  void written(const pg::Node* target) const {
    if (target->node_case == PG_QUERY__NODE__NODE_RES_TARGET && pg::has_text(target->res_target->name)) {
      add_once(facts_.columns, pg::identifier(target->res_target->name));
    }
  }

  ExpressionFacts& facts_;
};

/// A column reference that names a table of the FROM clause alone is that table's whole row
/// (`row_to_json(t)`).
void find_row_variables(const ProtobufCMessage& root, ExpressionFacts& facts) {
  pg::walk(root, [&](const ProtobufCMessage& message) {
    if (message.descriptor != &pg_query__range_var__descriptor) return true;
    const auto& range = as_message_of<PgQuery__RangeVar>(message);
    const char* name = range.alias != nullptr ? range.alias->aliasname : range.relname;
    if (std::find(facts.columns.begin(), facts.columns.end(), pg::identifier(name)) != facts.columns.end()) {
      facts.whole_row = true;
    }
    return true;
  });
}

}  // namespace

const ExpressionFacts& Expression::facts() const {
  static const ExpressionFacts kNone;
  if (tree_ == nullptr) return kNone;
  std::call_once(tree_->facts_once, [this] {
    auto facts = std::make_unique<ExpressionFacts>();
    const ProtobufCMessage& root = pg::message_of(*tree_->node);
    pg::walk(root, Gatherer(*facts));
    if (tree_->is_query || facts->has_subquery) {
      facts->relations = pg::relations_of(root);
      find_row_variables(root, *facts);
    }
    if (!tree_->is_query) {
      facts->is_constant = constant(tree_->node);
      facts->is_null_constant = null_constant(tree_->node);
    }
    tree_->facts = std::move(facts);
  });
  return *tree_->facts;
}

}  // namespace planner
