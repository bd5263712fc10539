#include "planner/sql/read.h"

namespace planner::pg {

void read_create_index(const Source& source, const PgQuery__IndexStmt& statement, Operations& out) {
  CreateIndex result;
  result.name = identifier(statement.idxname);
  result.table = table_name(statement.relation);
  result.only = statement.relation->inh == 0;
  for (const Node* element : list(statement.n_index_params, statement.index_params)) {
    result.elements.push_back(index_element(source, *element->index_elem));
  }
  for (const Node* element : list(statement.n_index_including_params, statement.index_including_params)) {
    result.included.push_back(identifier(element->index_elem->name));
  }
  result.method = has_text(statement.access_method) ? statement.access_method : "btree";
  result.predicate = scalar(source, statement.where_clause);
  result.options = options(list(statement.n_options, statement.options));
  result.tablespace = text_of(statement.table_space);
  result.unique = statement.unique;
  result.concurrently = statement.concurrent;
  result.if_not_exists = statement.if_not_exists;
  result.nulls_not_distinct = statement.nulls_not_distinct;
  out.emplace_back(std::move(result));
}

void read_reindex(const PgQuery__ReindexStmt& statement, Operations& out) {
  Reindex result;
  switch (statement.kind) {
    case PG_QUERY__REINDEX_OBJECT_TYPE__REINDEX_OBJECT_TABLE:
      result.target = ReindexTarget::Table;
      break;
    case PG_QUERY__REINDEX_OBJECT_TYPE__REINDEX_OBJECT_SCHEMA:
      result.target = ReindexTarget::Schema;
      break;
    case PG_QUERY__REINDEX_OBJECT_TYPE__REINDEX_OBJECT_SYSTEM:
      result.target = ReindexTarget::System;
      break;
    case PG_QUERY__REINDEX_OBJECT_TYPE__REINDEX_OBJECT_DATABASE:
      result.target = ReindexTarget::Database;
      break;
    default:
      result.target = ReindexTarget::Index;
      break;
  }
  result.name =
      statement.relation != nullptr ? table_name(statement.relation) : ObjectName(identifier(statement.name));
  for (const Option& option : options(list(statement.n_params, statement.params))) {
    if (option.name == "concurrently") {
      result.concurrently =
          option.value.empty() || option.value == "true" || option.value == "on" || option.value == "1";
    }
  }
  out.emplace_back(std::move(result));
}

void read_create_statistics(const Source& source, const PgQuery__CreateStatsStmt& statement,
                            Operations& out) {
  CreateStatistics result;
  result.name = object_name(list(statement.n_defnames, statement.defnames));
  result.if_not_exists = statement.if_not_exists;
  for (const Node* kind : list(statement.n_stat_types, statement.stat_types)) {
    result.kinds.emplace_back(string_of(kind));
  }
  for (const Node* node : list(statement.n_exprs, statement.exprs)) {
    if (node->node_case != PG_QUERY__NODE__NODE_STATS_ELEM) continue;
    if (has_text(node->stats_elem->name)) result.columns.push_back(identifier(node->stats_elem->name));
    if (node->stats_elem->expr != nullptr)
      result.expressions.push_back(scalar(source, node->stats_elem->expr));
  }
  for (const Node* relation : list(statement.n_relations, statement.relations)) {
    if (relation->node_case == PG_QUERY__NODE__NODE_RANGE_VAR) result.table = table_name(relation->range_var);
  }
  out.emplace_back(std::move(result));
}

}  // namespace planner::pg
