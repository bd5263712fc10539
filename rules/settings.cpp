#include "rules/settings.h"

#include <algorithm>

namespace planner::rules {

std::optional<SetVariable> setting_of(const Operation& operation) {
  if (const auto* set = std::get_if<SetVariable>(&operation)) return *set;
  const auto* select = std::get_if<Select>(&operation);
  if (select == nullptr || !select->query) return std::nullopt;
  const ExpressionFacts& facts = select->query.facts();
  // One call with two constants: more could be in any order.
  const bool sets = facts.functions.size() == 1 && facts.functions.front().name.name.str() == "set_config" &&
                    facts.string_constants.size() == 2 && facts.columns.empty();
  if (!sets) return std::nullopt;
  SetVariable set;
  set.name = facts.string_constants[0];
  set.values = {facts.string_constants[1]};
  return set;
}

}  // namespace planner::rules
