#pragma once

#include <optional>
#include <string>

#include "src/database/connection.h"

/// The advisory lock under which Prisma deploys, for every schema of a database the same one.
namespace planner {

/// A session that others wait for, in the words of pg_stat_activity.
struct SessionSeen {
  int pid = 0;
  std::string application, user, client;
  std::string query;   ///< what it runs or ran last, one line; empty when we may not see it
  std::string state;   ///< `active`, `idle in transaction`
  double seconds = 0;  ///< since its transaction began, else since its state changed

  /// `pid 4711 ("prisma", user deploy, active for 12 s): CREATE INDEX ...`
  std::string described() const;
};

/// Who holds the deploy lock now; nullopt: nobody.
std::optional<SessionSeen> deploy_lock_holder(Connection& session);

/// Asks once and never waits: a session waiting in pg_advisory_lock holds a snapshot, for which CREATE INDEX
/// CONCURRENTLY waits, which holds the lock: a deadlock.
bool try_deploy_lock(Connection& session);
bool holds_deploy_lock(Connection& session);
void release_deploy_lock(Connection& session);

}  // namespace planner
