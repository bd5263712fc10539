#pragma once

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <utility>
#include <vector>

#include "planner/sql/draft.h"
#include "planner/sql/query.h"
#include "planner/sql/query_scope.h"

/// The walk through a query that looks its names up. For planner/sql/query_*.cpp only.
namespace planner::pg {

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

template <typename T>
void append(std::vector<T>& items, std::vector<T> more) {
  if (items.empty()) {
    items = std::move(more);
  } else {
    items.insert(items.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
}
inline void append(Scope& scope, Part part) {
  append(scope.entries, std::move(part.entries));
  append(scope.visible, std::move(part.visible));
}

bool has_unknown(const std::vector<ScopeEntry>& entries);
const ScopeEntry* entry_in(const std::vector<ScopeEntry>& entries, const Identifier& alias);
/// The names of a reference, without its star.
std::vector<Identifier> names_in(const PgQuery__ColumnRef& ref);

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

}  // namespace planner::pg
