#pragma once

#include <string>
#include <vector>

#include "planner/operation.h"

namespace planner::rules {

/// The settings that a statement changes, by SET or by `SELECT set_config('name', 'value', ...)`; values are
/// empty when they are computed.
std::vector<SetVariable> settings_of(const Operation& operation);

/// `SET LOCAL lock_timeout`, `set_config('lock_timeout', ..., true)`: as the operation says it.
std::string display(const SetVariable& set, const Operation& operation);

}  // namespace planner::rules
