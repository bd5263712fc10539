#pragma once

#include <unordered_map>
#include <vector>

#include "planner/sql/query_resolve.h"
#include "planner/sql/tree.h"

/// What the files of resolve_query() share. For planner/sql/query_*.cpp only.
namespace planner::pg {

/// A column of a table that is read when the name that stands for it is.
struct ColumnSource {
  ObjectName relation;
  Identifier column;
};

/// A name that may stand in a query without a qualifier.
struct ScopeColumn {
  QueryColumn column;
  std::vector<ColumnSource> sources;
  Identifier qualifier;   ///< how its entry is written; empty for a column that USING merged
  bool own_name = false;  ///< bears the name that the relation gives it, no alias
};

/// One item of FROM that may qualify names.
struct ScopeEntry {
  Identifier alias;
  Identifier printed;    ///< how references to it are written from here on
  ObjectName relation;   ///< of a table or view, qualified
  bool renames = false;  ///< has an alias of its own
  bool known = true;     ///< are its columns known?
  std::vector<ScopeColumn> columns;
};

struct Scope {
  std::vector<ScopeEntry> entries;
  std::vector<ScopeColumn> visible;  ///< in the order of `*`
  const Scope* outer = nullptr;
  std::map<Identifier, ScopeEntry> common;  ///< WITH
};

using QueryColumns = std::vector<QueryColumn>;

/// The types of expressions. Unknown ones are empty, a string literal's is `unknown`.
class ExpressionTypes {
 public:
  ExpressionTypes(const QueryCatalog& catalog,
                  const std::unordered_map<const PgQuery__ColumnRef*, QueryColumn>& columns,
                  const std::unordered_map<const PgQuery__SelectStmt*, QueryColumns>& queries)
      : catalog_(catalog), columns_(columns), queries_(queries) {}

  QueryColumn of(const Node* node) const;  ///< type and collation
  /// What a function in FROM returns: columns, or one type.
  QueryCatalog::CallResult of_call(const PgQuery__FuncCall& call) const;

 private:
  QueryColumn common_type(const std::vector<QueryColumn>& alternatives) const;
  QueryColumn of_operator(const PgQuery__AExpr& expr) const;
  QueryColumn of_sub_query(const PgQuery__SubLink& link) const;

  const QueryCatalog& catalog_;
  const std::unordered_map<const PgQuery__ColumnRef*, QueryColumn>& columns_;
  const std::unordered_map<const PgQuery__SelectStmt*, QueryColumns>& queries_;
};

/// `unknown` becomes `text`, as the columns of a stored query.
void settle_type(QueryColumn& column);
/// UNION's and COALESCE's common type; empty when it cannot be told.
QueryColumn unified(const QueryColumn& a, const QueryColumn& b);

/// The label of a target: what it says, or what PostgreSQL makes of its expression.
Identifier label_of_target(const PgQuery__ResTarget& target);

}  // namespace planner::pg
