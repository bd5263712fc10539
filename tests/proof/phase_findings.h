#pragma once

#include <string>
#include <vector>

#include "planner/engine.h"

/// What planner itself says about the phases it emits.
namespace planner::test {

/// The findings at error level when the phases are laid into the history one after another and each is judged
/// as the deployment that it is. `before`: what the plan meets. One line each: phase, rule, message.
std::vector<std::string> errors_in_phases(const Schema& before, const Plan& plan, Tool tool);

}  // namespace planner::test
