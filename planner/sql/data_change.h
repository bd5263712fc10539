#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "planner/sql/expression.h"

namespace planner {

/// An UPDATE or DELETE taken apart.
struct DataChange {
  std::vector<std::pair<Identifier, Expression>> assignments;  ///< of an UPDATE, in written order
  Expression where;
  bool deletes = false;
  /// One table without alias, no FROM, USING, WITH, RETURNING, no `SET (a, b) = ...`: the parts say
  /// everything.
  bool plain = false;
  std::vector<ObjectName> reads;  ///< relations it looks at beyond the rows it changes; its own table again
                                  ///< when it looks at other rows of it
  bool chooses = false;      ///< LIMIT, a window function, DISTINCT ON: which rows there are decides, so that
                             ///< part of the rows gives another answer
  Identifier alias;          ///< how the statement calls its table; its name when it has none
  bool writes_more = false;  ///< another INSERT, UPDATE or DELETE in its WITH
  bool all_named = true;     ///< `assignments` are all there are: no `SET (a, b) = ...`, no `SET a[1] = ...`
};
std::optional<DataChange> data_change(const Expression& statement);

/// Does the value look at this column of the row that is changed? A name without a table is taken as one of
/// it.
bool reads_own(const Expression& value, const Identifier& alias, const Identifier& column);

/// `SELECT DISTINCT ON (key) outputs` over the rows that an UPDATE or DELETE would change: its own FROM,
/// WHERE and WITH.
Expression rows_of_change(const Expression& statement, const std::vector<Sql>& key,
                          const std::vector<Sql>& outputs);

/// The UPDATE or DELETE with one more condition, joined by AND.
Expression with_condition(const Expression& statement, const Expression& condition);

/// An INSERT ... SELECT taken apart.
struct InsertedQuery {
  std::vector<ObjectName> reads;  ///< relations of the query
  bool writes_more = false;       ///< another INSERT, UPDATE or DELETE in its WITH
  bool stars = false;             ///< `*` among its outputs
  std::size_t outputs = 0;        ///< how many there are, when there is no star
  Expression where;               ///< of a query of one table alone
  std::size_t at_most = 0;        ///< its LIMIT, when it is a constant
};
std::optional<InsertedQuery> inserted_query(const Expression& statement);

/// The same query inserted into another table; what to do on conflict and RETURNING are left out.
Expression inserted_into(const Expression& statement, const ObjectName& table,
                         const std::vector<Identifier>& columns);
/// The same INSERT with another query; RETURNING is left out.
Expression inserted_from(const Expression& statement, const Expression& query,
                         const std::vector<Identifier>& columns);

}  // namespace planner
