#include "planner/sql/query_resolve.h"

#include <algorithm>
#include <array>

#include "planner/sql/query.h"
#include "planner/sql/query_scope.h"

namespace planner {
namespace pg {
namespace {

template <typename T>
void add_once(std::vector<T>& items, const T& item) {
  if (std::find(items.begin(), items.end(), item) == items.end()) items.push_back(item);
}

/// What a SELECT returns.
struct Output {
  QueryColumns columns;
  bool known = true;
};

/// A part of FROM on its way into the scope.
struct Part {
  std::vector<ScopeEntry> entries;
  std::vector<ScopeColumn> visible;
};

void append(Scope& scope, Part part) {
  std::move(part.entries.begin(), part.entries.end(), std::back_inserter(scope.entries));
  std::move(part.visible.begin(), part.visible.end(), std::back_inserter(scope.visible));
}

bool is_system_column(const Identifier& name) {
  static constexpr std::array<std::string_view, 6> kNames{"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"};
  return std::find(kNames.begin(), kNames.end(), name.str()) != kNames.end();
}

bool has_unknown(const std::vector<ScopeEntry>& entries) {
  return std::any_of(entries.begin(), entries.end(), [](const ScopeEntry& entry) { return !entry.known; });
}

const ScopeEntry* entry_in(const std::vector<ScopeEntry>& entries, const Identifier& alias) {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const ScopeEntry& entry) { return entry.alias == alias; });
  return found == entries.end() ? nullptr : &*found;
}

/// The names of a reference, without its star.
std::vector<Identifier> names_in(const PgQuery__ColumnRef& ref) {
  std::vector<Identifier> names;
  for (const Node* field : list(ref.n_fields, ref.fields)) {
    if (field->node_case == PG_QUERY__NODE__NODE_STRING) names.emplace_back(string_of(field));
  }
  return names;
}

std::vector<Identifier> alias_columns(const PgQuery__Alias* alias) {
  return alias == nullptr ? std::vector<Identifier>{} : identifiers(list(alias->n_colnames, alias->colnames));
}

class Resolver {
 public:
  Resolver(const ExpressionAccess::Draft& draft, const QueryCatalog& catalog, const QueryRename* rename,
           bool canonical = false)
      : draft_(draft),
        catalog_(catalog),
        rename_(rename),
        types_(catalog, columns_, queries_),
        canonical_(canonical) {}

  ResolvedQuery run();
  ResolvedQuery run_about(const ObjectName& relation);

 private:
  Output select(PgQuery__SelectStmt& query, const Scope* outer);
  Output body(PgQuery__SelectStmt& query, Scope& scope);
  Output branches(PgQuery__SelectStmt& query, const Scope& scope);
  Output values(PgQuery__SelectStmt& query, const Scope& scope);
  void common_tables(const PgQuery__WithClause& with, Scope& scope);
  void targets(PgQuery__SelectStmt& query, const Scope& scope, Output& output);
  void target(Node* node, const Scope& scope, Output& output, std::vector<Node*>& nodes);
  void group_key(Node*& key, const Scope& scope, const Output& output);

  Part from_item(Node* node, const Scope& before);
  Part table(PgQuery__RangeVar& range, const Scope& before);
  Part sub_query(PgQuery__RangeSubselect& range, const Scope& before);
  Part function(PgQuery__RangeFunction& range, const Scope& before);
  Part join(PgQuery__JoinExpr& join, const Scope& before);
  std::vector<ScopeColumn> merged(PgQuery__JoinExpr& join, Part& left, Part& right);

  void expression(const ProtobufCMessage& message, const Scope& scope);
  void expression(Node* node, const Scope& scope) {
    if (node != nullptr) expression(message_of(*node), scope);
  }
  void expressions(std::size_t count, Node** nodes, const Scope& scope) {
    for (Node* node : list(count, nodes)) expression(node, scope);
  }
  void reference(PgQuery__ColumnRef& ref, const Scope& scope);
  bool unqualified(PgQuery__ColumnRef& ref, const Identifier& name, const Scope& scope);
  void qualified(PgQuery__ColumnRef& ref, const ScopeEntry& entry, const Identifier& name);
  void bind(PgQuery__ColumnRef& ref, const ScopeColumn& column);
  void read(const ScopeColumn& column);
  void unclear(const std::vector<ScopeEntry>& entries);
  void refuse(std::string sqlstate, std::string message);

  Node* string_node(std::string_view text) const;
  Node* column_node(const ScopeColumn& column);
  Identifier printed_name(const ScopeColumn& column);
  bool is_renamed(const ColumnSource& source) const {
    return rename_ != nullptr && !rename_->column.empty() && source.relation == rename_->relation &&
           source.column == rename_->column;
  }
  ScopeEntry finished(ScopeEntry entry, PgQuery__Alias*& alias);
  static Part as_part(ScopeEntry entry) {
    Part part;
    part.visible = entry.columns;
    part.entries.push_back(std::move(entry));
    return part;
  }

  const ExpressionAccess::Draft& draft_;
  const QueryCatalog& catalog_;
  const QueryRename* rename_;
  ResolvedQuery out_;
  std::unordered_map<const PgQuery__ColumnRef*, QueryColumn> columns_;
  std::unordered_map<const PgQuery__SelectStmt*, QueryColumns> queries_;
  ExpressionTypes types_;
  bool canonical_;  ///< aliases are numbered, so that queries can be compared
  std::size_t entries_ = 0;
};

// ---- small steps

Node* Resolver::string_node(std::string_view text) const {
  auto* string = draft_.arena->make<PgQuery__String>(pg_query__string__init);
  string->sval = draft_.arena->copy(text);
  auto* node = draft_.arena->make<Node>(pg_query__node__init);
  node->node_case = PG_QUERY__NODE__NODE_STRING;
  node->string = string;
  return node;
}

Identifier Resolver::printed_name(const ScopeColumn& column) {
  const bool renamed = std::any_of(column.sources.begin(), column.sources.end(),
                                   [this](const ColumnSource& source) { return is_renamed(source); });
  if (!renamed || !column.own_name) return column.column.name;
  if (column.qualifier.empty()) {  // USING (a): PostgreSQL then gives the table column aliases
    out_.understood = false;
    return column.column.name;
  }
  return rename_->column_to;
}

Node* Resolver::column_node(const ScopeColumn& column) {
  auto* ref = draft_.arena->make<PgQuery__ColumnRef>(pg_query__column_ref__init);
  auto* node = draft_.arena->make<Node>(pg_query__node__init);
  node->node_case = PG_QUERY__NODE__NODE_COLUMN_REF;
  node->column_ref = ref;
  bind(*ref, column);
  return node;
}

void Resolver::refuse(std::string sqlstate, std::string message) {
  if (!out_.error.empty() || !catalog_.is_complete()) return;
  out_.error = std::move(message);
  out_.sqlstate = std::move(sqlstate);
}

void Resolver::read(const ScopeColumn& column) {
  for (const ColumnSource& source : column.sources) add_once(out_.reads[source.relation], source.column);
}

void Resolver::unclear(const std::vector<ScopeEntry>& entries) {
  for (const ScopeEntry& entry : entries) {
    if (!entry.known && !entry.relation.empty()) add_once(out_.unclear, entry.relation);
  }
}

/// From here on the reference says which table it means.
void Resolver::bind(PgQuery__ColumnRef& ref, const ScopeColumn& column) {
  read(column);
  columns_[&ref] = column.column;
  const Identifier& qualifier = column.qualifier;
  ref.n_fields = qualifier.empty() ? 1 : 2;
  ref.fields = draft_.arena->array<Node>(ref.n_fields);
  if (!qualifier.empty()) ref.fields[0] = string_node(qualifier.str());
  ref.fields[ref.n_fields - 1] = string_node(printed_name(column).str());
}

// ---- references

bool Resolver::unqualified(PgQuery__ColumnRef& ref, const Identifier& name, const Scope& scope) {
  const ScopeColumn* found = nullptr;
  std::size_t count = 0;
  for (const ScopeColumn& column : scope.visible) {
    if (column.column.name != name) continue;
    found = &column;
    ++count;
  }
  if (count > 1) {
    refuse("42702", "column reference \"" + name.str() + "\" is ambiguous");
    for (const ScopeColumn& column : scope.visible) {
      if (column.column.name == name) read(column);
    }
    return true;
  }
  if (count == 1) {
    bind(ref, *found);
    return true;
  }
  if (has_unknown(scope.entries)) {
    unclear(scope.entries);
    return true;
  }
  return false;
}

void Resolver::qualified(PgQuery__ColumnRef& ref, const ScopeEntry& entry, const Identifier& name) {
  for (const ScopeColumn& column : entry.columns) {
    if (column.column.name != name) continue;
    bind(ref, column);
    return;
  }
  if (!entry.known) {
    if (!entry.relation.empty()) add_once(out_.unclear, entry.relation);
    ref.fields[ref.n_fields - 2] = string_node(entry.printed.str());
  } else if (!is_system_column(name)) {
    refuse("42703", "column " + entry.alias.str() + "." + name.str() + " does not exist");
  }
}

void Resolver::reference(PgQuery__ColumnRef& ref, const Scope& scope) {
  if (ref.n_fields == 0 || columns_.contains(&ref)) return;
  const bool whole_row = ref.fields[ref.n_fields - 1]->node_case == PG_QUERY__NODE__NODE_A_STAR;
  const std::vector<Identifier> names = names_in(ref);
  if (names.empty()) return;  // count(*) is no reference at all
  if (!whole_row && names.size() == 1) {
    for (const Scope* place = &scope; place != nullptr; place = place->outer) {
      if (unqualified(ref, names[0], *place)) return;
    }
    for (const Scope* place = &scope; place != nullptr; place = place->outer) {
      const ScopeEntry* entry = entry_in(place->entries, names[0]);
      if (entry == nullptr) continue;
      ref.n_fields = 2;  // a whole row, stored as `t.*`
      ref.fields = draft_.arena->array<Node>(2);
      ref.fields[0] = string_node(entry->printed.str());
      auto* star = draft_.arena->make<Node>(pg_query__node__init);
      star->node_case = PG_QUERY__NODE__NODE_A_STAR;
      star->a_star = draft_.arena->make<PgQuery__AStar>(pg_query__a__star__init);
      ref.fields[1] = star;
      return;
    }
    if (!is_system_column(names[0])) refuse("42703", "column \"" + names[0].str() + "\" does not exist");
    return;
  }
  const std::size_t at = whole_row ? names.size() - 1 : names.size() - 2;
  for (const Scope* place = &scope; place != nullptr; place = place->outer) {
    for (const ScopeEntry& entry : place->entries) {
      const bool by_schema = at > 0;
      if (by_schema ? entry.renames || entry.relation != ObjectName(names[at - 1], names[at])
                    : entry.alias != names[at]) {
        continue;
      }
      if (!whole_row) return qualified(ref, entry, names.back());
      ref.fields[at] = string_node(entry.printed.str());
      return;
    }
  }
  refuse("42P01", "missing FROM-clause entry for table \"" + names[at].str() + "\"");
}

void Resolver::expression(const ProtobufCMessage& message, const Scope& scope) {
  walk(message, [&](const ProtobufCMessage& part) {
    if (part.descriptor == &pg_query__column_ref__descriptor) {
      reference(const_cast<PgQuery__ColumnRef&>(as_message_of<PgQuery__ColumnRef>(part)), scope);  // NOLINT
      return false;
    }
    if (part.descriptor == &pg_query__select_stmt__descriptor) {
      select(const_cast<PgQuery__SelectStmt&>(as_message_of<PgQuery__SelectStmt>(part)), &scope);  // NOLINT
      return false;
    }
    return part.descriptor != &pg_query__type_name__descriptor;
  });
}

// ---- FROM

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
    for (std::size_t i = 0; i < names.size(); ++i) join.using_clause[i] = string_node(names[i].str());
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
  Scope before_right = before;
  append(before_right, left);
  Part right = from_item(join.rarg, before_right);
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

// ---- SELECT

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

}  // namespace
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
