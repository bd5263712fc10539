#include <array>

#include "planner/sql/read.h"

namespace planner::pg {

namespace {

void read_variable_set(const PgQuery__VariableSetStmt& set, Operations& out) {
  if (set.kind == PG_QUERY__VARIABLE_SET_KIND__VAR_SET_MULTI) {
    // SET TRANSACTION, SET SESSION CHARACTERISTICS: isolation level and access mode. SET TRANSACTION SNAPSHOT
    // too.
    const TransactionAction action = TransactionAction::SetTransaction;
    out.emplace_back(Transaction{action, std::string(text_of(set.name)), false});
    return;
  }
  SetVariable result;
  result.name = text_of(set.name);
  result.local = set.is_local;
  result.reset_all = set.kind == PG_QUERY__VARIABLE_SET_KIND__VAR_RESET_ALL;
  result.reset = result.reset_all || set.kind == PG_QUERY__VARIABLE_SET_KIND__VAR_RESET ||
                 set.kind == PG_QUERY__VARIABLE_SET_KIND__VAR_SET_DEFAULT;
  for (const Node* value : list(set.n_args, set.args)) {
    const Node* constant = value;
    // SET TIME ZONE INTERVAL '1' HOUR
    if (constant->node_case == PG_QUERY__NODE__NODE_TYPE_CAST) constant = constant->type_cast->arg;
    result.values.push_back(option_value(constant));
  }
  out.emplace_back(std::move(result));
}

void read_transaction(const PgQuery__TransactionStmt& statement, Operations& out) {
  Transaction result;
  result.name =
      has_text(statement.savepoint_name) ? statement.savepoint_name : std::string(text_of(statement.gid));
  result.chain = statement.chain;
  switch (statement.kind) {
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_COMMIT:
      result.action = TransactionAction::Commit;
      break;
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK:
      result.action = TransactionAction::Rollback;
      break;
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_SAVEPOINT:
      result.action = TransactionAction::Savepoint;
      break;
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_RELEASE:
      result.action = TransactionAction::ReleaseSavepoint;
      break;
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK_TO:
      result.action = TransactionAction::RollbackToSavepoint;
      break;
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_PREPARE:
      result.action = TransactionAction::Prepare;
      break;
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_COMMIT_PREPARED:
      result.action = TransactionAction::CommitPrepared;
      break;
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK_PREPARED:
      result.action = TransactionAction::RollbackPrepared;
      break;
    default:
      result.action = TransactionAction::Begin;
      break;
  }
  out.emplace_back(std::move(result));
}

void read_lock(const PgQuery__LockStmt& statement, Operations& out) {
  // LOCKMODE numbers of src/include/storage/lockdefs.h.
  static constexpr std::array<std::string_view, 9> kModes{
      "",      "ACCESS SHARE",        "ROW SHARE", "ROW EXCLUSIVE",   "SHARE UPDATE EXCLUSIVE",
      "SHARE", "SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE"};
  LockTable result;
  for (const Node* relation : list(statement.n_relations, statement.relations)) {
    if (relation->node_case != PG_QUERY__NODE__NODE_RANGE_VAR) continue;
    result.tables.push_back(table_name(relation->range_var));
    result.only.push_back(relation->range_var->inh == 0);
  }
  if (statement.mode > 0 && statement.mode < static_cast<int>(kModes.size())) {
    result.mode = kModes.at(static_cast<std::size_t>(statement.mode));
  }
  result.nowait = statement.nowait;
  out.emplace_back(std::move(result));
}

void read_vacuum(const PgQuery__VacuumStmt& statement, Operations& out) {
  Vacuum result;
  result.analyze_only = !statement.is_vacuumcmd;
  result.analyze = result.analyze_only;
  for (const Node* node : list(statement.n_options, statement.options)) {
    if (node->node_case != PG_QUERY__NODE__NODE_DEF_ELEM) continue;
    const std::string_view name = text_of(node->def_elem->defname);
    if (name == "full") result.full = is_true(node->def_elem->arg);
    if (name == "analyze") result.analyze = is_true(node->def_elem->arg);
  }
  for (const Node* node : list(statement.n_rels, statement.rels)) {
    if (node->node_case == PG_QUERY__NODE__NODE_VACUUM_RELATION) {
      result.tables.push_back(table_name(node->vacuum_relation->relation));
    }
  }
  out.emplace_back(std::move(result));
}

/// EXPLAIN ANALYZE runs its statement; plain EXPLAIN only plans it.
void read_explain(const Source& source, const PgQuery__ExplainStmt& statement, Operations& out) {
  for (const Node* node : list(statement.n_options, statement.options)) {
    if (node->node_case == PG_QUERY__NODE__NODE_DEF_ELEM && text_of(node->def_elem->defname) == "analyze" &&
        is_true(node->def_elem->arg) && statement.query != nullptr) {
      read_statement(source, *statement.query, out);
      return;
    }
  }
  out.emplace_back(Listen{"EXPLAIN"});
}

std::string_view harmless(PgQuery__Node__NodeCase kind) {
  switch (kind) {
    case PG_QUERY__NODE__NODE_LISTEN_STMT:
      return "LISTEN";
    case PG_QUERY__NODE__NODE_UNLISTEN_STMT:
      return "UNLISTEN";
    case PG_QUERY__NODE__NODE_NOTIFY_STMT:
      return "NOTIFY";
    case PG_QUERY__NODE__NODE_CHECK_POINT_STMT:
      return "CHECKPOINT";
    case PG_QUERY__NODE__NODE_LOAD_STMT:
      return "LOAD";
    case PG_QUERY__NODE__NODE_DEALLOCATE_STMT:
      return "DEALLOCATE";
    case PG_QUERY__NODE__NODE_PREPARE_STMT:
      return "PREPARE";
    case PG_QUERY__NODE__NODE_DECLARE_CURSOR_STMT:
      return "DECLARE";
    case PG_QUERY__NODE__NODE_CLOSE_PORTAL_STMT:
      return "CLOSE";
    case PG_QUERY__NODE__NODE_FETCH_STMT:
      return "FETCH";
    case PG_QUERY__NODE__NODE_VARIABLE_SHOW_STMT:
      return "SHOW";
    case PG_QUERY__NODE__NODE_SEC_LABEL_STMT:
      return "SECURITY LABEL";
    default:
      return {};
  }
}

}  // namespace

bool read_session(const Source& source, const Node& statement, Operations& out) {
  switch (statement.node_case) {
    case PG_QUERY__NODE__NODE_VARIABLE_SET_STMT:
      read_variable_set(*statement.variable_set_stmt, out);
      return true;
    case PG_QUERY__NODE__NODE_TRANSACTION_STMT:
      read_transaction(*statement.transaction_stmt, out);
      return true;
    case PG_QUERY__NODE__NODE_CONSTRAINTS_SET_STMT:
      out.emplace_back(Transaction{TransactionAction::SetConstraints, {}, false});
      return true;
    case PG_QUERY__NODE__NODE_LOCK_STMT:
      read_lock(*statement.lock_stmt, out);
      return true;
    case PG_QUERY__NODE__NODE_VACUUM_STMT:
      read_vacuum(*statement.vacuum_stmt, out);
      return true;
    case PG_QUERY__NODE__NODE_DISCARD_STMT:
      out.emplace_back(Discard{});
      return true;
    case PG_QUERY__NODE__NODE_EXPLAIN_STMT:
      read_explain(source, *statement.explain_stmt, out);
      return true;
    case PG_QUERY__NODE__NODE_CALL_STMT: {
      const PgQuery__FuncCall* call = statement.call_stmt->funccall;
      Call result;
      if (call != nullptr) result.procedure = object_name(list(call->n_funcname, call->funcname));
      out.emplace_back(std::move(result));
      return true;
    }
    default:
      break;
  }
  const std::string_view kind = harmless(statement.node_case);
  if (kind.empty()) return false;
  out.emplace_back(Listen{std::string(kind)});
  return true;
}

}  // namespace planner::pg
