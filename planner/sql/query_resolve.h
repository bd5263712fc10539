#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "planner/sql/expression.h"
#include "planner/sql/names.h"
#include "planner/sql/type.h"

namespace planner {

/// A column of a relation or of a query's result. An empty type is one that cannot be told.
struct QueryColumn {
  Identifier name;
  TypeName type;
  ObjectName collation;
};

/// What a query's names are looked up in.
class QueryCatalog {
 public:
  struct Relation {
    ObjectName name;  ///< qualified
    std::vector<QueryColumn> columns;
    bool columns_known = true;
  };
  struct CallResult {
    TypeName type;                     ///< empty: not known
    std::vector<QueryColumn> columns;  ///< of a function that returns rows of several
  };

  QueryCatalog() = default;
  QueryCatalog(const QueryCatalog&) = default;
  QueryCatalog& operator=(const QueryCatalog&) = default;
  virtual ~QueryCatalog() = default;

  /// A relation as written; nullopt when nothing is known of it.
  virtual std::optional<Relation> relation(const ObjectName& written) const = 0;
  /// A function of the user; nullopt when it is none that is known.
  virtual std::optional<CallResult> function(const ObjectName& written,
                                             const std::vector<TypeName>& arguments) const = 0;
  /// A type as written, qualified.
  virtual TypeName type(const TypeName& written) const = 0;
  /// Stands nothing but what the catalog tells between the query and the server (no gap, no extension)?
  virtual bool is_complete() const = 0;
};

/// Another name for a relation or one of its columns, followed into a query.
struct QueryRename {
  ObjectName relation;  ///< qualified, by its old name
  ObjectName to;        ///< its new name; empty: it keeps its own
  Identifier column, column_to;
};

struct ResolvedQuery {
  std::vector<QueryColumn> columns;                     ///< what it returns
  bool columns_known = true;                            ///< false: `columns` says nothing
  std::map<ObjectName, std::vector<Identifier>> reads;  ///< columns by relation; none for `count(*)`
  std::vector<ObjectName> unclear;                      ///< relations of which it cannot be told what is read
  bool understood = true;                               ///< false: a rename could not be followed everywhere
  std::string error, sqlstate;                          ///< why PostgreSQL refuses it, when that is sure
  Expression stored;  ///< as PostgreSQL keeps it: `*` spelled out, every name qualified
};

/// Looks every name of a query up, as PostgreSQL does when it stores a view or runs CREATE TABLE AS.
ResolvedQuery resolve_query(const Expression& query, const QueryCatalog& catalog,
                            const QueryRename* rename = nullptr);

/// The same for an expression about the columns of one relation (a policy's USING) that may hold sub-queries.
ResolvedQuery resolve_expression(const Expression& expression, const ObjectName& about,
                                 const QueryCatalog& catalog, const QueryRename* rename = nullptr);

/// The stored form with numbered aliases: two queries that mean the same have the same one, whatever they
/// call their tables. For comparing only; it is no SQL to run.
Expression canonical_query(const Expression& query, const QueryCatalog& catalog);

/// The query with its first output columns named.
Expression with_output_names(const Expression& query, const std::vector<Identifier>& names);

}  // namespace planner
