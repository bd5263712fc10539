#include "planner/sql/grouping.h"

#include <algorithm>

#include "planner/sql/builtin_results.h"
#include "planner/sql/tree.h"

namespace planner {
namespace {

struct Grouped {
  Identifier alias;
  GroupedRows rows;
};

void add_relations(const pg::Node& from, std::vector<Grouped>& out) {
  pg::walk(pg::message_of(from), [&](const ProtobufCMessage& message) {
    if (message.descriptor == &pg_query__range_subselect__descriptor) return false;
    if (message.descriptor != &pg_query__range_var__descriptor) return true;
    const auto& variable = pg::as_message_of<PgQuery__RangeVar>(message);
    Grouped grouped;
    grouped.rows.relation = pg::table_name(&variable);
    grouped.alias =
        variable.alias != nullptr ? pg::identifier(variable.alias->aliasname) : grouped.rows.relation.name;
    out.push_back(std::move(grouped));
    return false;
  });
}

bool is_aggregate(const ProtobufCMessage& message) {
  if (message.descriptor != &pg_query__func_call__descriptor) return false;
  const auto& call = pg::as_message_of<PgQuery__FuncCall>(message);
  return call.agg_star || call.n_agg_order > 0 || call.agg_filter != nullptr ||
         (call.n_funcname > 0 && call.over == nullptr &&
          is_builtin_aggregate(pg::string_of(call.funcname[call.n_funcname - 1])));
}

/// Columns written `alias.column`, those inside aggregates left out.
template <typename Found>
void each_column(const pg::Node* node, const Found& found) {
  if (node == nullptr) return;
  pg::walk(pg::message_of(*node), [&](const ProtobufCMessage& message) {
    if (is_aggregate(message)) return false;
    if (message.descriptor != &pg_query__column_ref__descriptor) return true;
    const auto& reference = pg::as_message_of<PgQuery__ColumnRef>(message);
    if (reference.n_fields == 2 && reference.fields[1]->node_case == PG_QUERY__NODE__NODE_STRING)
      found(Identifier(pg::string_of(reference.fields[0])), Identifier(pg::string_of(reference.fields[1])));
    return false;
  });
}

void read_select(const PgQuery__SelectStmt& select, std::vector<GroupedRows>& out) {
  if (select.n_group_clause == 0) return;
  std::vector<Grouped> all;
  for (const pg::Node* from : pg::list(select.n_from_clause, select.from_clause)) add_relations(*from, all);
  const auto rows_of = [&](const Identifier& alias) -> GroupedRows* {
    const auto held =
        std::find_if(all.begin(), all.end(), [&](const Grouped& each) { return each.alias == alias; });
    return held == all.end() ? nullptr : &held->rows;
  };
  for (const pg::Node* key : pg::list(select.n_group_clause, select.group_clause)) {
    if (key->node_case != PG_QUERY__NODE__NODE_COLUMN_REF) continue;
    each_column(key, [&](const Identifier& alias, const Identifier& column) {
      if (GroupedRows* rows = rows_of(alias)) rows->keys.push_back(column);
    });
  }
  const auto use = [&](const Identifier& alias, const Identifier& column) {
    GroupedRows* rows = rows_of(alias);
    if (rows != nullptr && std::find(rows->keys.begin(), rows->keys.end(), column) == rows->keys.end())
      rows->ungrouped.push_back(column);
  };
  for (const pg::Node* target : pg::list(select.n_target_list, select.target_list)) each_column(target, use);
  each_column(select.having_clause, use);
  for (const pg::Node* order : pg::list(select.n_sort_clause, select.sort_clause)) each_column(order, use);
  for (Grouped& each : all) out.push_back(std::move(each.rows));
}

}  // namespace

std::vector<GroupedRows> grouped_rows(const Expression& query) {
  std::vector<GroupedRows> out;
  const pg::Node* root = ExpressionAccess::node(query);
  if (root == nullptr) return out;
  pg::walk(pg::message_of(*root), [&](const ProtobufCMessage& message) {
    if (message.descriptor == &pg_query__select_stmt__descriptor)
      read_select(pg::as_message_of<PgQuery__SelectStmt>(message), out);
    return true;
  });
  return out;
}

}  // namespace planner
