#include "planner/sql/data_change.h"

#include <cassert>

#include "planner/sql/draft.h"

namespace planner {
namespace {

/// What the statement looks at besides its target, and whether a part of the rows may give another answer
/// than all.
void look_around(const pg::Node& statement, const PgQuery__RangeVar* target, DataChange& change) {
  std::size_t writes = 0;
  pg::walk(pg::message_of(statement), [&](const ProtobufCMessage& message) {
    if (message.descriptor == &pg_query__insert_stmt__descriptor ||
        message.descriptor == &pg_query__update_stmt__descriptor ||
        message.descriptor == &pg_query__delete_stmt__descriptor)
      change.writes_more = ++writes > 1;
    if (message.descriptor == &pg_query__range_var__descriptor) {
      const auto& relation = pg::as_message_of<PgQuery__RangeVar>(message);
      if (&relation != target)
        change.reads.emplace_back(pg::identifier(relation.schemaname), pg::identifier(relation.relname));
    } else if (message.descriptor == &pg_query__select_stmt__descriptor) {
      const auto& select = pg::as_message_of<PgQuery__SelectStmt>(message);
      change.chooses = change.chooses || select.limit_count != nullptr || select.limit_offset != nullptr ||
                       select.n_distinct_clause > 0;
    } else if (message.descriptor == &pg_query__func_call__descriptor) {
      change.chooses = change.chooses || pg::as_message_of<PgQuery__FuncCall>(message).over != nullptr;
    }
    return true;
  });
}

PgQuery__InsertStmt* insert_of(const Draft& draft) {
  return draft.node != nullptr && draft.node->node_case == PG_QUERY__NODE__NODE_INSERT_STMT
             ? draft.node->insert_stmt
             : nullptr;
}

void set_columns(const Draft& draft, const std::vector<Identifier>& columns) {
  PgQuery__InsertStmt& insert = *draft.node->insert_stmt;
  insert.n_returning_list = 0;
  insert.returning_list = nullptr;
  insert.n_cols = columns.size();
  insert.cols = draft.arena->array<pg::Node>(columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    insert.cols[i] = draft.arena->make<pg::Node>(pg_query__node__init);
    insert.cols[i]->node_case = PG_QUERY__NODE__NODE_RES_TARGET;
    insert.cols[i]->res_target = draft.arena->make<PgQuery__ResTarget>(pg_query__res_target__init);
    insert.cols[i]->res_target->name = draft.arena->copy(columns[i].str());
  }
}

}  // namespace

std::optional<DataChange> data_change(const Expression& statement) {
  const pg::Node* node = ExpressionAccess::node(statement);
  if (node == nullptr) return std::nullopt;
  // A parsed tree lives as long as any expression that shares it: the parts are read from a copy that they
  // own together.
  const Draft draft = ExpressionAccess::copy(statement);
  const pg::Source source{draft.arena, 0};
  DataChange change;
  const auto named = [&](const PgQuery__RangeVar* relation) {
    const bool has_alias = relation->alias != nullptr && pg::has_text(relation->alias->aliasname);
    change.alias = pg::identifier(has_alias ? relation->alias->aliasname : relation->relname);
    return !has_alias;
  };
  if (draft.node->node_case == PG_QUERY__NODE__NODE_UPDATE_STMT) {
    const PgQuery__UpdateStmt& update = *draft.node->update_stmt;
    change.plain = named(update.relation) && update.n_from_clause == 0 && update.with_clause == nullptr &&
                   update.n_returning_list == 0;
    change.where = pg::scalar(source, update.where_clause);
    look_around(*draft.node, update.relation, change);
    for (const pg::Node* target : pg::list(update.n_target_list, update.target_list)) {
      const PgQuery__ResTarget& assigned = *target->res_target;
      const bool simple = assigned.val != nullptr &&
                          assigned.val->node_case != PG_QUERY__NODE__NODE_MULTI_ASSIGN_REF &&
                          assigned.n_indirection == 0;
      change.plain = change.plain && simple;
      change.all_named = change.all_named && simple;
      if (simple)
        change.assignments.emplace_back(pg::identifier(assigned.name), pg::scalar(source, assigned.val));
    }
    return change;
  }
  if (draft.node->node_case == PG_QUERY__NODE__NODE_DELETE_STMT) {
    const PgQuery__DeleteStmt& deletion = *draft.node->delete_stmt;
    change.deletes = true;
    change.plain = named(deletion.relation) && deletion.n_using_clause == 0 &&
                   deletion.with_clause == nullptr && deletion.n_returning_list == 0;
    change.where = pg::scalar(source, deletion.where_clause);
    look_around(*draft.node, deletion.relation, change);
    return change;
  }
  return std::nullopt;
}

bool reads_own(const Expression& value, const Identifier& alias, const Identifier& column) {
  const pg::Node* node = ExpressionAccess::node(value);
  if (node == nullptr) return false;
  bool found = false;
  pg::walk(pg::message_of(*node), [&](const ProtobufCMessage& message) {
    if (message.descriptor != &pg_query__column_ref__descriptor) return true;
    const auto& reference = pg::as_message_of<PgQuery__ColumnRef>(message);
    if (reference.n_fields == 0) return false;
    const pg::Node* last = reference.fields[reference.n_fields - 1];
    const bool star = last->node_case == PG_QUERY__NODE__NODE_A_STAR;
    const bool unqualified = reference.n_fields == 1;
    const bool of_target =
        unqualified || pg::string_of(reference.fields[reference.n_fields - 2]) == alias.str();
    // A name alone may be the whole row.
    found = found || (of_target && (star || pg::string_of(last) == column.str())) ||
            (unqualified && pg::string_of(last) == alias.str());
    return false;
  });
  return found;
}

Expression rows_of_change(const Expression& statement, const std::vector<Sql>& key,
                          const std::vector<Sql>& outputs) {
  const Draft draft = ExpressionAccess::copy(statement);
  const bool updates = draft.node->node_case == PG_QUERY__NODE__NODE_UPDATE_STMT;
  assert(updates || draft.node->node_case == PG_QUERY__NODE__NODE_DELETE_STMT);
  const Expression head =
      Expression::parse_query(sql("SELECT DISTINCT ON ({}) {}", join(key, ", "), join(outputs, ", ")).str());
  // The two trees live in different arenas: the head is unpacked once more into the statement's.
  const std::string bytes = pg::packed(pg::message_of(*ExpressionAccess::node(head)));
  auto* node = const_cast<pg::Node*>(
      &pg::as_message_of<pg::Node>(*pg::unpacked(*draft.arena, pg_query__node__descriptor, bytes)));
  PgQuery__SelectStmt& select = *node->select_stmt;
  PgQuery__RangeVar* target = updates ? draft.node->update_stmt->relation : draft.node->delete_stmt->relation;
  const std::size_t others =
      updates ? draft.node->update_stmt->n_from_clause : draft.node->delete_stmt->n_using_clause;
  pg::Node** from = updates ? draft.node->update_stmt->from_clause : draft.node->delete_stmt->using_clause;
  auto* first = draft.arena->make<pg::Node>(pg_query__node__init);
  first->node_case = PG_QUERY__NODE__NODE_RANGE_VAR;
  first->range_var = target;
  select.n_from_clause = others + 1;
  select.from_clause = draft.arena->array<pg::Node>(others + 1);
  select.from_clause[0] = first;
  for (std::size_t i = 0; i < others; ++i) select.from_clause[i + 1] = from[i];
  select.where_clause =
      updates ? draft.node->update_stmt->where_clause : draft.node->delete_stmt->where_clause;
  select.with_clause = updates ? draft.node->update_stmt->with_clause : draft.node->delete_stmt->with_clause;
  return ExpressionAccess::Draft{draft.arena, node, true}.finish();
}

Expression with_condition(const Expression& statement, const Expression& condition) {
  const Draft draft = ExpressionAccess::copy(statement);
  const pg::Node* condition_tree = ExpressionAccess::node(condition);
  const bool updates = draft.node->node_case == PG_QUERY__NODE__NODE_UPDATE_STMT;
  assert(updates || draft.node->node_case == PG_QUERY__NODE__NODE_DELETE_STMT);
  pg::Node*& where = updates ? draft.node->update_stmt->where_clause : draft.node->delete_stmt->where_clause;
  // The two trees live in different arenas: the condition is copied into the statement's.
  auto* condition_node = const_cast<pg::Node*>(
      &pg::as_message_of<pg::Node>(*pg::copied(*draft.arena, pg::message_of(*condition_tree))));
  if (where == nullptr) {
    where = condition_node;
    return draft.finish();
  }
  // The parser knows one AND of three and no AND of an AND on its left.
  const bool joins = where->node_case == PG_QUERY__NODE__NODE_BOOL_EXPR &&
                     where->bool_expr->boolop == PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR;
  const std::size_t known = joins ? where->bool_expr->n_args : 1;
  auto* both = draft.arena->make<PgQuery__BoolExpr>(pg_query__bool_expr__init);
  both->boolop = PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR;
  both->n_args = known + 1;
  both->args = draft.arena->array<pg::Node>(known + 1);
  for (std::size_t i = 0; i < known; ++i) both->args[i] = joins ? where->bool_expr->args[i] : where;
  both->args[known] = condition_node;
  auto* joined = draft.arena->make<pg::Node>(pg_query__node__init);
  joined->node_case = PG_QUERY__NODE__NODE_BOOL_EXPR;
  joined->bool_expr = both;
  where = joined;
  return draft.finish();
}

std::optional<InsertedQuery> inserted_query(const Expression& statement) {
  if (ExpressionAccess::node(statement) == nullptr) return std::nullopt;
  const Draft draft = ExpressionAccess::copy(statement);
  const PgQuery__InsertStmt* insert = insert_of(draft);
  if (insert == nullptr || insert->select_stmt == nullptr ||
      insert->select_stmt->node_case != PG_QUERY__NODE__NODE_SELECT_STMT)
    return std::nullopt;
  InsertedQuery query;
  DataChange around;
  look_around(*draft.node, insert->relation, around);
  query.reads = around.reads;
  query.writes_more = around.writes_more;
  const PgQuery__SelectStmt* select = insert->select_stmt->select_stmt;
  if (select->n_values_lists > 0) return std::nullopt;
  if (select->limit_count != nullptr && select->limit_count->node_case == PG_QUERY__NODE__NODE_A_CONST &&
      select->limit_count->a_const->val_case == PG_QUERY__A__CONST__VAL_IVAL)
    query.at_most = static_cast<std::size_t>(select->limit_count->a_const->ival->ival);
  const bool alone = select->n_from_clause == 1 && select->op == PG_QUERY__SET_OPERATION__SETOP_NONE &&
                     select->from_clause[0]->node_case == PG_QUERY__NODE__NODE_RANGE_VAR;
  if (alone) query.where = pg::scalar({draft.arena, 0}, select->where_clause);
  while (select->op != PG_QUERY__SET_OPERATION__SETOP_NONE && select->larg != nullptr) select = select->larg;
  query.outputs = select->n_target_list;
  for (const pg::Node* target : pg::list(select->n_target_list, select->target_list)) {
    const pg::Node* value = target->res_target->val;
    if (value == nullptr || value->node_case != PG_QUERY__NODE__NODE_COLUMN_REF) continue;
    const PgQuery__ColumnRef& reference = *value->column_ref;
    query.stars =
        query.stars || (reference.n_fields > 0 &&
                        reference.fields[reference.n_fields - 1]->node_case == PG_QUERY__NODE__NODE_A_STAR);
  }
  return query;
}

Expression inserted_into(const Expression& statement, const ObjectName& table,
                         const std::vector<Identifier>& columns) {
  const Draft draft = ExpressionAccess::copy(statement);
  assert(insert_of(draft) != nullptr);
  PgQuery__InsertStmt& insert = *draft.node->insert_stmt;
  set_columns(draft, columns);
  insert.on_conflict_clause = nullptr;
  insert.override = PG_QUERY__OVERRIDING_KIND__OVERRIDING_NOT_SET;
  insert.relation->schemaname = draft.arena->copy(table.schema.str());
  insert.relation->relname = draft.arena->copy(table.name.str());
  insert.relation->alias = nullptr;
  return draft.finish();
}

Expression inserted_from(const Expression& statement, const Expression& query,
                         const std::vector<Identifier>& columns) {
  const Draft draft = ExpressionAccess::copy(statement);
  assert(insert_of(draft) != nullptr);
  PgQuery__InsertStmt& insert = *draft.node->insert_stmt;
  set_columns(draft, columns);
  insert.with_clause = nullptr;
  // The two trees live in different arenas: the query is copied into the statement's.
  insert.select_stmt = const_cast<pg::Node*>(&pg::as_message_of<pg::Node>(
      *pg::copied(*draft.arena, pg::message_of(*ExpressionAccess::node(query)))));
  return draft.finish();
}

}  // namespace planner
