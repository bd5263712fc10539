#include "planner/sql/written_rows.h"

#include <algorithm>

#include "planner/sql/builtin_results.h"
#include "planner/sql/tree.h"

namespace planner {
namespace {

const PgQuery__InsertStmt* insert_of(const Expression& statement) {
  const pg::Node* root = ExpressionAccess::node(statement);
  return root != nullptr && root->node_case == PG_QUERY__NODE__NODE_INSERT_STMT ? root->insert_stmt : nullptr;
}

bool is_default(const pg::Node* value) {
  return value == nullptr || value->node_case == PG_QUERY__NODE__NODE_SET_TO_DEFAULT;
}

/// `r.*` and `(f(x)).*` stand for any number of values.
bool is_star(const pg::Node* value) {
  if (value == nullptr) return false;
  const auto ends_in_star = [](std::span<pg::Node* const> parts) {
    return !parts.empty() && parts.back()->node_case == PG_QUERY__NODE__NODE_A_STAR;
  };
  if (value->node_case == PG_QUERY__NODE__NODE_COLUMN_REF)
    return ends_in_star(pg::list(value->column_ref->n_fields, value->column_ref->fields));
  return value->node_case == PG_QUERY__NODE__NODE_A_INDIRECTION &&
         ends_in_star(pg::list(value->a_indirection->n_indirection, value->a_indirection->indirection));
}

/// Built-in aggregates, window functions, and functions that return sets.
bool makes_other_rows(const PgQuery__FuncCall& call) {
  if (call.over != nullptr || call.agg_star || call.agg_distinct || call.n_agg_order > 0 ||
      call.agg_filter != nullptr)
    return true;
  const std::string_view name =
      call.n_funcname == 0 ? std::string_view{} : pg::string_of(call.funcname[call.n_funcname - 1]);
  return is_builtin_aggregate(name) || returns_builtin_set(name);
}

}  // namespace

InsertedValues inserted_values(const Expression& statement) {
  InsertedValues out;
  const PgQuery__InsertStmt* insert = insert_of(statement);
  if (insert == nullptr) return out;
  out.overriding = insert->override == PG_QUERY__OVERRIDING_KIND__OVERRIDING_SYSTEM_VALUE ||
                   insert->override == PG_QUERY__OVERRIDING_KIND__OVERRIDING_USER_VALUE;
  if (insert->select_stmt == nullptr || insert->select_stmt->node_case != PG_QUERY__NODE__NODE_SELECT_STMT)
    return out;
  const PgQuery__SelectStmt& select = *insert->select_stmt->select_stmt;
  if (select.n_values_lists == 0) {
    out.known = insert->n_cols > 0;
    out.given.assign(insert->n_cols, true);
    return out;
  }
  out.known = true;
  for (const pg::Node* row : pg::list(select.n_values_lists, select.values_lists)) {
    if (row->node_case != PG_QUERY__NODE__NODE_LIST) continue;
    const auto values = pg::list(row->list->n_items, row->list->items);
    if (std::any_of(values.begin(), values.end(), is_star)) out.known = false;
    if (out.given.size() < values.size()) out.given.resize(values.size(), false);
    for (std::size_t i = 0; i < values.size(); ++i) out.given[i] = out.given[i] || !is_default(values[i]);
  }
  return out;
}

std::optional<ConflictTarget> conflict_target(const Expression& statement) {
  const PgQuery__InsertStmt* insert = insert_of(statement);
  if (insert == nullptr || insert->on_conflict_clause == nullptr) return std::nullopt;
  const PgQuery__InferClause* infer = insert->on_conflict_clause->infer;
  if (infer == nullptr) return std::nullopt;
  ConflictTarget out;
  out.constraint = pg::identifier(infer->conname);
  out.plain = infer->where_clause == nullptr;
  for (const pg::Node* node : pg::list(infer->n_index_elems, infer->index_elems)) {
    if (node->node_case != PG_QUERY__NODE__NODE_INDEX_ELEM) continue;
    const PgQuery__IndexElem& element = *node->index_elem;
    out.plain = out.plain && pg::has_text(element.name) && element.n_collation == 0 && element.n_opclass == 0;
    if (pg::has_text(element.name)) out.columns.push_back(pg::identifier(element.name));
  }
  return out;
}

std::vector<Identifier> columns_given_values(const Expression& update) {
  std::vector<Identifier> out;
  const pg::Node* root = ExpressionAccess::node(update);
  if (root == nullptr || root->node_case != PG_QUERY__NODE__NODE_UPDATE_STMT) return out;
  const PgQuery__UpdateStmt& statement = *root->update_stmt;
  for (const pg::Node* target : pg::list(statement.n_target_list, statement.target_list)) {
    if (target->node_case != PG_QUERY__NODE__NODE_RES_TARGET || is_default(target->res_target->val)) continue;
    out.push_back(pg::identifier(target->res_target->name));
  }
  return out;
}

std::optional<ObjectName> updatable_base(const Expression& query) {
  const pg::Node* root = ExpressionAccess::node(query);
  if (root == nullptr || root->node_case != PG_QUERY__NODE__NODE_SELECT_STMT) return std::nullopt;
  const PgQuery__SelectStmt& select = *root->select_stmt;
  const bool simple =
      select.n_distinct_clause == 0 && select.n_group_clause == 0 && select.having_clause == nullptr &&
      select.limit_count == nullptr && select.limit_offset == nullptr && select.with_clause == nullptr &&
      select.larg == nullptr && select.rarg == nullptr && select.n_values_lists == 0 &&
      select.n_from_clause == 1 && select.from_clause[0]->node_case == PG_QUERY__NODE__NODE_RANGE_VAR;
  if (!simple) return std::nullopt;
  bool plain = true;
  for (const pg::Node* target : pg::list(select.n_target_list, select.target_list)) {
    pg::walk(pg::message_of(*target), [&](const ProtobufCMessage& message) {
      if (message.descriptor == &pg_query__sub_link__descriptor) return false;
      if (message.descriptor == &pg_query__func_call__descriptor)
        plain = plain && !makes_other_rows(pg::as_message_of<PgQuery__FuncCall>(message));
      return true;
    });
  }
  if (!plain) return std::nullopt;
  return pg::table_name(select.from_clause[0]->range_var);
}

std::vector<Identifier> updatable_columns(const Expression& query) {
  std::vector<Identifier> out;
  const pg::Node* root = ExpressionAccess::node(query);
  if (root == nullptr || root->node_case != PG_QUERY__NODE__NODE_SELECT_STMT) return out;
  const PgQuery__SelectStmt& select = *root->select_stmt;
  for (const pg::Node* target : pg::list(select.n_target_list, select.target_list)) {
    const pg::Node* value =
        target->node_case == PG_QUERY__NODE__NODE_RES_TARGET ? target->res_target->val : nullptr;
    if (is_star(value)) return {};
    const bool column = value != nullptr && value->node_case == PG_QUERY__NODE__NODE_COLUMN_REF;
    out.push_back(column
                      ? Identifier(pg::string_of(value->column_ref->fields[value->column_ref->n_fields - 1]))
                      : Identifier());
  }
  return out;
}

namespace {

template <typename Fits>
bool has_reference(const Expression& expression, const Fits& fits) {
  const pg::Node* root = ExpressionAccess::node(expression);
  if (root == nullptr) return false;
  bool found = false;
  pg::walk(pg::message_of(*root), [&](const ProtobufCMessage& message) {
    if (message.descriptor != &pg_query__column_ref__descriptor) return true;
    const auto& reference = pg::as_message_of<PgQuery__ColumnRef>(message);
    found = found || fits(pg::list(reference.n_fields, reference.fields));
    return true;
  });
  return found;
}

}  // namespace

bool refers_to(const Expression& expression, const Identifier& relation) {
  return has_reference(expression, [&](std::span<pg::Node* const> fields) {
    return fields.size() > 1 && Identifier(pg::string_of(fields[0])) == relation;
  });
}

bool refers_to(const Expression& expression, const Identifier& relation, const Identifier& column) {
  return has_reference(expression, [&](std::span<pg::Node* const> fields) {
    return fields.size() > 1 && fields[1]->node_case == PG_QUERY__NODE__NODE_STRING &&
           Identifier(pg::string_of(fields[0])) == relation && Identifier(pg::string_of(fields[1])) == column;
  });
}

}  // namespace planner
