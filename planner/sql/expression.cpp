#include "planner/sql/expression.h"

#include <algorithm>

#include "planner/error.h"
#include "planner/sql/tree.h"

namespace planner {

Expression ExpressionAccess::make(std::shared_ptr<pg::Arena> arena, const pg::Node* node, bool is_query,
                                  std::string_view written) {
  Expression expression;
  expression.tree_ = std::make_shared<Expression::Tree>(std::move(arena), node, is_query, written);
  return expression;
}

ExpressionAccess::Draft ExpressionAccess::copy(const Expression& expression) {
  auto arena = std::make_shared<pg::Arena>(1024);
  const ProtobufCMessage* copied = pg::copied(*arena, pg::message_of(*expression.tree_->node));
  if (copied == nullptr) throw Error("a syntax tree could not be copied");
  auto* node = &const_cast<pg::Node&>(pg::as_message_of<pg::Node>(*copied));  // NOLINT: ours alone
  return {std::move(arena), node, expression.tree_->is_query};
}

Expression Expression::parse(std::string_view text) {
  const pg::Parsed parsed = pg::parse("SELECT " + std::string(text));
  const auto refuse = [&](const std::string& why) {
    return Error("not an expression: " + std::string(text), why);
  };
  if (parsed.result == nullptr) throw refuse(parsed.error);
  if (parsed.result->n_stmts != 1) throw refuse("several statements");
  const pg::Node* statement = parsed.result->stmts[0]->stmt;
  if (statement->node_case != PG_QUERY__NODE__NODE_SELECT_STMT) throw refuse("");
  const PgQuery__SelectStmt& select = *statement->select_stmt;
  // `1 FROM t`, `1 UNION SELECT 2` and the like are more than an expression.
  if (select.n_target_list != 1 || select.n_from_clause != 0 || select.where_clause != nullptr ||
      select.op != PG_QUERY__SET_OPERATION__SETOP_NONE || select.n_sort_clause != 0 ||
      select.limit_count != nullptr || select.limit_offset != nullptr || select.n_group_clause != 0 ||
      select.having_clause != nullptr || select.into_clause != nullptr || select.n_distinct_clause != 0 ||
      select.n_values_lists != 0 || select.n_locking_clause != 0 || select.n_window_clause != 0) {
    throw refuse("more than one expression");
  }
  const PgQuery__ResTarget& target = *select.target_list[0]->res_target;
  if (pg::has_text(target.name)) throw refuse("an alias is not part of an expression");
  if (target.val == nullptr) throw refuse("");
  return ExpressionAccess::make(parsed.arena, target.val, false);
}

Expression Expression::parse_query(std::string_view text) {
  const pg::Parsed parsed = pg::parse(std::string(text));
  const auto refuse = [&](const std::string& why) {
    return Error("not one statement: " + std::string(text), why);
  };
  if (parsed.result == nullptr) throw refuse(parsed.error);
  if (parsed.result->n_stmts != 1) throw refuse(std::to_string(parsed.result->n_stmts) + " statements");
  return ExpressionAccess::make(parsed.arena, parsed.result->stmts[0]->stmt, true, parsed.arena->copy(text));
}

namespace {

/// The statements of BEGIN ATOMIC .. END stand in a list of lists.
std::string atomic_body(const PgQuery__List& body) {
  std::string text = "BEGIN ATOMIC ";
  for (const pg::Node* item : pg::list(body.n_items, body.items)) {
    if (item->node_case == PG_QUERY__NODE__NODE_LIST) {
      for (const pg::Node* statement : pg::list(item->list->n_items, item->list->items)) {
        text += pg::deparse_statement(*statement) + "; ";
      }
    } else {
      text += pg::deparse_statement(*item) + "; ";
    }
  }
  return text + "END";
}

}  // namespace

std::string Expression::Tree::deparsed() const {
  if (!is_query) return pg::deparse_expression(*node);
  if (!written.empty()) {
    // As the user wrote it when libpg_query cannot write it (FOR UPDATE OF t SKIP LOCKED, for one).
    try {
      return pg::deparse_statement(*node);
    } catch (const Error&) {
      return std::string(written);
    }
  }
  if (node->node_case == PG_QUERY__NODE__NODE_LIST) return atomic_body(*node->list);
  if (node->node_case == PG_QUERY__NODE__NODE_RETURN_STMT)
    return "RETURN " + pg::deparse_expression(*node->return_stmt->returnval);
  return pg::deparse_statement(*node);
}

Sql Expression::text() const {
  if (tree_ == nullptr) return {};
  std::call_once(tree_->deparsed_once,
                 [&] { tree_->sql = std::make_unique<const std::string>(tree_->deparsed()); });
  return Sql::verbatim(*tree_->sql);
}

bool Expression::mentions(const Identifier& column) const {
  if (tree_ == nullptr) return false;
  const auto& columns = facts().columns;
  return std::find(columns.begin(), columns.end(), column) != columns.end();
}

bool operator==(const Expression& a, const Expression& b) {
  if (a.tree_ == b.tree_) return true;
  if (a.tree_ == nullptr || b.tree_ == nullptr) return false;
  return a.tree_->is_query == b.tree_->is_query &&
         pg::same_tree(pg::message_of(*a.tree_->node), pg::message_of(*b.tree_->node));
}

}  // namespace planner
