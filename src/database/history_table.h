#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "planner/delivery.h"
#include "src/database/connection.h"

/// What a deploying tool has recorded about the migrations it applied.
namespace planner {

enum class RecordedState {
  Applied,
  Failed,  ///< started and not finished: failed, killed or running right now; Prisma's table does not tell
           ///< which
  RolledBack,  ///< declared undone: it will be applied again
};

struct RecordedMigration {
  std::string name;       ///< where the tool records names (Prisma, Flyway's script); else empty
  std::string version;    ///< where it records numbers; else empty
  std::string checksum;   ///< hex; empty where there is none or it is another kind of sum
  std::string logs;       ///< the error text of a failed one
  std::int64_t when = 0;  ///< drizzle: the journal's `when`
  std::string started_at, finished_at,
      rolled_back_at;  ///< ISO 8601, UTC; empty where it did not happen or is not recorded
  RecordedState state = RecordedState::Applied;
};

struct RecordedHistory {
  std::string table;    ///< `public._prisma_migrations`, for messages
  bool exists = false;  ///< false: nothing was ever applied by this tool
  bool up_to =
      false;  ///< the only row says how far: everything up to its version is applied (golang-migrate)
  std::vector<RecordedMigration>
      migrations;  ///< in the order they were recorded; the live state of each name once (Prisma)
};

/// Reads the tool's own table; one that does not exist is an empty history. Throws Error when the tool
/// records nothing planner can read.
RecordedHistory read_recorded_history(Connection& connection, Tool tool);

}  // namespace planner
