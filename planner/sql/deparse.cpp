#include <pg_query.h>

#include <string>

#include "planner/error.h"
#include "planner/sql/draft.h"
#include "planner/sql/tree_take.h"

namespace planner::pg {

namespace {

constexpr std::string_view kSelect = "SELECT ";

/// `SELECT expression`, put together where the caller keeps the parts.
struct Selected {
  explicit Selected(const Node& expression) {
    pg_query__res_target__init(&target);
    target.val = const_cast<Node*>(&expression);  // NOLINT: packing only reads
    pg_query__node__init(&target_node);
    target_node.node_case = PG_QUERY__NODE__NODE_RES_TARGET;
    target_node.res_target = &target;
    pg_query__select_stmt__init(&select);
    select.n_target_list = 1;
    select.target_list = targets;
    select.limit_option = PG_QUERY__LIMIT_OPTION__LIMIT_OPTION_DEFAULT;
    select.op = PG_QUERY__SET_OPERATION__SETOP_NONE;
    pg_query__node__init(&statement);
    statement.node_case = PG_QUERY__NODE__NODE_SELECT_STMT;
    statement.select_stmt = &select;
  }
  Selected(const Selected&) = delete;
  Selected& operator=(const Selected&) = delete;

  PgQuery__ResTarget target{};
  Node target_node{};
  Node* targets[1] = {&target_node};
  PgQuery__SelectStmt select{};
  Node statement{};
};

/// What libpg_query makes of the tree, right or wrong.
std::string deparsed_once(const Node& statement) {
  PgQuery__RawStmt raw;
  pg_query__raw_stmt__init(&raw);
  raw.stmt = const_cast<Node*>(&statement);  // NOLINT: packing only reads
  PgQuery__RawStmt* statements[] = {&raw};
  ParseResult result;
  pg_query__parse_result__init(&result);
  result.version = PG_VERSION_NUM;
  result.n_stmts = 1;
  result.stmts = statements;
  const PgQueryDeparseResult answer = deparse_giving(result);
  std::string error = answer.error != nullptr ? answer.error->message : "";
  std::string text = answer.query != nullptr ? answer.query : "";
  pg_query_free_deparse_result(answer);
  if (!error.empty()) throw Error("a syntax tree cannot be turned back into SQL: " + error);
  return text;
}

bool says(const std::string& text, const Node& statement) {
  const Parsed parsed = parse(text);
  return parsed.result != nullptr && parsed.result->n_stmts == 1 &&
         same_tree(message_of(*parsed.result->stmts[0]->stmt), message_of(statement));
}

bool is_composite(const Node* node) {
  if (node == nullptr) return false;
  switch (node->node_case) {
    case PG_QUERY__NODE__NODE_A_EXPR:
    case PG_QUERY__NODE__NODE_BOOL_EXPR:
    case PG_QUERY__NODE__NODE_NULL_TEST:
    case PG_QUERY__NODE__NODE_BOOLEAN_TEST:
    case PG_QUERY__NODE__NODE_TYPE_CAST:
    case PG_QUERY__NODE__NODE_COLLATE_CLAUSE:
    case PG_QUERY__NODE__NODE_SUB_LINK:
      return true;
    default:
      return false;
  }
}

/// Puts parentheses around every operand that could be read differently. A tree has no node for parentheses;
/// an indirection into an indirection without a field or subscript is printed as just that.
class Parenthesizer {
 public:
  explicit Parenthesizer(Arena& arena) : arena_(arena) {}

  void operands_of(const ProtobufCMessage& message) {
    if (message.descriptor == &pg_query__a__expr__descriptor) {
      auto& expr = changeable<PgQuery__AExpr>(message);
      wrap(expr.lexpr);
      if (expr.rexpr != nullptr && expr.rexpr->node_case == PG_QUERY__NODE__NODE_LIST) {
        for (std::size_t i = 0; i < expr.rexpr->list->n_items; ++i) wrap(expr.rexpr->list->items[i]);
      } else {
        wrap(expr.rexpr);
      }
    } else if (message.descriptor == &pg_query__bool_expr__descriptor) {
      auto& expr = changeable<PgQuery__BoolExpr>(message);
      for (std::size_t i = 0; i < expr.n_args; ++i) wrap(expr.args[i]);
    } else if (message.descriptor == &pg_query__null_test__descriptor) {
      wrap(changeable<PgQuery__NullTest>(message).arg);
    } else if (message.descriptor == &pg_query__boolean_test__descriptor) {
      wrap(changeable<PgQuery__BooleanTest>(message).arg);
    } else if (message.descriptor == &pg_query__type_cast__descriptor) {
      wrap(changeable<PgQuery__TypeCast>(message).arg);
    } else if (message.descriptor == &pg_query__collate_clause__descriptor) {
      wrap(changeable<PgQuery__CollateClause>(message).arg);
    } else if (message.descriptor == &pg_query__a__indirection__descriptor) {
      auto& expr = changeable<PgQuery__AIndirection>(message);
      if (expr.arg != nullptr && expr.arg->node_case != PG_QUERY__NODE__NODE_COLUMN_REF &&
          expr.arg->node_case != PG_QUERY__NODE__NODE_PARAM_REF) {
        expr.arg = indirection(indirection(expr.arg));
      }
    } else if (message.descriptor == &pg_query__func_call__descriptor) {
      auto& call = changeable<PgQuery__FuncCall>(message);
      // AT TIME ZONE, POSITION(.. IN ..) and their kin have no commas.
      if (call.funcformat == PG_QUERY__COERCION_FORM__COERCE_SQL_SYNTAX) {
        for (std::size_t i = 0; i < call.n_args; ++i) wrap(call.args[i]);
      }
    } else if (message.descriptor == &pg_query__sub_link__descriptor) {
      wrap(changeable<PgQuery__SubLink>(message).testexpr);
    }
  }

 private:
  Node* indirection(Node* inner) {
    auto* indirection = arena_.make<PgQuery__AIndirection>(pg_query__a__indirection__init);
    indirection->arg = inner;
    auto* node = arena_.make<Node>(pg_query__node__init);
    node->node_case = PG_QUERY__NODE__NODE_A_INDIRECTION;
    node->a_indirection = indirection;
    return node;
  }
  void wrap(Node*& operand) {
    if (is_composite(operand)) operand = indirection(indirection(operand));
  }

  Arena& arena_;
};

/// libpg_query forgets parentheses (`(a IS NULL)::int` becomes `a IS NULL::int`), so what it writes is read
/// again; when that is another tree, it gets one with all parentheses.
std::string deparsed(const Node& statement) {
  std::string text = deparsed_once(statement);
  if (says(text, statement)) return text;
  Arena arena(4096);
  if (const ProtobufCMessage* copy = copied(arena, message_of(statement))) {
    Parenthesizer parentheses(arena);
    // Operands first: their parents wrap what has been seen already.
    std::vector<const ProtobufCMessage*> found;
    walk(*copy, [&](const ProtobufCMessage& part) {
      found.push_back(&part);
      return true;
    });
    for (auto part = found.rbegin(); part != found.rend(); ++part) parentheses.operands_of(**part);
    text = deparsed_once(as_message_of<Node>(*copy));
    if (says(text, statement)) return text;
  }
  throw Error("SQL that cannot be written back faithfully: " + text);
}

}  // namespace

std::string deparse_statement(const Node& statement) { return deparsed(statement); }

std::string deparse_expression(const Node& expression) {
  const Selected selected(expression);
  // Nothing can go wrong with a constant or a column.
  const bool plain = expression.node_case == PG_QUERY__NODE__NODE_A_CONST ||
                     expression.node_case == PG_QUERY__NODE__NODE_COLUMN_REF;
  return (plain ? deparsed_once(selected.statement) : deparsed(selected.statement)).substr(kSelect.size());
}

}  // namespace planner::pg
