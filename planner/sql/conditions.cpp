#include "planner/sql/conditions.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "planner/sql/tree.h"

namespace planner {
namespace {

using Together = std::vector<Comparison>;
using Alternatives = std::vector<Together>;

/// Growing AND of ORs: beyond this many alternatives nothing is said.
constexpr std::size_t kMaxAlternatives = 64;

const Alternatives kAnything{{}};

const pg::Node* without_casts(const pg::Node* node) {
  while (node != nullptr && node->node_case == PG_QUERY__NODE__NODE_TYPE_CAST) node = node->type_cast->arg;
  return node;
}

std::optional<Identifier> column_of(const pg::Node* node) {
  node = without_casts(node);
  if (node == nullptr || node->node_case != PG_QUERY__NODE__NODE_COLUMN_REF) return std::nullopt;
  const PgQuery__ColumnRef& reference = *node->column_ref;
  if (reference.n_fields == 0) return std::nullopt;
  const pg::Node* last = reference.fields[reference.n_fields - 1];
  if (last->node_case != PG_QUERY__NODE__NODE_STRING) return std::nullopt;
  return Identifier(pg::string_of(last));
}

std::optional<std::string> constant_of(const pg::Node* node) {
  node = without_casts(node);
  if (node == nullptr) return std::nullopt;
  if (node->node_case == PG_QUERY__NODE__NODE_A_EXPR) {  // -5
    const PgQuery__AExpr& minus = *node->a_expr;
    if (minus.lexpr != nullptr || minus.n_name != 1 || pg::string_of(minus.name[0]) != "-")
      return std::nullopt;
    const auto inner = constant_of(minus.rexpr);
    return inner ? std::optional("-" + *inner) : std::nullopt;
  }
  if (node->node_case != PG_QUERY__NODE__NODE_A_CONST || node->a_const->isnull) return std::nullopt;
  const PgQuery__AConst& value = *node->a_const;
  switch (value.val_case) {
    case PG_QUERY__A__CONST__VAL_IVAL:
      return std::to_string(value.ival->ival);
    case PG_QUERY__A__CONST__VAL_FVAL:
      return std::string(pg::text_of(value.fval->fval));
    case PG_QUERY__A__CONST__VAL_SVAL:
      return std::string(pg::text_of(value.sval->sval));
    case PG_QUERY__A__CONST__VAL_BOOLVAL:
      return value.boolval->boolval != 0 ? "true" : "false";
    default:
      return std::nullopt;
  }
}

std::string opposite(std::string_view comparison) {
  if (comparison == "<") return ">=";
  if (comparison == "<=") return ">";
  if (comparison == ">") return "<=";
  if (comparison == ">=") return "<";
  return comparison == "=" ? "<>" : "=";
}

std::string mirrored(std::string_view comparison) {
  if (comparison == "<") return ">";
  if (comparison == "<=") return ">=";
  if (comparison == ">") return "<";
  if (comparison == ">=") return "<=";
  return std::string(comparison);
}

bool is_comparison(std::string_view text) {
  return text == "=" || text == "<>" || text == "<" || text == "<=" || text == ">" || text == ">=";
}

std::vector<std::string> constants_of(const pg::Node* list_node) {
  std::vector<std::string> out;
  const pg::Node* node = without_casts(list_node);
  if (node == nullptr) return out;
  std::span<pg::Node* const> items;
  if (node->node_case == PG_QUERY__NODE__NODE_LIST) items = pg::list(node->list->n_items, node->list->items);
  if (node->node_case == PG_QUERY__NODE__NODE_A_ARRAY_EXPR) {
    items = pg::list(node->a_array_expr->n_elements, node->a_array_expr->elements);
  }
  for (const pg::Node* item : items) {
    const auto value = constant_of(item);
    if (!value) return {};
    out.push_back(*value);
  }
  return out;
}

Alternatives read(const pg::Node* node, bool negated);

std::span<pg::Node* const> row_of(const pg::Node* node) {
  if (node == nullptr || node->node_case != PG_QUERY__NODE__NODE_ROW_EXPR) return {};
  return pg::list(node->row_expr->n_args, node->row_expr->args);
}

/// `(a, b) = (1, 2)`, `(a, b) IN ((1, 2), (3, 4))`: each column is among its constants. That these belong
/// together is left out.
std::optional<Together> of_rows(const PgQuery__AExpr& expr) {
  const auto left = row_of(expr.lexpr);
  std::vector<std::span<pg::Node* const>> rows;
  if (expr.rexpr != nullptr && expr.rexpr->node_case == PG_QUERY__NODE__NODE_LIST) {
    for (const pg::Node* item : pg::list(expr.rexpr->list->n_items, expr.rexpr->list->items))
      rows.push_back(row_of(item));
  } else {
    rows.push_back(row_of(expr.rexpr));
  }
  Together all;
  for (std::size_t i = 0; i < left.size(); ++i) {
    const auto column = column_of(left[i]);
    if (!column) return std::nullopt;
    Comparison among{*column, "in", {}};
    for (const auto& row : rows) {
      const auto value = i < row.size() ? constant_of(row[i]) : std::nullopt;
      if (!value) return std::nullopt;
      among.constants.push_back(*value);
    }
    all.push_back(std::move(among));
  }
  if (all.empty() || rows.empty()) return std::nullopt;
  return all;
}

Alternatives of_comparison(const PgQuery__AExpr& expr, bool negated) {
  const std::string_view name = expr.n_name == 1 ? pg::string_of(expr.name[0]) : std::string_view{};
  if (expr.kind == PG_QUERY__A__EXPR__KIND__AEXPR_OP && is_comparison(name)) {
    const std::string said = negated ? opposite(name) : std::string(name);
    if (said == "=") {
      if (const auto together = of_rows(expr)) return {*together};
    }
    if (const auto column = column_of(expr.lexpr)) {
      if (const auto value = constant_of(expr.rexpr)) return {{Comparison{*column, said, {*value}}}};
    } else if (const auto right = column_of(expr.rexpr)) {
      if (const auto value = constant_of(expr.lexpr)) return {{Comparison{*right, mirrored(said), {*value}}}};
    }
    return kAnything;
  }
  const bool among = name == "=" && (expr.kind == PG_QUERY__A__EXPR__KIND__AEXPR_IN ||
                                     expr.kind == PG_QUERY__A__EXPR__KIND__AEXPR_OP_ANY);
  const bool outside = name == "<>" && (expr.kind == PG_QUERY__A__EXPR__KIND__AEXPR_IN ||
                                        expr.kind == PG_QUERY__A__EXPR__KIND__AEXPR_OP_ALL);
  if (among || outside) {
    if (among && !negated) {
      if (const auto together = of_rows(expr)) return {*together};
    }
    const auto column = column_of(expr.lexpr);
    std::vector<std::string> values = constants_of(expr.rexpr);
    if (column && !values.empty())
      return {{Comparison{*column, among != negated ? "in" : "not in", std::move(values)}}};
    return kAnything;
  }
  const bool between = expr.kind == PG_QUERY__A__EXPR__KIND__AEXPR_BETWEEN;
  const bool not_between = expr.kind == PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN;
  if ((between || not_between) && expr.rexpr != nullptr &&
      expr.rexpr->node_case == PG_QUERY__NODE__NODE_LIST && expr.rexpr->list->n_items == 2) {
    const auto column = column_of(expr.lexpr);
    const auto low = constant_of(expr.rexpr->list->items[0]);
    const auto high = constant_of(expr.rexpr->list->items[1]);
    if (between == negated) {
      if (!column || !low || !high) return kAnything;
      return {{Comparison{*column, "<", {*low}}}, {Comparison{*column, ">", {*high}}}};
    }
    Together both;
    if (column && low) both.push_back(Comparison{*column, ">=", {*low}});
    if (column && high) both.push_back(Comparison{*column, "<=", {*high}});
    return {both};
  }
  return kAnything;
}

/// NOT is carried down to the comparisons (De Morgan, which holds for NULL as well): what is left out of an
/// AND must not be negated.
Alternatives read(const pg::Node* node, bool negated) {
  if (node == nullptr) return kAnything;
  if (node->node_case == PG_QUERY__NODE__NODE_NULL_TEST) {
    const auto column = column_of(node->null_test->arg);
    if (!column) return kAnything;
    const bool is_null = node->null_test->nulltesttype == PG_QUERY__NULL_TEST_TYPE__IS_NULL;
    return {{Comparison{*column, is_null != negated ? "is null" : "is not null", {}}}};
  }
  if (node->node_case == PG_QUERY__NODE__NODE_A_EXPR) return of_comparison(*node->a_expr, negated);
  if (node->node_case != PG_QUERY__NODE__NODE_BOOL_EXPR) return kAnything;
  const PgQuery__BoolExpr& expr = *node->bool_expr;
  const auto parts = pg::list(expr.n_args, expr.args);
  if (expr.boolop == PG_QUERY__BOOL_EXPR_TYPE__NOT_EXPR) return read(parts.front(), !negated);
  if ((expr.boolop == PG_QUERY__BOOL_EXPR_TYPE__OR_EXPR) != negated) {
    Alternatives all;
    for (const pg::Node* part : parts) {
      Alternatives one = read(part, negated);
      all.insert(all.end(), std::make_move_iterator(one.begin()), std::make_move_iterator(one.end()));
    }
    return all.size() > kMaxAlternatives ? kAnything : all;
  }
  Alternatives all = kAnything;
  for (const pg::Node* part : parts) {
    const Alternatives one = read(part, negated);
    Alternatives product;
    for (const Together& left : all) {
      for (const Together& right : one) {
        product.push_back(left);
        product.back().insert(product.back().end(), right.begin(), right.end());
      }
    }
    if (product.size() > kMaxAlternatives) continue;
    all = std::move(product);
  }
  return all;
}

}  // namespace

std::vector<std::vector<Comparison>> alternatives(const Expression& condition) {
  return condition ? read(ExpressionAccess::node(condition), false) : kAnything;
}

namespace {

/// What stands in FROM under which name. A sub-query has one name and locks all that is in it.
struct FromItem {
  Identifier name;
  std::vector<QueryAccess::RowLocked> relations;
};

void add_from_items(const pg::Node& node, std::vector<FromItem>& items) {
  const auto alias_of = [](const PgQuery__Alias* alias) {
    return alias == nullptr ? Identifier() : pg::identifier(alias->aliasname);
  };
  if (node.node_case == PG_QUERY__NODE__NODE_RANGE_VAR) {
    const PgQuery__RangeVar& range = *node.range_var;
    const Identifier alias = alias_of(range.alias);
    items.push_back(
        {alias.empty() ? pg::identifier(range.relname) : alias, {{pg::table_name(&range), range.inh == 0}}});
  } else if (node.node_case == PG_QUERY__NODE__NODE_JOIN_EXPR) {
    if (node.join_expr->larg != nullptr) add_from_items(*node.join_expr->larg, items);
    if (node.join_expr->rarg != nullptr) add_from_items(*node.join_expr->rarg, items);
  } else if (node.node_case == PG_QUERY__NODE__NODE_RANGE_SUBSELECT) {
    const PgQuery__RangeSubselect& sub = *node.range_subselect;
    std::vector<FromItem> inside;
    if (sub.subquery != nullptr && sub.subquery->node_case == PG_QUERY__NODE__NODE_SELECT_STMT) {
      const PgQuery__SelectStmt& select = *sub.subquery->select_stmt;
      for (const pg::Node* item : pg::list(select.n_from_clause, select.from_clause))
        add_from_items(*item, inside);
    }
    FromItem item{alias_of(sub.alias), {}};
    for (FromItem& each : inside)
      item.relations.insert(item.relations.end(), each.relations.begin(), each.relations.end());
    items.push_back(std::move(item));
  } else if (node.node_case == PG_QUERY__NODE__NODE_RANGE_FUNCTION) {
    items.push_back({alias_of(node.range_function->alias), {}});
  }
}

void note_row_locks(const PgQuery__SelectStmt& select, QueryAccess& access) {
  if (select.n_locking_clause == 0) return;
  std::vector<FromItem> items;
  for (const pg::Node* item : pg::list(select.n_from_clause, select.from_clause))
    add_from_items(*item, items);
  const auto lock = [&](const FromItem& item) {
    access.row_locked.insert(access.row_locked.end(), item.relations.begin(), item.relations.end());
  };
  for (const pg::Node* node : pg::list(select.n_locking_clause, select.locking_clause)) {
    if (node->node_case != PG_QUERY__NODE__NODE_LOCKING_CLAUSE) continue;
    const PgQuery__LockingClause& clause = *node->locking_clause;
    if (clause.n_locked_rels == 0) std::for_each(items.begin(), items.end(), lock);
    for (const pg::Node* wanted : pg::list(clause.n_locked_rels, clause.locked_rels)) {
      if (wanted->node_case != PG_QUERY__NODE__NODE_RANGE_VAR) continue;
      const Identifier name = pg::identifier(wanted->range_var->relname);
      const auto found =
          std::find_if(items.begin(), items.end(), [&](const FromItem& i) { return i.name == name; });
      if (found != items.end()) {
        lock(*found);
      } else {
        access.lock_finds_none.push_back(name);
      }
    }
  }
}

}  // namespace

QueryAccess query_access(const Expression& query) {
  QueryAccess access;
  const pg::Node* root = ExpressionAccess::node(query);
  if (root == nullptr) return access;
  pg::walk(pg::message_of(*root), [&](const ProtobufCMessage& message) {
    if (message.descriptor == &pg_query__select_stmt__descriptor) {
      note_row_locks(pg::as_message_of<PgQuery__SelectStmt>(message), access);
    } else if (message.descriptor == &pg_query__insert_stmt__descriptor) {
      access.written.push_back(pg::table_name(pg::as_message_of<PgQuery__InsertStmt>(message).relation));
    } else if (message.descriptor == &pg_query__update_stmt__descriptor) {
      access.written.push_back(pg::table_name(pg::as_message_of<PgQuery__UpdateStmt>(message).relation));
      access.changed.push_back(access.written.back());
    } else if (message.descriptor == &pg_query__delete_stmt__descriptor) {
      access.written.push_back(pg::table_name(pg::as_message_of<PgQuery__DeleteStmt>(message).relation));
      access.changed.push_back(access.written.back());
    }
    return true;
  });
  return access;
}

bool only_target(const Expression& statement) {
  const pg::Node* root = ExpressionAccess::node(statement);
  if (root == nullptr) return false;
  const PgQuery__RangeVar* target =
      root->node_case == PG_QUERY__NODE__NODE_UPDATE_STMT   ? root->update_stmt->relation
      : root->node_case == PG_QUERY__NODE__NODE_DELETE_STMT ? root->delete_stmt->relation
                                                            : nullptr;
  return target != nullptr && target->inh == 0;
}

namespace {

/// The text of `'x'` and `'x'::regclass`.
std::string_view literal_of(const pg::Node* node) {
  if (node->node_case == PG_QUERY__NODE__NODE_TYPE_CAST && node->type_cast->arg != nullptr)
    node = node->type_cast->arg;
  if (node->node_case != PG_QUERY__NODE__NODE_A_CONST ||
      node->a_const->val_case != PG_QUERY__A__CONST__VAL_SVAL)
    return {};
  return pg::text_of(node->a_const->sval->sval);
}

std::string_view function_name(const PgQuery__FuncCall& call) {
  return call.n_funcname == 0 ? std::string_view{} : pg::string_of(call.funcname[call.n_funcname - 1]);
}

}  // namespace

SequenceCalls sequence_calls(const Expression& query) {
  SequenceCalls calls;
  const pg::Node* root = ExpressionAccess::node(query);
  if (root == nullptr) return calls;
  pg::walk(pg::message_of(*root), [&](const ProtobufCMessage& message) {
    if (message.descriptor != &pg_query__func_call__descriptor) return true;
    const auto& call = pg::as_message_of<PgQuery__FuncCall>(message);
    const std::string_view name = function_name(call);
    if ((name != "nextval" && name != "setval" && name != "currval") || call.n_args == 0) return true;
    const pg::Node* sequence = call.args[0];
    if (const std::string_view text = literal_of(sequence); !text.empty()) {
      if (auto relation = pg::relation_in(text)) calls.named.push_back(std::move(*relation));
      return true;
    }
    if (sequence->node_case == PG_QUERY__NODE__NODE_TYPE_CAST && sequence->type_cast->arg != nullptr)
      sequence = sequence->type_cast->arg;
    if (sequence->node_case != PG_QUERY__NODE__NODE_FUNC_CALL) return true;
    const PgQuery__FuncCall& owner = *sequence->func_call;
    if (function_name(owner) != "pg_get_serial_sequence" || owner.n_args != 2) return true;
    auto table = pg::relation_in(literal_of(owner.args[0]));
    const std::string_view column = literal_of(owner.args[1]);
    if (table && !column.empty())
      calls.of_columns.emplace_back(std::move(*table), Identifier(std::string(column)));
    return true;
  });
  return calls;
}

std::vector<SettingCall> setting_calls(const Expression& query) {
  std::vector<SettingCall> calls;
  const pg::Node* root = ExpressionAccess::node(query);
  if (root == nullptr) return calls;
  pg::walk(pg::message_of(*root), [&](const ProtobufCMessage& message) {
    if (message.descriptor != &pg_query__func_call__descriptor) return true;
    const auto& call = pg::as_message_of<PgQuery__FuncCall>(message);
    if (function_name(call) != "set_config" || call.n_args != 3) return true;
    std::optional<std::string> name = constant_of(call.args[0]);
    const std::optional<std::string> local = constant_of(call.args[2]);
    if (name) calls.push_back({std::move(*name), constant_of(call.args[1]), local == "true" || local == "t"});
    return true;
  });
  return calls;
}

bool has_on_conflict(const Expression& statement) {
  const pg::Node* root = ExpressionAccess::node(statement);
  bool found = false;
  if (root != nullptr) {
    pg::walk(pg::message_of(*root), [&](const ProtobufCMessage& message) {
      found = found || message.descriptor == &pg_query__on_conflict_clause__descriptor;
      return !found;
    });
  }
  return found;
}

}  // namespace planner
