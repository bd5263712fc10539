#pragma once

#include <optional>

#include "planner/effects/effects.h"
#include "planner/plan.h"

/// A column's values in another type, and back: total functions, because an error in one would fail the
/// application's own write.
namespace planner::plans {

/// What to convert, with the names as they are while the statements are written.
struct ConversionRequest {
  TableName table;
  Identifier column;  ///< the name the expressions read it by
  TypeName from, to;
  Expression given;    ///< USING of the migration, or what a person said; empty: the cast
  bool meant = false;  ///< what becomes of a value is what somebody said: only an error loses one
  bool total = false;  ///< known to give every value one
};

struct Conversion {
  Expression up;       ///< the new value, over the row's own columns
  Expression fails;    ///< true for a value that has none; empty: every value has one
  Expression changed;  ///< true for a value that does not come back as it was; empty: every value does
  std::vector<Sql> functions;  ///< CREATE OR REPLACE of what the expressions call
  std::vector<Sql> drop_functions;
  bool reads_clock_zone = false;  ///< the original would ask the deploying session for its time zone
};

/// Nullopt: PostgreSQL has no such cast.
std::optional<Conversion> conversion_of(const ConversionRequest& request, const Table& table,
                                        const Schema& schema, const EffectsSettings& settings);

/// The way back: the old type's value for `column` of the new type. `up` may be empty when there is none;
/// then the old value of a changed row is lost.
Conversion way_back(const ConversionRequest& request, const Schema& schema, const EffectsSettings& settings);

/// May a statement made for a column of `from` go on when the column is of `to`: are the values it gives
/// taken, and does PostgreSQL find an operator for the values it compares with (manual: 10.2 Operators)?
bool serves_as(const TypeName& from, const TypeName& to, const Schema& schema,
               const EffectsSettings& settings);

}  // namespace planner::plans
