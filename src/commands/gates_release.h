#pragma once

#include <string>
#include <vector>

#include "src/commands/gates.h"

/// The gates that ask for evidence of the application: which release runs, and who still uses what goes.
namespace planner::commands {

/// None for a phase that both releases live with. `looks`: the phases before it are applied, so that its
/// traces in the databases may be looked at.
std::vector<Gate> release_gates(const GateInput& input, bool looks);

// How a gate is put together.
const Plan& plan_of(const GateInput& input);
Gate gate(std::string id, std::string what);
void fails(Gate& made, std::string found, std::string remedy = "");
void unknown(Gate& made, std::string found, std::string remedy = "");

}  // namespace planner::commands
