#include <pg_query.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "planner/error.h"
#include "planner/sql/handlers.h"
#include "planner/sql/parse.h"
#include "planner/sql/read.h"
#include "planner/sql/sql.h"

namespace planner::pg {

namespace {

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

/// Reads libpg_query's JSON of a PL/pgSQL function as a stream of events: `{"PLpgSQL_stmt_execsql":
/// {"sqlstmt": {"PLpgSQL_expr":
/// {"query": "..."}}}}`. The keys on the way to a query say what it is.
class BlockReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  BlockReader(DoBlock& block, int nesting) : block_(block), nesting_(nesting) {}

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

  bool key(string_t& name) override {
    key_ = name;
    if (name == "PLpgSQL_stmt_commit" || name == "PLpgSQL_stmt_rollback") block_.commits = true;
    if (name == "PLpgSQL_exception") handlers_.push_back(block_.body.size());
    if (name == "PLpgSQL_exception_block") block_.catches_errors = true;
    if (name == "PLpgSQL_stmt_if" || name == "PLpgSQL_stmt_case") block_.has_conditions = true;
    if (is_loop(name)) block_.has_loop = true;
    // A loop's query is written behind its body and runs before it.
    if (name == "PLpgSQL_stmt_fors" || name == "PLpgSQL_stmt_dynfors") loops_.push_back(block_.body.size());
    if (name == "PLpgSQL_function") functions_ += 1;
    return true;
  }
  bool start_object(std::size_t) override {
    path_.push_back(std::move(key_));
    key_.clear();
    return true;
  }
  bool end_object() override {
    if (path_.back() == "PLpgSQL_exception") finish_handler();
    if (path_.back() == "PLpgSQL_stmt_fors" || path_.back() == "PLpgSQL_stmt_dynfors") loops_.pop_back();
    path_.pop_back();
    return true;
  }
  bool string(string_t& text) override {
    // .. statement, member, PLpgSQL_expr
    if (key_ == "query" && path_.size() >= 3 && path_.back() == "PLpgSQL_expr") {
      add(path_[path_.size() - 3], path_[path_.size() - 2], text);
    }
    return true;
  }

  bool found_a_function() const { return functions_ > 0; }

 private:
  static bool is_loop(std::string_view statement) {
    return statement == "PLpgSQL_stmt_loop" || statement == "PLpgSQL_stmt_while" ||
           statement == "PLpgSQL_stmt_fori" || statement == "PLpgSQL_stmt_fors" ||
           statement == "PLpgSQL_stmt_forc" || statement == "PLpgSQL_stmt_dynfors" ||
           statement == "PLpgSQL_stmt_foreach_a";
  }

  /// What an exception handler holds becomes a block of its own.
  void finish_handler() {
    const auto begin = block_.body.begin() + static_cast<std::ptrdiff_t>(handlers_.back());
    handlers_.pop_back();
    if (begin == block_.body.end()) return;
    auto handler = std::make_shared<DoBlock>();
    handler->language = kHandlerLanguage;
    handler->has_conditions = true;
    handler->body.assign(std::make_move_iterator(begin), std::make_move_iterator(block_.body.end()));
    block_.body.erase(begin, block_.body.end());
    block_.body.emplace_back(std::shared_ptr<const DoBlock>(std::move(handler)));
  }

  /// The rest are conditions, assignments and bounds: they only compute.
  void add(std::string_view statement, std::string_view member, const std::string& text) {
    const bool query = member == "query";
    const std::size_t before = block_.body.size();
    if ((statement == "PLpgSQL_stmt_execsql" && member == "sqlstmt") ||
        ((statement == "PLpgSQL_stmt_perform" || statement == "PLpgSQL_stmt_call") && member == "expr") ||
        (statement == "PLpgSQL_stmt_fors" && query) || (statement == "PLpgSQL_stmt_open" && query) ||
        (statement == "PLpgSQL_stmt_return_query" && query)) {
      add_static(text);
    } else if ((statement == "PLpgSQL_stmt_dynexecute" && query) ||
               (statement == "PLpgSQL_stmt_dynfors" && query) || member == "dynquery") {
      add_dynamic(text);
    }
    if ((statement == "PLpgSQL_stmt_fors" || statement == "PLpgSQL_stmt_dynfors") && !loops_.empty()) {
      const auto begin = block_.body.begin();
      std::rotate(begin + static_cast<std::ptrdiff_t>(loops_.back()),
                  begin + static_cast<std::ptrdiff_t>(before), block_.body.end());
    }
  }

  void add_static(const std::string& text) {
    if (text.empty()) return;
    const Parsed parsed = parse(text);
    if (parsed.result == nullptr) {
      block_.body.emplace_back(Unrecognized{"statement inside a DO block", {}, false});
      return;
    }
    for (const auto* statement : list(parsed.result->n_stmts, parsed.result->stmts)) {
      read_statement(source_of(parsed, *statement, text, nesting_ + 1), *statement->stmt, block_.body);
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
  int functions_ = 0;
  std::vector<std::size_t> handlers_;  ///< where in the body each open exception handler began
  std::vector<std::size_t> loops_;     ///< where in the body each open loop began
  std::string key_;
  std::vector<std::string> path_;
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
    BlockReader reader(*block, source.nesting);
    const bool read = result.error == nullptr && result.plpgsql_funcs != nullptr &&
                      nlohmann::json::sax_parse(result.plpgsql_funcs, &reader) && reader.found_a_function();
    pg_query_free_plpgsql_parse_result(result);
    if (!read) block->body.emplace_back(dynamic_sql("DO block that could not be read"));
  } else {
    block->body.emplace_back(dynamic_sql("DO block in " + block->language));
  }
  out.emplace_back(std::shared_ptr<const DoBlock>(std::move(block)));
}

}  // namespace planner::pg
