#pragma once

#include <optional>
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

/// The first row a plan's condition finds, as text. Plan files may have been edited: what stands in them can
/// look, and change nothing.
std::optional<std::string> first_row(Connection& session, const Sql& query);

/// Does what the phase promises to leave behind hold? nullopt: it promises nothing of rows.
std::optional<bool> keeps_its_promise(Environment& environment, const Phase& phase);

/// For histories that nothing records: from the newest migration back, until one is found whose work is
/// there; everything before that one is taken as applied. A phase that changes rows only is applied when what
/// it promises is true. Names in `environment.untold` what could not be told. Throws Error when the database
/// is neither as before nor as after a migration.
RecordedHistory seen_in_database(Environment& environment, const project::Service& service);

/// `it took effect`, ... as half a sentence.
std::string described(const Looked& looked);

}  // namespace planner::commands
