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

}  // namespace planner
