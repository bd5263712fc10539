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
  bool chooses = false;  ///< LIMIT, a window function, DISTINCT ON: which rows there are decides, so that
                         ///< part of the rows gives another answer
  Identifier alias;      ///< how the statement calls its table; its name when it has none
};
std::optional<DataChange> data_change(const Expression& statement);

/// The UPDATE or DELETE with one more condition, joined by AND.
Expression with_condition(const Expression& statement, const Expression& condition);

}  // namespace planner
