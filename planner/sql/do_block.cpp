#include <pg_query.h>

#include <nlohmann/json.hpp>

#include "planner/error.h"
#include "planner/sql/parse.h"
#include "planner/sql/read.h"
#include "planner/sql/sql.h"

namespace planner::pg {

namespace {

using Json = nlohmann::ordered_json;  // keeps IF before ELSE

// EXECUTE 'DO ...' may nest; nobody means more than this.
constexpr int kDeepestNesting = 8;

Unrecognized dynamic_sql(std::string what) { return {std::move(what), {}, true}; }

/// `'a' || 'b'` of constants only, as one string.
std::optional<std::string> constant_text(const Node* node) {
  if (node == nullptr) return std::nullopt;
  if (node->node_case == PG_QUERY__NODE__NODE_TYPE_CAST) return constant_text(node->type_cast->arg);
  if (node->node_case == PG_QUERY__NODE__NODE_A_CONST) {
    if (node->a_const->isnull || node->a_const->val_case != PG_QUERY__A__CONST__VAL_SVAL) return std::nullopt;
    return std::string(text_of(node->a_const->sval->sval));
  }
  if (node->node_case != PG_QUERY__NODE__NODE_A_EXPR) return std::nullopt;
  const PgQuery__AExpr& expr = *node->a_expr;
  if (expr.kind != PG_QUERY__A__EXPR__KIND__AEXPR_OP || expr.n_name != 1 || string_of(expr.name[0]) != "||") {
    return std::nullopt;
  }
  auto left = constant_text(expr.lexpr);
  const auto right = constant_text(expr.rexpr);
  if (!left || !right) return std::nullopt;
  return *left + *right;
}

class BlockReader {
 public:
  BlockReader(DoBlock& block, int nesting) : block_(block), nesting_(nesting) {}

  void read(const Json& node) {
    if (node.is_array()) {
      for (const Json& item : node) read(item);
      return;
    }
    if (!node.is_object()) return;
    for (const auto& [key, value] : node.items()) {
      if (!read_part(key, value)) read(value);
    }
  }

 private:
  static std::string query_of(const Json& owner, const char* member) {
    const auto expression = owner.find(member);
    if (expression == owner.end() || !expression->is_object()) return {};
    const auto inner = expression->find("PLpgSQL_expr");
    if (inner == expression->end() || !inner->is_object()) return {};
    return inner->value("query", "");
  }

  /// True when nothing below is to be read.
  bool read_part(const std::string& key, const Json& value) {
    if (!value.is_object()) return false;
    if (key == "PLpgSQL_stmt_execsql") {
      add_static(query_of(value, "sqlstmt"));
      return true;
    }
    if (key == "PLpgSQL_stmt_perform" || key == "PLpgSQL_stmt_call") {
      add_static(query_of(value, "expr"));
      return true;
    }
    if (key == "PLpgSQL_stmt_dynexecute") {
      add_dynamic(query_of(value, "query"));
      return true;
    }
    if (key == "PLpgSQL_stmt_dynfors") {
      block_.has_loop = true;
      add_dynamic(query_of(value, "query"));
    } else if (key == "PLpgSQL_stmt_fors") {
      block_.has_loop = true;
      add_static(query_of(value, "query"));
    } else if (key == "PLpgSQL_stmt_loop" || key == "PLpgSQL_stmt_while" || key == "PLpgSQL_stmt_fori" ||
               key == "PLpgSQL_stmt_forc" || key == "PLpgSQL_stmt_foreach_a") {
      block_.has_loop = true;
    } else if (key == "PLpgSQL_stmt_commit" || key == "PLpgSQL_stmt_rollback") {
      block_.commits = true;
    } else if (key == "PLpgSQL_exception_block") {
      block_.catches_errors = true;
    } else if (key == "PLpgSQL_stmt_open") {
      if (!query_of(value, "dynquery").empty()) add_dynamic(query_of(value, "dynquery"));
      if (!query_of(value, "query").empty()) add_static(query_of(value, "query"));
    } else if (key == "PLpgSQL_stmt_return_query") {
      add_static(query_of(value, "query"));
    }
    return false;
  }

  void add_static(const std::string& text) {
    if (text.empty()) return;
    const Parsed parsed = parse(text);
    if (parsed.result == nullptr) {
      block_.body.emplace_back(Unrecognized{"statement inside a DO block", {}, false});
      return;
    }
    const Source source{parsed.arena, nesting_ + 1};
    for (const auto* statement : list(parsed.result->n_stmts, parsed.result->stmts)) {
      read_statement(source, *statement->stmt, block_.body);
    }
  }

  void add_dynamic(const std::string& expression) {
    const Parsed parsed = parse("SELECT " + expression);
    if (parsed.result != nullptr && parsed.result->n_stmts == 1 &&
        parsed.result->stmts[0]->stmt->node_case == PG_QUERY__NODE__NODE_SELECT_STMT) {
      const PgQuery__SelectStmt& select = *parsed.result->stmts[0]->stmt->select_stmt;
      if (select.n_target_list == 1) {
        if (const auto text = constant_text(select.target_list[0]->res_target->val)) {
          const Parsed inner = parse(*text);
          if (inner.result != nullptr) return add_static(*text);
        }
      }
    }
    block_.body.emplace_back(dynamic_sql("EXECUTE"));
  }

  DoBlock& block_;
  int nesting_;
};

}  // namespace

void read_do(const Source& source, const PgQuery__DoStmt& statement, Operations& out) {
  auto block = std::make_shared<DoBlock>();
  std::string body;
  for (const Node* node : list(statement.n_args, statement.args)) {
    if (node->node_case != PG_QUERY__NODE__NODE_DEF_ELEM) continue;
    const std::string_view name = text_of(node->def_elem->defname);
    if (name == "as") body = string_of(node->def_elem->arg);
    if (name == "language") block->language = string_of(node->def_elem->arg);
  }
  if (source.nesting >= kDeepestNesting) {
    block->body.emplace_back(dynamic_sql("DO block within DO blocks"));
  } else if (block->language == "plpgsql") {
    const std::string wrapped = "CREATE FUNCTION planner_do() RETURNS void LANGUAGE plpgsql AS " +
                                dollar_quoted(Sql::verbatim(body)).str();
    const PgQueryPlpgsqlParseResult result = pg_query_parse_plpgsql(wrapped.c_str());
    Json functions;
    if (result.error == nullptr && result.plpgsql_funcs != nullptr) {
      functions = Json::parse(result.plpgsql_funcs, nullptr, /*allow_exceptions=*/false);
    }
    pg_query_free_plpgsql_parse_result(result);
    if (functions.is_array() && !functions.empty()) {
      BlockReader(*block, source.nesting).read(functions);
    } else {
      block->body.emplace_back(dynamic_sql("DO block that could not be read"));
    }
  } else {
    block->body.emplace_back(dynamic_sql("DO block in " + block->language));
  }
  out.emplace_back(std::shared_ptr<const DoBlock>(std::move(block)));
}

}  // namespace planner::pg
