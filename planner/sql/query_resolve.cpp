#include "planner/sql/query_resolve.h"

#include <algorithm>

#include "planner/sql/query.h"
#include "planner/sql/query_resolver.h"

namespace planner {
namespace pg {

void Resolver::common_tables(const PgQuery__WithClause& with, Scope& scope) {
  for (Node* node : list(with.n_ctes, with.ctes)) {
    if (node->node_case != PG_QUERY__NODE__NODE_COMMON_TABLE_EXPR) continue;
    PgQuery__CommonTableExpr& common = *node->common_table_expr;
    const Identifier name = identifier(common.ctename);
    const std::vector<Identifier> names = identifiers(list(common.n_aliascolnames, common.aliascolnames));
    const auto put = [&](Output output) {
      ScopeEntry entry;
      entry.known = output.known;
      for (std::size_t i = 0; i < output.columns.size(); ++i) {
        settle_type(output.columns[i]);
        if (i < names.size()) output.columns[i].name = names[i];
        entry.columns.push_back({std::move(output.columns[i]), {}, {}, false});
      }
      scope.common[name] = std::move(entry);
    };
    if (common.ctequery == nullptr || common.ctequery->node_case != PG_QUERY__NODE__NODE_SELECT_STMT) {
      put({{}, false});
      continue;
    }
    PgQuery__SelectStmt& query = *common.ctequery->select_stmt;
    if (with.recursive && query.larg != nullptr) {
      // What the first branch returns is what the others may read.
      put({{}, false});
      if (query.with_clause != nullptr) common_tables(*query.with_clause, scope);
      put(select(*query.larg, &scope));
    }
    put(select(query, &scope));
  }
}

Output Resolver::branches(PgQuery__SelectStmt& query, const Scope& scope) {
  Output left = query.larg == nullptr ? Output{} : select(*query.larg, &scope);
  const Output right = query.rarg == nullptr ? Output{} : select(*query.rarg, &scope);
  left.known = left.known && right.known && left.columns.size() == right.columns.size();
  if (!left.known) return left;
  for (std::size_t i = 0; i < left.columns.size(); ++i) {
    const Identifier name = left.columns[i].name;
    left.columns[i] = unified(left.columns[i], right.columns[i]);
    left.columns[i].name = name;
  }
  return left;
}

Output Resolver::values(PgQuery__SelectStmt& query, const Scope& scope) {
  Output output;
  for (Node* row : list(query.n_values_lists, query.values_lists)) {
    if (row->node_case != PG_QUERY__NODE__NODE_LIST) continue;
    expression(row, scope);
    for (std::size_t i = 0; i < row->list->n_items; ++i) {
      QueryColumn column = types_.of(row->list->items[i]);
      if (i < output.columns.size()) {
        output.columns[i] = unified(output.columns[i], column);
      } else {
        output.columns.push_back(std::move(column));
      }
      output.columns[i].name = Identifier("column" + std::to_string(i + 1));
    }
  }
  return output;
}

void Resolver::target(Node* node, const Scope& scope, Output& output, std::vector<Node*>& nodes) {
  PgQuery__ResTarget& target = *node->res_target;
  const auto all_of = [&](const std::vector<ScopeColumn>& columns) {
    for (const ScopeColumn& column : columns) {
      auto* made = draft_.arena->make<PgQuery__ResTarget>(pg_query__res_target__init);
      made->val = column_node(column);
      if (label_of_target(*made) != column.column.name) {
        made->name = draft_.arena->copy(column.column.name.str());
      }
      auto* made_node = draft_.arena->make<Node>(pg_query__node__init);
      made_node->node_case = PG_QUERY__NODE__NODE_RES_TARGET;
      made_node->res_target = made;
      nodes.push_back(made_node);
      output.columns.push_back(column.column);
    }
  };
  const auto is_star = [](const Node* last) { return last->node_case == PG_QUERY__NODE__NODE_A_STAR; };
  if (target.val != nullptr && target.val->node_case == PG_QUERY__NODE__NODE_COLUMN_REF &&
      target.val->column_ref->n_fields > 0 &&
      is_star(target.val->column_ref->fields[target.val->column_ref->n_fields - 1])) {
    PgQuery__ColumnRef& ref = *target.val->column_ref;
    const std::vector<Identifier> names = names_in(ref);
    if (names.empty()) {
      if (!has_unknown(scope.entries)) return all_of(scope.visible);
      unclear(scope.entries);
      for (const ScopeColumn& column : scope.visible) read(column);
    } else {
      for (const Scope* place = &scope; place != nullptr; place = place->outer) {
        const ScopeEntry* entry = entry_in(place->entries, names.back());
        if (entry == nullptr) continue;
        if (entry->known) return all_of(entry->columns);
        if (!entry->relation.empty()) add_once(out_.unclear, entry->relation);
        break;
      }
    }
    output.known = false;
    nodes.push_back(node);
    return;
  }
  const Identifier label = label_of_target(target);
  expression(target.val, scope);
  if (!has_text(target.name) && label_of_target(target) != label) {
    target.name = draft_.arena->copy(label.str());
  }
  if (target.val != nullptr && target.val->node_case == PG_QUERY__NODE__NODE_A_INDIRECTION &&
      target.val->a_indirection->n_indirection > 0 &&
      is_star(target.val->a_indirection->indirection[target.val->a_indirection->n_indirection - 1])) {
    output.known = false;
  }
  QueryColumn column = types_.of(target.val);
  column.name = label.empty() ? Identifier("?column?") : label;
  output.columns.push_back(std::move(column));
  nodes.push_back(node);
}

void Resolver::targets(PgQuery__SelectStmt& query, const Scope& scope, Output& output) {
  std::vector<Node*> nodes;
  for (Node* node : list(query.n_target_list, query.target_list)) {
    if (node->node_case == PG_QUERY__NODE__NODE_RES_TARGET) target(node, scope, output, nodes);
  }
  query.n_target_list = nodes.size();
  query.target_list = draft_.arena->array<Node>(nodes.size());
  std::copy(nodes.begin(), nodes.end(), query.target_list);
}

/// A name alone means a column of FROM, and only then one of the output.
void Resolver::group_key(Node*& key, const Scope& scope, const Output& output) {
  if (key->node_case == PG_QUERY__NODE__NODE_COLUMN_REF && key->column_ref->n_fields == 1) {
    const std::string_view name = string_of(key->column_ref->fields[0]);
    const bool of_from =
        std::any_of(scope.visible.begin(), scope.visible.end(),
                    [&](const ScopeColumn& column) { return column.column.name.str() == name; });
    for (std::size_t i = 0; i < output.columns.size() && !of_from && output.known; ++i) {
      if (output.columns[i].name.str() != name) continue;
      auto* place = draft_.arena->make<PgQuery__AConst>(pg_query__a__const__init);
      place->val_case = PG_QUERY__A__CONST__VAL_IVAL;
      place->ival = draft_.arena->make<PgQuery__Integer>(pg_query__integer__init);
      place->ival->ival = static_cast<std::int32_t>(i + 1);
      auto* node = draft_.arena->make<Node>(pg_query__node__init);
      node->node_case = PG_QUERY__NODE__NODE_A_CONST;
      node->a_const = place;
      key = node;
      return;
    }
  }
  expression(key, scope);
}

Output Resolver::body(PgQuery__SelectStmt& query, Scope& scope) {
  for (Node* item : list(query.n_from_clause, query.from_clause)) append(scope, from_item(item, scope));
  Output output;
  targets(query, scope, output);
  expression(query.where_clause, scope);
  for (std::size_t i = 0; i < query.n_group_clause; ++i) group_key(query.group_clause[i], scope, output);
  expression(query.having_clause, scope);
  expressions(query.n_window_clause, query.window_clause, scope);
  expressions(query.n_distinct_clause, query.distinct_clause, scope);
  for (Node* key : list(query.n_sort_clause, query.sort_clause)) {
    Node* value = key->node_case == PG_QUERY__NODE__NODE_SORT_BY ? key->sort_by->node : key;
    if (value->node_case == PG_QUERY__NODE__NODE_COLUMN_REF && value->column_ref->n_fields == 1) {
      const Identifier name(string_of(value->column_ref->fields[0]));
      const bool of_output = std::any_of(output.columns.begin(), output.columns.end(),
                                         [&](const QueryColumn& column) { return column.name == name; });
      if (of_output || !output.known) continue;
    }
    expression(value, scope);
  }
  return output;
}

Output Resolver::select(PgQuery__SelectStmt& query, const Scope* outer) {
  Scope scope;
  scope.outer = outer;
  if (query.with_clause != nullptr) common_tables(*query.with_clause, scope);
  Output output;
  if (query.op != PG_QUERY__SET_OPERATION__SETOP_NONE && query.larg != nullptr) {
    output = branches(query, scope);
  } else if (query.n_values_lists > 0) {
    output = values(query, scope);
  } else {
    output = body(query, scope);
  }
  expression(query.limit_offset, scope);
  expression(query.limit_count, scope);
  if (output.known) queries_[&query] = output.columns;
  return output;
}

ResolvedQuery Resolver::run() {
  if (draft_.node->node_case != PG_QUERY__NODE__NODE_SELECT_STMT) {
    out_.columns_known = false;
    out_.understood = false;
    for (const TableName& written : relations_of(message_of(*draft_.node))) {
      const auto relation = catalog_.relation(written);
      if (relation) add_once(out_.unclear, relation->name);
    }
    return std::move(out_);
  }
  Output output = select(*draft_.node->select_stmt, nullptr);
  out_.columns_known = output.known;
  if (output.known) {
    out_.columns = std::move(output.columns);
    for (QueryColumn& column : out_.columns) settle_type(column);
  }
  out_.stored = draft_.finish();
  return std::move(out_);
}

ResolvedQuery Resolver::run_about(const ObjectName& relation) {
  auto* range = draft_.arena->make<PgQuery__RangeVar>(pg_query__range_var__init);
  range->relname = draft_.arena->copy(relation.name.str());
  range->schemaname = draft_.arena->copy(relation.schema.str());
  range->inh = 1;
  Scope scope;
  append(scope, table(*range, scope));
  expression(draft_.node, scope);
  out_.columns = {types_.of(draft_.node)};
  out_.stored = draft_.finish();
  return std::move(out_);
}

}  // namespace pg

ResolvedQuery resolve_expression(const Expression& expression, const ObjectName& about,
                                 const QueryCatalog& catalog, const QueryRename* rename) {
  if (expression.empty()) return {};
  const ExpressionAccess::Draft draft = ExpressionAccess::copy(expression);
  return pg::Resolver(draft, catalog, rename).run_about(about);
}

Expression canonical_query(const Expression& query, const QueryCatalog& catalog) {
  if (query.empty()) return query;
  const ExpressionAccess::Draft draft = ExpressionAccess::copy(query);
  const ResolvedQuery resolved = pg::Resolver(draft, catalog, nullptr, true).run();
  return resolved.stored.empty() ? query : resolved.stored;
}

Expression with_output_names(const Expression& query, const std::vector<Identifier>& names) {
  if (query.empty() || names.empty()) return query;
  const ExpressionAccess::Draft draft = ExpressionAccess::copy(query);
  if (draft.node->node_case != PG_QUERY__NODE__NODE_SELECT_STMT) return query;
  PgQuery__SelectStmt* first = draft.node->select_stmt;
  while (first->larg != nullptr) first = first->larg;
  for (std::size_t i = 0; i < first->n_target_list && i < names.size(); ++i) {
    pg::Node* target = first->target_list[i];
    if (target->node_case != PG_QUERY__NODE__NODE_RES_TARGET) continue;
    const bool says_it = pg::label_of_target(*target->res_target) == names[i];
    if (!says_it) target->res_target->name = draft.arena->copy(names[i].str());
  }
  return draft.finish();
}

ResolvedQuery resolve_query(const Expression& query, const QueryCatalog& catalog, const QueryRename* rename) {
  if (query.empty()) return {};
  const ExpressionAccess::Draft draft = ExpressionAccess::copy(query);
  ResolvedQuery resolved = pg::Resolver(draft, catalog, rename).run();
  if (resolved.stored.empty()) resolved.stored = query;
  return resolved;
}

}  // namespace planner
