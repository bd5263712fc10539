#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "planner/delivery.h"
#include "src/database/connection.h"

/// The advisory locks under which tools deploy.
namespace planner {

/// Every one of these, so that neither another planner nor the tool itself deploys meanwhile.
struct DeployLock {
  std::vector<std::int64_t> keys;
};

/// Prisma's number, for every schema of a database the same one; planner's own for every tool.
inline constexpr std::int64_t kPrismaLock = 72707369;

/// Prisma's lock and the tool's own, which some make of the names of the database and the schema. Diesel and
/// dbmate take none.
///  - golang-migrate: database/util.go, GenerateAdvisoryLockId, with the database's name as in the URL's path
///    (the program) or as the server says it (the library)
///  - sqlx: sqlx-postgres/src/migrate.rs, generate_lock_id
///  - goose: lock/postgres.go, DefaultLockID, where a session locker is used
DeployLock deploy_lock_of(Tool tool, Connection& session);

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
std::optional<SessionSeen> deploy_lock_holder(Connection& session, const DeployLock& lock = {{kPrismaLock}});

/// Asks once and never waits: a session waiting in pg_advisory_lock holds a snapshot, for which CREATE INDEX
/// CONCURRENTLY waits, which holds the lock: a deadlock.
bool try_deploy_lock(Connection& session, const DeployLock& lock = {{kPrismaLock}});
bool holds_deploy_lock(Connection& session, const DeployLock& lock = {{kPrismaLock}});
void release_deploy_lock(Connection& session, const DeployLock& lock = {{kPrismaLock}});

}  // namespace planner
