#include <algorithm>
#include <limits>

#include "planner/sql/builtin_results.h"
#include "planner/sql/query.h"
#include "planner/sql/query_scope.h"

/// The types of expressions, as far as they can be told without PostgreSQL's whole catalogue. What cannot be
/// told has no type: nobody may guess.
namespace planner::pg {

namespace {

planner::TypeName plain(std::string_view name) {
  planner::TypeName type;
  if (name.starts_with('_')) {
    type.array_dimensions = 1;
    name.remove_prefix(1);
  }
  type.name = ObjectName(Identifier(name));
  return type;
}

QueryColumn of_type(std::string_view name) { return {{}, plain(name), {}}; }

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// The internal name of a built-in type that is no array; empty for every other.
std::string_view word_of(const planner::TypeName& type) {
  return type.name.schema.empty() && type.array_dimensions == 0 ? std::string_view(type.name.name.str())
                                                                : std::string_view{};
}

bool is_text(std::string_view word) {
  return is_one_of(word, {"text", "varchar", "bpchar", "name", "unknown"});
}
bool is_integer(std::string_view word) { return is_one_of(word, {"int2", "int4", "int8"}); }
bool is_float(std::string_view word) { return is_one_of(word, {"float4", "float8"}); }
bool is_number(std::string_view word) { return is_integer(word) || is_float(word) || word == "numeric"; }

bool same_kind(const planner::TypeName& a, const planner::TypeName& b) {
  return a.name == b.name && (a.array_dimensions > 0) == (b.array_dimensions > 0);
}

QueryColumn without_modifiers(QueryColumn column) {
  column.type.modifiers.clear();
  column.type.other_modifiers.clear();
  return column;
}

QueryColumn array_of(QueryColumn column) {
  if (column.type.empty()) return column;
  if (word_of(column.type) == "unknown") column.type = plain("text");
  column.type.array_dimensions = 1;
  return column;
}

QueryColumn element_of(QueryColumn column) {
  if (column.type.array_dimensions == 0) return {};
  column.type.array_dimensions = 0;
  return column;
}

/// The larger of two numbers' types: every integer fits numeric, every number float8.
QueryColumn wider(std::string_view a, std::string_view b) {
  if (a == b) return of_type(a);
  if (is_float(a) || is_float(b)) return of_type("float8");
  if (a == "numeric" || b == "numeric") return of_type("numeric");
  return of_type(a == "int8" || b == "int8" ? "int8" : "int4");
}

std::int64_t integer_in(std::string_view text, bool& fits) {
  std::int64_t value = 0;
  fits = !text.empty();
  for (const char c : text) {
    if (c < '0' || c > '9' || value > (std::numeric_limits<std::int64_t>::max() - (c - '0')) / 10) {
      fits = false;
      return 0;
    }
    value = value * 10 + (c - '0');
  }
  return value;
}

QueryColumn of_constant(const PgQuery__AConst& value) {
  if (value.isnull) return of_type("unknown");
  switch (value.val_case) {
    case PG_QUERY__A__CONST__VAL_FVAL: {
      bool fits = false;
      integer_in(text_of(value.fval->fval), fits);
      return of_type(fits ? "int8" : "numeric");
    }
    case PG_QUERY__A__CONST__VAL_BOOLVAL:
      return of_type("bool");
    case PG_QUERY__A__CONST__VAL_SVAL:
      return of_type("unknown");
    case PG_QUERY__A__CONST__VAL_BSVAL:
      return of_type("bit");
    default:
      return of_type("int4");
  }
}

QueryColumn of_value_function(const PgQuery__SQLValueFunction& value) {
  const std::string_view name = value_function_name(value.op);
  if (name == "current_date") return of_type("date");
  QueryColumn column = of_type(name == "current_time"        ? "timetz"
                               : name == "current_timestamp" ? "timestamptz"
                               : name == "localtime"         ? "time"
                               : name == "localtimestamp"    ? "timestamp"
                                                             : "name");
  if (value.typmod >= 0) column.type.modifiers = {value.typmod};
  return column;
}

bool answers_yes_or_no(std::string_view symbol) {
  return is_one_of(symbol, {"=",   "<>",   "!=",  "<",   ">",   "<=",  ">=",   "~~",  "!~~",
                            "~~*", "!~~*", "~*",  "!~",  "!~*", "@>",  "<@",   "?",   "?|",
                            "?&",  "@?",   "&<",  "&>",  "-|-", "<<=", ">>=",  "^@",  "|>>",
                            "<<|", "~=",   "&<|", "|&>", "~<~", "~>~", "~<=~", "~>=~"});
}

/// Dates, times and intervals, added and subtracted.
QueryColumn of_dates(std::string_view symbol, std::string_view left, std::string_view right) {
  const bool plus = symbol == "+";
  if (!plus && symbol != "-") return {};
  const auto moment = [](std::string_view word) { return is_one_of(word, {"timestamp", "timestamptz"}); };
  if (left == "interval" && plus) std::swap(left, right);
  if (right == "unknown") right = plus ? (left == "date" ? "" : "interval") : left;
  if (left == "date" && right == "interval") return of_type("timestamp");
  if (left == "date" && is_one_of(right, {"int4", "int2"})) return of_type("date");
  if (left == "date" && right == "date" && !plus) return of_type("int4");
  if (left == "date" && right == "time" && plus) return of_type("timestamp");
  if (left == "date" && right == "timetz" && plus) return of_type("timestamptz");
  if (is_one_of(left, {"timestamp", "timestamptz", "time", "timetz", "interval"}) && right == "interval") {
    return of_type(left);
  }
  if (!plus && (moment(left) || left == "date") && (moment(right) || right == "date"))
    return of_type("interval");
  if (!plus && left == "time" && right == "time") return of_type("interval");
  return {};
}

QueryColumn of_arithmetic(std::string_view symbol, std::string_view left, std::string_view right) {
  if (left == "interval" && is_number(right) && (symbol == "*" || symbol == "/")) return of_type("interval");
  if (right == "interval" && is_number(left) && symbol == "*") return of_type("interval");
  if (left == "unknown" && is_number(right)) left = right;
  if (right == "unknown" && is_number(left)) right = left;
  if (is_number(left) && is_number(right)) {
    if (symbol == "%" && (is_float(left) || is_float(right))) return {};
    if (symbol == "^")
      return of_type(left == "numeric" || right == "numeric"
                         ? (is_float(left) || is_float(right) ? "float8" : "numeric")
                         : "float8");
    return wider(left, right);
  }
  return of_dates(symbol, left, right);
}

QueryColumn of_concatenation(const QueryColumn& left, const QueryColumn& right) {
  if (left.type.array_dimensions > 0) return without_modifiers(left);
  if (right.type.array_dimensions > 0) return without_modifiers(right);
  const std::string_view a = word_of(left.type);
  const std::string_view b = word_of(right.type);
  for (const std::string_view word : {"jsonb", "bytea", "tsvector", "tsquery"}) {
    if ((a == word && (b == word || b == "unknown")) || (b == word && a == "unknown")) return of_type(word);
  }
  if (is_text(a) || is_text(b)) {
    QueryColumn text = of_type("text");
    text.collation = left.collation.empty() ? right.collation : left.collation;
    return text;
  }
  return {};
}

/// Aggregates and functions whose result follows their first argument.
QueryColumn of_overloaded(std::string_view name, const std::vector<QueryColumn>& arguments) {
  if (arguments.empty()) return {};
  const QueryColumn first = without_modifiers(arguments.front());
  const std::string_view word = word_of(first.type);
  if (is_one_of(name, {"max", "min"})) {
    if (word == "unknown" || word == "varchar" || word == "name") return {{}, plain("text"), first.collation};
    return first;
  }
  if (is_one_of(name, {"first_value", "last_value", "nth_value", "lag", "lead", "array_append",
                       "array_remove", "array_replace", "trim_array", "array_cat"})) {
    return word == "unknown" ? QueryColumn{} : first;
  }
  if (name == "array_prepend" && arguments.size() == 2) return without_modifiers(arguments[1]);
  if (name == "array_agg") return first.type.array_dimensions > 0 ? first : array_of(first);
  if (name == "unnest") return element_of(first);
  if (is_one_of(name, {"abs", "gcd", "lcm", "mod", "bit_and", "bit_or", "bit_xor", "generate_series"})) {
    if (arguments.size() > 1 && name != "generate_series") {
      return is_number(word) && is_number(word_of(arguments[1].type))
                 ? wider(word, word_of(arguments[1].type))
                 : QueryColumn{};
    }
    if (name == "generate_series") {
      if (word == "date") return of_type("timestamptz");
      if (arguments.size() > 1 && is_integer(word)) {
        QueryColumn column = wider(word, word_of(arguments[1].type));
        return word_of(column.type) == "int2" ? of_type("int4") : column;
      }
      return is_one_of(word, {"numeric", "timestamp", "timestamptz"}) ? first : QueryColumn{};
    }
    return is_number(word) ? first : QueryColumn{};
  }
  if (name == "sum") {
    if (is_one_of(word, {"int2", "int4"})) return of_type("int8");
    if (is_one_of(word, {"int8", "numeric"})) return of_type("numeric");
    return is_one_of(word, {"float4", "float8", "interval", "money"}) ? first : QueryColumn{};
  }
  if (name == "avg") {
    if (is_integer(word) || word == "numeric") return of_type("numeric");
    if (is_float(word)) return of_type("float8");
    return word == "interval" ? first : QueryColumn{};
  }
  if (is_one_of(name, {"stddev", "stddev_pop", "stddev_samp", "variance", "var_pop", "var_samp"})) {
    return is_float(word) ? of_type("float8") : is_number(word) ? of_type("numeric") : QueryColumn{};
  }
  if (is_one_of(name, {"ceil", "ceiling", "floor", "round", "trunc", "sqrt", "exp", "ln", "log", "log10",
                       "power", "pow", "sign"})) {
    const bool with_digits = is_one_of(name, {"round", "trunc", "log"}) && arguments.size() == 2;
    if (with_digits) return is_integer(word) || word == "numeric" ? of_type("numeric") : QueryColumn{};
    std::string_view all = word;
    if (arguments.size() == 2 && is_number(word)) {
      const std::string_view other = word_of(arguments[1].type);
      if (!is_number(other)) return {};
      all = is_float(word) || is_float(other)         ? "float8"
            : word == "numeric" || other == "numeric" ? "numeric"
                                                      : "int4";
    }
    if (all == "numeric") return of_type("numeric");
    return is_number(all) ? of_type("float8") : QueryColumn{};
  }
  if (is_one_of(name, {"lower", "upper"})) {
    return is_text(word) ? QueryColumn{{}, plain("text"), first.collation} : QueryColumn{};
  }
  if (is_one_of(name, {"btrim", "ltrim", "rtrim", "substr", "substring", "overlay", "string_agg"})) {
    if (word == "bytea" || (word == "bit" && is_one_of(name, {"substring", "overlay"}))) return of_type(word);
    return is_text(word) ? QueryColumn{{}, plain("text"), first.collation} : QueryColumn{};
  }
  if (name == "length")
    return is_text(word) || is_one_of(word, {"bytea", "bit", "tsvector"}) ? of_type("int4") : QueryColumn{};
  if (name == "age") return word == "xid" ? of_type("int4") : of_type("interval");
  if (name == "date_trunc" && arguments.size() >= 2) {
    const std::string_view at = word_of(arguments[1].type);
    if (at == "date" || at == "timestamptz") return of_type("timestamptz");
    return is_one_of(at, {"timestamp", "interval"}) ? of_type(at) : QueryColumn{};
  }
  if (name == "timezone" && arguments.size() == 2) {
    const std::string_view at = word_of(arguments[1].type);
    if (at == "timestamptz") return of_type("timestamp");
    if (at == "timestamp" || at == "date") return of_type("timestamptz");
    return at == "timetz" || at == "time" ? of_type("timetz") : QueryColumn{};
  }
  if (name == "percentile_cont" && word == "float8") return of_type("float8");
  return {};
}

/// Functions of common extensions.
std::string_view extension_result(std::string_view name) {
  if (is_one_of(name, {"uuid_generate_v1", "uuid_generate_v4", "uuid_generate_v5", "uuid_nil"}))
    return "uuid";
  if (is_one_of(name, {"crypt", "gen_salt", "unaccent"})) return "text";
  if (is_one_of(name, {"digest", "hmac", "gen_random_bytes", "encrypt", "decrypt"})) return "bytea";
  if (is_one_of(name, {"similarity", "word_similarity"})) return "float4";
  return {};
}

}  // namespace

void settle_type(QueryColumn& column) {
  if (column.type.is("unknown")) column.type = plain("text");
}

QueryColumn unified(const QueryColumn& a, const QueryColumn& b) {
  if (a.type.empty() || b.type.empty()) return {};
  // A literal has no modifiers, so the common type has none (select_common_typmod).
  if (a.type.is("unknown")) return without_modifiers(b);
  if (b.type.is("unknown")) return without_modifiers(a);
  if (a.type == b.type) return {a.name, a.type, a.collation == b.collation ? a.collation : ObjectName()};
  if (same_kind(a.type, b.type)) return without_modifiers(a);
  const std::string_view left = word_of(a.type);
  const std::string_view right = word_of(b.type);
  if (is_number(left) && is_number(right)) {
    // The first one's category decides; then whichever takes the other implicitly.
    if (is_float(left) != is_float(right) || (is_float(left) && left != right)) {
      return of_type(left == "float8" || right == "float8" ? "float8" : is_float(left) ? left : right);
    }
    return wider(left, right);
  }
  if (is_text(left) && is_text(right)) {
    const bool text = left == "text" || right == "text";
    return {{}, plain(text ? "text" : left), a.collation};
  }
  if (is_one_of(left, {"date", "timestamp", "timestamptz"}) &&
      is_one_of(right, {"date", "timestamp", "timestamptz"})) {
    return of_type(left == "timestamptz" || right == "timestamptz" ? "timestamptz" : "timestamp");
  }
  return {};
}

Identifier label_of_target(const PgQuery__ResTarget& target) {
  return has_text(target.name) ? identifier(target.name) : label_of_node(target.val);
}

QueryColumn ExpressionTypes::common_type(const std::vector<QueryColumn>& alternatives) const {
  if (alternatives.empty()) return {};
  QueryColumn all = alternatives.front();
  for (std::size_t i = 1; i < alternatives.size(); ++i) all = unified(all, alternatives[i]);
  return all;
}

QueryColumn ExpressionTypes::of_sub_query(const PgQuery__SubLink& link) const {
  switch (link.sub_link_type) {
    case PG_QUERY__SUB_LINK_TYPE__EXPR_SUBLINK:
    case PG_QUERY__SUB_LINK_TYPE__ARRAY_SUBLINK: {
      if (link.subselect == nullptr || link.subselect->node_case != PG_QUERY__NODE__NODE_SELECT_STMT)
        return {};
      const auto found = queries_.find(link.subselect->select_stmt);
      if (found == queries_.end() || found->second.empty()) return {};
      QueryColumn column = found->second.front();
      settle_type(column);
      return link.sub_link_type == PG_QUERY__SUB_LINK_TYPE__EXPR_SUBLINK ? column : array_of(column);
    }
    default:
      return of_type("bool");
  }
}

QueryColumn ExpressionTypes::of_operator(const PgQuery__AExpr& expr) const {
  switch (expr.kind) {
    case PG_QUERY__A__EXPR__KIND__AEXPR_NULLIF: {
      QueryColumn column = of(expr.lexpr);
      if (word_of(column.type) == "varchar") column.type = plain("text");  // its `=` is that of text
      return column;
    }
    case PG_QUERY__A__EXPR__KIND__AEXPR_OP:
      break;
    default:
      return of_type("bool");
  }
  const ObjectName name = object_name(list(expr.n_name, expr.name));
  const std::string_view symbol = name.name.str();
  if (!name.schema.empty()) return {};
  if (answers_yes_or_no(symbol)) return of_type("bool");
  const QueryColumn right = without_modifiers(of(expr.rexpr));
  const std::string_view right_word = word_of(right.type);
  if (expr.lexpr == nullptr) {
    const bool sign = symbol == "-" || symbol == "+";
    return sign && (is_number(right_word) || right_word == "interval") ? right : QueryColumn{};
  }
  const QueryColumn left = without_modifiers(of(expr.lexpr));
  const std::string_view left_word = word_of(left.type);
  if (left.type.empty() || right.type.empty()) return {};
  if (symbol == "||") return of_concatenation(left, right);
  if ((symbol == "->>" || symbol == "#>>") && is_one_of(left_word, {"json", "jsonb"})) return of_type("text");
  if ((symbol == "->" || symbol == "#>") && is_one_of(left_word, {"json", "jsonb"})) return left;
  if ((symbol == "-" || symbol == "#-") && left_word == "jsonb") return left;
  if (symbol == "~" && is_text(left_word)) return of_type("bool");
  if (symbol == "@@" && is_one_of(left_word, {"tsvector", "tsquery", "text", "varchar", "jsonb"}))
    return of_type("bool");
  if (symbol == "&&" && left.type.array_dimensions > 0) return of_type("bool");
  if (is_one_of(symbol, {"+", "-", "*", "/", "%", "^"})) return of_arithmetic(symbol, left_word, right_word);
  return {};
}

QueryCatalog::CallResult ExpressionTypes::of_call(const PgQuery__FuncCall& call) const {
  const ObjectName name = object_name(list(call.n_funcname, call.funcname));
  std::vector<QueryColumn> arguments;
  std::vector<planner::TypeName> types;
  for (const Node* argument : list(call.n_args, call.args)) {
    arguments.push_back(of(argument));
    types.push_back(arguments.back().type);
  }
  QueryCatalog::CallResult result;
  if (name.schema.empty()) {
    const std::string_view word = name.name.str();
    const std::string_view known = builtin_result(word);
    if (!known.empty()) {
      result.type = plain(known);
      return result;
    }
    result.type = of_overloaded(word, arguments).type;
    if (!result.type.empty()) return result;
  }
  if (auto own = catalog_.function(name, types)) return *own;
  const std::string_view known = extension_result(name.name.str());
  if (!known.empty()) result.type = plain(known);
  return result;
}

QueryColumn ExpressionTypes::of(const Node* node) const {
  if (node == nullptr) return {};
  switch (node->node_case) {
    case PG_QUERY__NODE__NODE_A_CONST:
      return of_constant(*node->a_const);
    case PG_QUERY__NODE__NODE_COLUMN_REF: {
      const auto found = columns_.find(node->column_ref);
      return found == columns_.end() ? QueryColumn{} : found->second;
    }
    case PG_QUERY__NODE__NODE_TYPE_CAST: {
      QueryColumn column = of(node->type_cast->arg);
      column.type = catalog_.type(type_name(node->type_cast->type_name));
      return column;
    }
    case PG_QUERY__NODE__NODE_FUNC_CALL: {
      QueryCatalog::CallResult result = of_call(*node->func_call);
      QueryColumn column{{}, std::move(result.type), {}};
      column.type.set_of = false;
      for (const Node* argument : list(node->func_call->n_args, node->func_call->args)) {
        if (is_text(word_of(column.type)) && column.collation.empty())
          column.collation = of(argument).collation;
      }
      return column;
    }
    case PG_QUERY__NODE__NODE_A_EXPR:
      return of_operator(*node->a_expr);
    case PG_QUERY__NODE__NODE_BOOL_EXPR:
    case PG_QUERY__NODE__NODE_NULL_TEST:
    case PG_QUERY__NODE__NODE_BOOLEAN_TEST:
      return of_type("bool");
    case PG_QUERY__NODE__NODE_COALESCE_EXPR: {
      std::vector<QueryColumn> all;
      for (const Node* arg : list(node->coalesce_expr->n_args, node->coalesce_expr->args))
        all.push_back(of(arg));
      return common_type(all);
    }
    case PG_QUERY__NODE__NODE_MIN_MAX_EXPR: {
      std::vector<QueryColumn> all;
      for (const Node* arg : list(node->min_max_expr->n_args, node->min_max_expr->args))
        all.push_back(of(arg));
      return common_type(all);
    }
    case PG_QUERY__NODE__NODE_CASE_EXPR: {
      std::vector<QueryColumn> all;
      if (node->case_expr->defresult != nullptr) all.push_back(of(node->case_expr->defresult));
      for (const Node* when : list(node->case_expr->n_args, node->case_expr->args)) {
        if (when->node_case == PG_QUERY__NODE__NODE_CASE_WHEN) all.push_back(of(when->case_when->result));
      }
      return common_type(all);
    }
    case PG_QUERY__NODE__NODE_A_ARRAY_EXPR: {
      std::vector<QueryColumn> all;
      for (const Node* item : list(node->a_array_expr->n_elements, node->a_array_expr->elements))
        all.push_back(of(item));
      const QueryColumn element = common_type(all);
      return element.type.array_dimensions > 0 ? element : array_of(element);
    }
    case PG_QUERY__NODE__NODE_A_INDIRECTION: {
      const PgQuery__AIndirection& part = *node->a_indirection;
      if (part.n_indirection != 1 || part.indirection[0]->node_case != PG_QUERY__NODE__NODE_A_INDICES)
        return {};
      const QueryColumn whole = of(part.arg);
      return part.indirection[0]->a_indices->is_slice ? whole : element_of(whole);
    }
    case PG_QUERY__NODE__NODE_COLLATE_CLAUSE: {
      QueryColumn column = of(node->collate_clause->arg);
      settle_type(column);
      const PgQuery__CollateClause& clause = *node->collate_clause;
      column.collation = object_name(list(clause.n_collname, clause.collname));
      if (column.collation.name.str() == "default") column.collation = {};
      return column;
    }
    case PG_QUERY__NODE__NODE_SQLVALUE_FUNCTION:
      return of_value_function(*node->sqlvalue_function);
    case PG_QUERY__NODE__NODE_SUB_LINK:
      return of_sub_query(*node->sub_link);
    case PG_QUERY__NODE__NODE_GROUPING_FUNC:
      return of_type("int4");
    case PG_QUERY__NODE__NODE_NAMED_ARG_EXPR:
      return of(node->named_arg_expr->arg);
    default:
      return {};
  }
}

}  // namespace planner::pg
