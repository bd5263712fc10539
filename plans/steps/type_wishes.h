#pragma once

#include "planner/plan.h"

/// Which columns a migration gives another type, and what else of the migration belongs to that.
namespace planner::plans {

/// One column that some intention gives another type.
struct Wanted {
  const Intention* intention = nullptr;
  TableName table;
  Identifier column;
  const ReplaceEnum* enum_swap = nullptr;
  const ReplaceColumn* replaced = nullptr;
  const ChangeType* change = nullptr;
};

std::vector<Wanted> wanted_of(const RecipeContext& context);
bool is_wanted(const std::vector<Wanted>& all, const TableName& table, const Identifier& column);
/// A foreign key one of whose ends is a wanted column.
bool touches(const TableName& table, const ConstraintDefinition& key, const std::vector<Wanted>& all);
/// What the intention wants, and what must change in the same moment: columns of one table, of one enum, and
/// the two ends of a foreign key. In the order of the migration; empty: it wants nothing that costs anything.
std::vector<Wanted> wanted_with(const Intention& intention, const RecipeContext& context);
/// Labels may be added in place: the old ones are all there, in the same order.
bool only_adds(const ReplaceEnum& swap, const Schema& schema);
/// `SMALLSERIAL`, `SERIAL`, `BIGSERIAL`, and what they stand for where PostgreSQL does not know them.
bool serial(const TypeName& type);
TypeName plain_type(const TypeName& type);

/// Views, triggers and policies that read a wanted column and that the migration takes away before and makes
/// again after: PostgreSQL would refuse the change while they stand.
struct Carried {
  const Intention* drop = nullptr;
  const Intention* create = nullptr;
};
std::vector<Carried> carried_with(const std::vector<Wanted>& wanted, const RecipeContext& context);
/// The statement that makes a view, trigger or policy as it is in the schema; empty: not one of these.
Sql made_again(const Operation& drop, const Schema& schema);

}  // namespace planner::plans
