#pragma once

#include <functional>
#include <string>
#include <vector>

#include "planner/plan.h"
#include "planner/schema.h"
#include "src/proof/release_client.h"

namespace planner {

/// Where a proof may make databases: a scratch server, or a server given by URL. Never the database the plan
/// is for.
struct ProofServer {
  /// A new database, a copy of `template_name` (empty: an empty database); returns its name.
  std::function<std::string(const std::string& template_name)> create;
  std::function<void(const std::string& name)> drop;
  std::function<std::string(const std::string& name)> url;
};

struct ProofInput {
  std::vector<std::string> history;  ///< the SQL of every migration before the one that was split, in order,
                                     ///< each as its tool sends it
  const Plan* plan = nullptr;
  std::vector<Intention> intentions;        ///< what split recognised in the original
  int rows = 100;                           ///< generated rows per table
  std::vector<SplitOptions::Fill> fills{};  ///< the values that were asked for, for rows without one
  /// A database of the proof's server that holds the history already, with empty tables; `history` is then
  /// empty. Nobody may be connected to it.
  std::string template_database{};
  /// Sent in every phase in which their release may run.
  ReleaseStatements releases{};
  bool measure_waits = false;  ///< of a reader and a writer while a phase is applied
};

struct ProofCheck {
  std::string phase;  ///< folder, `original` or `end`
  std::string what;   ///< "rollback returns to the state before"
  bool ok = true;
  std::vector<std::string> details;  ///< what differs; shown when not ok
};

struct PhaseLocks {
  std::string phase;
  std::vector<StepLock> taken;  ///< strongest lock really held per relation, measured
};

/// The longest that a reader and a writer of the phase's tables waited while it was applied.
struct PhaseWaits {
  std::string phase;
  WaitProbe::Waits waits;
};

struct VerifyReport {
  std::vector<ProofCheck> checks;
  std::vector<PhaseLocks> locks;
  std::vector<PhaseWaits> waits;
  std::vector<std::string> notes;  ///< tables without rows, an original that cannot run on rows, ...
  bool ok() const;
};

/// Proves a plan: history + phases end in the same catalog as history + original, no value is lost or
/// changed, each rollback returns to the state before its phase, each phase's conditions hold, and whatever a
/// release sends while it may run succeeds. Throws Error
/// when the history itself does not apply.
VerifyReport verify(const ProofServer& server, const ProofInput& input);

/// Lines in which two releases' worth of catalogs differ for a reason that is not the plan's: columns added
/// by the original that hold volatile values and so on. Exposed for tests.
bool holds_volatile_values(const std::vector<Intention>& intentions, const Schema& before);

}  // namespace planner
