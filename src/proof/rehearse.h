#pragma once

#include <string>
#include <vector>

#include "src/proof/verify.h"
#include "src/proof/workload.h"

namespace planner {

struct RehearseOptions {
  int rows = 1000;               ///< generated rows per table
  double seconds_between = 1.0;  ///< how long the clients run after each phase
  double quiet_seconds = 1.0;    ///< without any phase, for the baseline
  WorkloadOptions workload;
  double longest_wait_ms = 1000;  ///< bound: a request of any client
  bool original_instead = false;  ///< deploy the original migration in one piece, for comparison
  /// Called with the database's URL while a committing phase runs; tests kill the deployer there. Returns
  /// true when it interrupted it, then the phase is run again.
  std::function<bool(const Phase&, const std::string& url)> interrupt;
};

/// What the clients of both releases went through while a phase was deployed and after it.
struct PhaseRehearsal {
  std::string phase;    ///< folder; `quiet` for the baseline
  std::string running;  ///< `old release`, `both releases`, `new release`
  Traffic traffic;
  std::vector<RowDifference> differences;  ///< against the oracle, as every running release sees it
  double deploy_ms = 0;
  double wal_bytes = 0;
  double growth_bytes = 0;
  std::string problem;  ///< the phase itself failed
};

struct Rehearsal {
  std::vector<PhaseRehearsal> phases;
  std::vector<std::string> notes;
  double longest_wait_bound_ms = 0;
  /// No failed request, no lost or differing value, no wait over the bound, every phase applied.
  bool ok() const;
};

/// Runs the plan on a scratch database with generated rows while generated clients of both releases read and
/// write; every committed write is kept in an oracle and compared after each phase.
Rehearsal rehearse(const ProofServer& server, const ProofInput& input, const RehearseOptions& options);

}  // namespace planner
