#pragma once

#include <optional>
#include <vector>

#include "planner/sql/expression.h"
#include "planner/sql/names.h"

/// What statements that write rows say of them, read off without a server.
namespace planner {

/// What an INSERT gives its columns.
struct InsertedValues {
  bool known = false;       ///< the places are: VALUES, or a query with a column list
  std::vector<bool> given;  ///< per place: something else than DEFAULT, in any row
  bool overriding = false;  ///< OVERRIDING SYSTEM VALUE or USER VALUE
};
InsertedValues inserted_values(const Expression& statement);

/// ON CONFLICT (columns) or ON CONFLICT ON CONSTRAINT.
struct ConflictTarget {
  std::vector<Identifier> columns;
  bool plain = false;  ///< nothing but column names: no expression, collation, operator class, WHERE
  Identifier constraint;
};
std::optional<ConflictTarget> conflict_target(const Expression& statement);

/// Columns an UPDATE sets to something else than DEFAULT.
std::vector<Identifier> columns_given_values(const Expression& update);

/// The relation a view's query passes changes on to; nullopt when it is not of the simple kind that does
/// (view_query_is_auto_updatable): one relation, no WITH, DISTINCT, GROUP BY, HAVING, UNION, LIMIT, no
/// aggregate, window function or set.
std::optional<ObjectName> updatable_base(const Expression& query);

/// Does the expression or statement name a column of this relation: `old.a`?
bool refers_to(const Expression& expression, const Identifier& relation);
/// The same for one of its columns.
bool refers_to(const Expression& expression, const Identifier& relation, const Identifier& column);

/// For every output of a simple query (updatable_base): the column of its relation that it is; empty for
/// what is computed. Nothing when there is a `*`.
std::vector<Identifier> updatable_columns(const Expression& query);

}  // namespace planner
