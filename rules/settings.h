#pragma once

#include <optional>

#include "planner/operation.h"

namespace planner::rules {

/// The setting that a statement changes, by SET or by `SELECT set_config('name', 'value', ...)`; nullopt when
/// it changes none or does not say which.
std::optional<SetVariable> setting_of(const Operation& operation);

}  // namespace planner::rules
