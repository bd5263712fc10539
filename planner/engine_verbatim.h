#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "planner/plan.h"

/// The statements of a migration that may stay as their author wrote them.
namespace planner {

/// Why an operation that no recipe speaks for cannot simply be run while the application works; empty: it
/// can.
std::string trouble_of(const Operation& operation, const Effects& effects, const Schema& before);

/// Does the application feel it if this goes first? Then it waits for the old release to be gone.
bool takes_away(const Operation& operation);

struct VerbatimContext {
  const Migration& migration;
  const ParsedFile& file;
  const EffectsSettings& effects;
  const Schema& start;                                 ///< what the migration meets
  std::function<const Schema&(const SourceRef&)> met;  ///< the schema an operation meets
  std::set<std::size_t> apart;                         ///< statements that get a migration of their own
};

/// Steps for harmless operations, in written order: a whole statement keeps its text and comments; a
/// sub-command of an ALTER TABLE that also asks for something risky keeps its own words. Throws Error when
/// one cannot be told from its neighbours.
std::vector<Step> verbatim_steps(const std::vector<const Intention*>& harmless,
                                 const VerbatimContext& context);

}  // namespace planner
