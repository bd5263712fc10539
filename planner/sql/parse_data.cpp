#include "planner/sql/read.h"

namespace planner::pg {

namespace {

std::vector<Identifier> written_columns(std::span<Node* const> targets) {
  std::vector<Identifier> columns;
  columns.reserve(targets.size());
  for (const Node* target : targets) {
    if (target->node_case == PG_QUERY__NODE__NODE_RES_TARGET)
      columns.push_back(identifier(target->res_target->name));
  }
  return columns;
}

bool has_subquery(const Node* node) {
  bool found = false;
  if (node != nullptr) {
    walk(message_of(*node), [&](const ProtobufCMessage& part) {
      found = found || part.descriptor == &pg_query__sub_link__descriptor;
      return !found;
    });
  }
  return found;
}

bool any_subquery(std::span<Node* const> targets) {
  for (const Node* target : targets) {
    if (has_subquery(target)) return true;
  }
  return false;
}

void read_update(const Source& source, const Node& statement, Operations& out) {
  const PgQuery__UpdateStmt& update = *statement.update_stmt;
  const auto targets = list(update.n_target_list, update.target_list);
  Update result;
  result.table = table_name(update.relation);
  result.columns = written_columns(targets);
  result.where = scalar(source, update.where_clause);
  result.statement = query(source, &statement);
  result.from_other_tables = update.n_from_clause > 0 || update.with_clause != nullptr ||
                             has_subquery(update.where_clause) || any_subquery(targets);
  out.emplace_back(std::move(result));
}

void read_delete(const Source& source, const Node& statement, Operations& out) {
  const PgQuery__DeleteStmt& deletion = *statement.delete_stmt;
  Delete result;
  result.table = table_name(deletion.relation);
  result.where = scalar(source, deletion.where_clause);
  result.statement = query(source, &statement);
  result.from_other_tables =
      deletion.n_using_clause > 0 || deletion.with_clause != nullptr || has_subquery(deletion.where_clause);
  out.emplace_back(std::move(result));
}

void read_insert(const Source& source, const Node& statement, Operations& out) {
  const PgQuery__InsertStmt& insert = *statement.insert_stmt;
  Insert result;
  result.table = table_name(insert.relation);
  result.columns = written_columns(list(insert.n_cols, insert.cols));
  result.statement = query(source, &statement);
  if (insert.select_stmt != nullptr && insert.select_stmt->node_case == PG_QUERY__NODE__NODE_SELECT_STMT) {
    result.from_query = insert.select_stmt->select_stmt->n_values_lists == 0;
    if (result.from_query || has_subquery(insert.select_stmt)) {
      result.source_tables = relations_of(message_of(*insert.select_stmt));
    }
  }
  out.emplace_back(std::move(result));
}

}  // namespace

bool read_data(const Source& source, const Node& statement, Operations& out) {
  switch (statement.node_case) {
    case PG_QUERY__NODE__NODE_UPDATE_STMT:
      read_update(source, statement, out);
      return true;
    case PG_QUERY__NODE__NODE_DELETE_STMT:
      read_delete(source, statement, out);
      return true;
    case PG_QUERY__NODE__NODE_INSERT_STMT:
      read_insert(source, statement, out);
      return true;
    case PG_QUERY__NODE__NODE_SELECT_STMT:
      if (into_of(*statement.select_stmt) != nullptr) {
        read_select_into(source, statement, out);
      } else {
        out.emplace_back(Select{query(source, &statement)});
      }
      return true;
    case PG_QUERY__NODE__NODE_MERGE_STMT:
      out.emplace_back(Merge{table_name(statement.merge_stmt->relation), query(source, &statement)});
      return true;
    case PG_QUERY__NODE__NODE_TRUNCATE_STMT: {
      const PgQuery__TruncateStmt& truncate = *statement.truncate_stmt;
      Truncate result;
      for (const Node* relation : list(truncate.n_relations, truncate.relations)) {
        if (relation->node_case == PG_QUERY__NODE__NODE_RANGE_VAR) {
          result.tables.push_back(table_name(relation->range_var));
          result.only.push_back(relation->range_var->inh == 0);
        }
      }
      result.cascade = cascade(truncate.behavior);
      result.restart_identity = truncate.restart_seqs;
      out.emplace_back(std::move(result));
      return true;
    }
    case PG_QUERY__NODE__NODE_COPY_STMT: {
      const PgQuery__CopyStmt& copy = *statement.copy_stmt;
      if (copy.relation == nullptr && copy.query != nullptr) {  // COPY (SELECT ..) TO
        out.emplace_back(Select{query(source, copy.query)});
        return true;
      }
      Copy result;
      result.from = copy.is_from;
      result.table = table_name(copy.relation);
      out.emplace_back(std::move(result));
      return true;
    }
    default:
      return false;
  }
}

}  // namespace planner::pg
