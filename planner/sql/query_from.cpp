#include "planner/sql/query_resolver.h"

/// The items of FROM: tables, sub-queries, functions and their joins.
namespace planner::pg {
namespace {

/// May the item name columns of what stands before it in FROM? To hand those on costs a copy of them all, in
/// a chain of joins once for every table of it.
bool looks_left(const Node* item) {
  if (item == nullptr || item->node_case == PG_QUERY__NODE__NODE_RANGE_VAR) return false;
  if (item->node_case == PG_QUERY__NODE__NODE_RANGE_SUBSELECT) return item->range_subselect->lateral != 0;
  if (item->node_case == PG_QUERY__NODE__NODE_JOIN_EXPR)
    return looks_left(item->join_expr->larg) || looks_left(item->join_expr->rarg);
  return true;
}

std::vector<Identifier> alias_columns(const PgQuery__Alias* alias) {
  return alias == nullptr ? std::vector<Identifier>{} : identifiers(list(alias->n_colnames, alias->colnames));
}

}  // namespace

/// The alias and the column names it gives.
ScopeEntry Resolver::finished(ScopeEntry entry, PgQuery__Alias*& alias) {
  const std::vector<Identifier> names = alias_columns(alias);
  if (alias != nullptr) {
    entry.alias = identifier(alias->aliasname);
    entry.renames = true;
  }
  entry.printed = entry.alias;
  ++entries_;
  if (canonical_ && !entry.alias.empty()) {
    entry.printed = Identifier("#" + std::to_string(entries_));
    alias = draft_.arena->make<PgQuery__Alias>(pg_query__alias__init);
    alias->aliasname = draft_.arena->copy(entry.printed.str());
  }
  for (std::size_t i = 0; i < names.size() && i < entry.columns.size(); ++i) {
    if (entry.columns[i].column.name != names[i]) entry.columns[i].own_name = false;
    entry.columns[i].column.name = names[i];
  }
  for (ScopeColumn& column : entry.columns) column.qualifier = entry.printed;
  return entry;
}

Part Resolver::table(PgQuery__RangeVar& range, const Scope& before) {
  const ObjectName written = table_name(&range);
  ScopeEntry entry;
  entry.alias = written.name;
  for (const Scope* place = &before; place != nullptr && written.schema.empty(); place = place->outer) {
    const auto common = place->common.find(written.name);
    if (common == place->common.end()) continue;
    entry.known = common->second.known;
    entry.columns = common->second.columns;
    return as_part(finished(std::move(entry), range.alias));
  }
  const auto relation = catalog_.relation(written);
  if (!relation) {
    entry.known = false;
    return as_part(finished(std::move(entry), range.alias));
  }
  out_.reads[relation->name];
  entry.relation = relation->name;
  entry.known = relation->columns_known;
  for (const QueryColumn& column : relation->columns) {
    entry.columns.push_back({column, {{relation->name, column.name}}, {}, true});
  }
  ObjectName stored = relation->name;
  if (rename_ != nullptr && !rename_->to.empty() && stored == rename_->relation) {
    stored = rename_->to;
    // References go on to say the old name: no other one could be taken for it.
    if (range.alias == nullptr && stored.name != entry.alias) {
      range.alias = draft_.arena->make<PgQuery__Alias>(pg_query__alias__init);
      range.alias->aliasname = draft_.arena->copy(entry.alias.str());
    }
  }
  range.relname = draft_.arena->copy(stored.name.str());
  range.schemaname = draft_.arena->copy(stored.schema.str());
  return as_part(finished(std::move(entry), range.alias));
}

Part Resolver::sub_query(PgQuery__RangeSubselect& range, const Scope& before) {
  Scope bare;
  bare.outer = before.outer;
  bare.common = before.common;
  ScopeEntry entry;
  entry.known = false;
  if (range.subquery != nullptr && range.subquery->node_case == PG_QUERY__NODE__NODE_SELECT_STMT) {
    Output output = select(*range.subquery->select_stmt, range.lateral ? &before : &bare);
    entry.known = output.known;
    for (QueryColumn& column : output.columns) {
      settle_type(column);
      entry.columns.push_back({std::move(column), {}, {}, false});
    }
  }
  return as_part(finished(std::move(entry), range.alias));
}

Part Resolver::function(PgQuery__RangeFunction& range, const Scope& before) {
  ScopeEntry entry;
  const auto add = [&](QueryColumn column) { entry.columns.push_back({std::move(column), {}, {}, false}); };
  const auto defined = [&](std::size_t count, Node** definitions) {
    for (const Node* node : list(count, definitions)) {
      if (node->node_case != PG_QUERY__NODE__NODE_COLUMN_DEF) continue;
      add({identifier(node->column_def->colname), catalog_.type(type_name(node->column_def->type_name)), {}});
    }
    return count > 0;
  };
  for (Node* item : list(range.n_functions, range.functions)) {
    if (item->node_case != PG_QUERY__NODE__NODE_LIST || item->list->n_items == 0) continue;
    Node* call = item->list->items[0];
    expression(call, before);
    entry.alias = label_of_node(call);
    const Node* definitions = item->list->n_items > 1 ? item->list->items[1] : nullptr;
    if (definitions != nullptr && definitions->node_case == PG_QUERY__NODE__NODE_LIST &&
        defined(definitions->list->n_items, definitions->list->items)) {
      continue;
    }
    if (defined(range.n_coldeflist, range.coldeflist)) continue;
    QueryCatalog::CallResult result;
    if (call->node_case == PG_QUERY__NODE__NODE_FUNC_CALL) {
      result = types_.of_call(*call->func_call);
    } else {
      result.type = types_.of(call).type;
    }
    if (!result.columns.empty()) {
      for (QueryColumn& column : result.columns) add(std::move(column));
    } else if (!result.type.empty()) {
      result.type.set_of = false;
      add({range.alias != nullptr ? identifier(range.alias->aliasname) : entry.alias, result.type, {}});
    } else {
      entry.known = false;
    }
  }
  if (range.ordinality) add({Identifier("ordinality"), parse_type("bigint"), {}});
  if (!entry.known) {
    // Names it gives itself are known, whatever the function returns.
    const std::vector<Identifier> names = alias_columns(range.alias);
    entry.columns.clear();
    for (const Identifier& name : names) add({name, {}, {}});
    entry.known = !names.empty();
    if (entry.known) {
      ScopeEntry named = finished(std::move(entry), range.alias);
      return as_part(std::move(named));
    }
  }
  return as_part(finished(std::move(entry), range.alias));
}

/// What USING and NATURAL make one column of; takes them out of what both sides show.
std::vector<ScopeColumn> Resolver::merged(PgQuery__JoinExpr& join, Part& left, Part& right) {
  std::vector<Identifier> names = identifiers(list(join.n_using_clause, join.using_clause));
  if (join.is_natural) {
    if (has_unknown(left.entries) || has_unknown(right.entries)) {
      unclear(left.entries);
      unclear(right.entries);
      return {};
    }
    for (const ScopeColumn& column : left.visible) {
      const bool both =
          std::any_of(right.visible.begin(), right.visible.end(),
                      [&](const ScopeColumn& other) { return other.column.name == column.column.name; });
      if (both) names.push_back(column.column.name);
    }
    // PostgreSQL stores which columns it was.
    join.is_natural = 0;
    join.n_using_clause = names.size();
    join.using_clause = draft_.arena->array<Node>(names.size());
    for (std::size_t i = 0; i < names.size(); ++i) join.using_clause[i] = string_node(draft_, names[i].str());
  }
  std::vector<ScopeColumn> out;
  for (const Identifier& name : names) {
    ScopeColumn both;
    both.column.name = name;
    both.own_name = true;
    for (Part* side : {&left, &right}) {
      const auto at = std::find_if(side->visible.begin(), side->visible.end(),
                                   [&](const ScopeColumn& column) { return column.column.name == name; });
      if (at == side->visible.end()) {
        unclear(side->entries);
        continue;
      }
      read(*at);
      // Both sides' common type.
      both.column = side == &left ? at->column : unified(both.column, at->column);
      both.column.name = name;
      if (std::any_of(at->sources.begin(), at->sources.end(),
                      [&](const ColumnSource& s) { return is_renamed(s); })) {
        out_.understood = false;
      }
      both.sources.insert(both.sources.end(), at->sources.begin(), at->sources.end());
      side->visible.erase(at);
    }
    out.push_back(std::move(both));
  }
  return out;
}

Part Resolver::join(PgQuery__JoinExpr& join, const Scope& before) {
  Part left = from_item(join.larg, before);
  Part right;
  if (looks_left(join.rarg)) {
    Scope before_right = before;
    append(before_right, left);
    right = from_item(join.rarg, before_right);
  } else {
    right = from_item(join.rarg, before);
  }
  std::vector<ScopeColumn> both = merged(join, left, right);
  Scope sides;
  sides.outer = before.outer;
  sides.common = before.common;
  sides.visible = both;
  if (join.join_using_alias != nullptr) {
    ScopeEntry entry;
    entry.columns = both;
    sides.entries.push_back(finished(std::move(entry), join.join_using_alias));
  }
  append(sides, std::move(left));
  append(sides, std::move(right));
  expression(join.quals, sides);
  if (join.alias != nullptr) {
    ScopeEntry entry;
    entry.known = !has_unknown(sides.entries);
    entry.columns = sides.visible;
    for (ScopeColumn& column : entry.columns) column.own_name = false;
    return as_part(finished(std::move(entry), join.alias));
  }
  return {std::move(sides.entries), std::move(sides.visible)};
}

Part Resolver::from_item(Node* node, const Scope& before) {
  if (node == nullptr) return {};
  switch (node->node_case) {
    case PG_QUERY__NODE__NODE_RANGE_VAR:
      return table(*node->range_var, before);
    case PG_QUERY__NODE__NODE_RANGE_SUBSELECT:
      return sub_query(*node->range_subselect, before);
    case PG_QUERY__NODE__NODE_RANGE_FUNCTION:
      return function(*node->range_function, before);
    case PG_QUERY__NODE__NODE_JOIN_EXPR:
      return join(*node->join_expr, before);
    case PG_QUERY__NODE__NODE_RANGE_TABLE_SAMPLE:
      expressions(node->range_table_sample->n_args, node->range_table_sample->args, before);
      return from_item(node->range_table_sample->relation, before);
    default: {
      expression(node, before);
      ScopeEntry entry;
      entry.known = false;
      PgQuery__Alias* none = nullptr;
      const bool table_function = node->node_case == PG_QUERY__NODE__NODE_RANGE_TABLE_FUNC;
      return as_part(finished(std::move(entry), table_function ? node->range_table_func->alias : none));
    }
  }
}

}  // namespace planner::pg
