#pragma once

#include <string>
#include <vector>

#include "src/commands/environments.h"

/// Did a migration take effect? Asked of the catalogue, by comparing what is there with what replay says
/// before and after it.
namespace planner::commands {

enum class Effect {
  Applied,
  NotApplied,
  Half,     ///< some of it is there and some is not
  Unseen,   ///< it changes nothing a catalogue shows (rows only)
  Unclear,  ///< what is there is neither the state before nor the state after
};

struct Looked {
  Effect effect = Effect::Unclear;
  std::vector<std::string> there, not_there;  ///< one sentence per change
};

/// `migration` is the index of the file in the service. Reads the schema in one snapshot and takes no lock
/// beyond that.
Looked look_for(Environment& environment, const project::Service& service, std::size_t migration);

/// `it took effect`, ... as half a sentence.
std::string described(const Looked& looked);

}  // namespace planner::commands
