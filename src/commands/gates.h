#pragma once

#include <optional>
#include <string>
#include <vector>

#include "src/commands/environments.h"
#include "src/commands/plan_choice.h"
#include "src/project/evidence.h"

/// What must hold before a phase may be released, and what was found.
namespace planner::commands {

enum class GateState {
  Holds,
  Fails,
  Unknown,     ///< it could not be looked at, so it does not hold
  Overridden,  ///< it does not hold, and somebody gave a reason to go on
};
std::string_view gate_state_name(GateState state);

struct Gate {
  std::string id;    ///< `previous-phase`, as --force takes it
  std::string what;  ///< what must hold
  GateState state = GateState::Holds;
  std::vector<std::string> found;  ///< the evidence, one sentence each
  std::string remedy;              ///< what to do when it does not hold

  bool passes() const { return state == GateState::Holds || state == GateState::Overridden; }
};

struct GateInput {
  const ChosenPlan* chosen = nullptr;
  std::size_t phase = 0;
  std::vector<Environment>* environments = nullptr;
  project::Evidence evidence;
  std::string old_application;  ///< application_name of the old release's sessions
  int watch_seconds = 0;        ///< how long to look at pg_stat_statements; 0: not at all
};

/// Every gate of the phase, in the order in which they are worth looking at.
std::vector<Gate> gates_of(const GateInput& input);

bool all_pass(const std::vector<Gate>& gates);

/// Does the application have to be deployed before this phase?
bool needs_release(const Plan& plan, std::size_t phase);

}  // namespace planner::commands
