#pragma once

#include <functional>
#include <limits>
#include <optional>
#include <vector>

#include "planner/sql/expression.h"
#include "planner/sql/names.h"

/// How many rows an UPDATE, DELETE or MERGE can change at most, as far as its conditions tell: by constants,
/// short lists, short ranges and scalar sub-queries on a unique key, and through joins with what is itself
/// that short.
namespace planner {

/// What the counting knows of a relation.
struct RowKeys {
  std::vector<Identifier> columns;                   ///< all of them
  std::vector<Identifier> integers;                  ///< of integer types: a range of these has a length
  std::vector<std::vector<Identifier>> unique = {};  ///< keys that tell every row from the others
};
/// nullopt: nothing is known of the relation.
using KeysOf = std::function<std::optional<RowKeys>(const ObjectName&)>;

inline constexpr double kAnyNumber = std::numeric_limits<double>::infinity();

struct RowReach {
  ObjectName table;
  double at_most = kAnyNumber;  ///< rows
};
/// Every UPDATE, DELETE and MERGE of a statement, those in its WITH included.
std::vector<RowReach> row_reach(const Expression& statement, const KeysOf& keys_of);

/// Rows of one relation that a condition lets through.
double rows_through(const Expression& where, const ObjectName& relation, const KeysOf& keys_of);

}  // namespace planner
