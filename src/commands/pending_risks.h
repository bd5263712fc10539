#pragma once

#include <optional>
#include <string>
#include <vector>

#include "src/commands/environments.h"
#include "src/project/config.h"

/// What is pending in a database, judged before anybody is told to deploy it.
namespace planner::commands {

struct PendingRisk {
  std::string migration;  ///< its name, short where that is enough to find it
  std::string message;    ///< of the finding
  bool splits = false;    ///< `planner split` has an answer to it
};

/// The first pending migration that `planner analyze --database` would call an error, on the database's own
/// schema. `judged` says for every file whether it is looked at: phases of plans are not.
std::optional<PendingRisk> first_risk(Environment& environment, const project::Service& service,
                                      const project::Config& config, const std::vector<bool>& judged);

}  // namespace planner::commands
