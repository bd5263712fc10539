#pragma once

#include "src/database/connection.h"

namespace planner {

/// Timeouts that a role or a database has are meant for requests: none of them may end planner's own
/// bookkeeping, its look at a large table, or a session that waits for its turn.
void lift_timeouts(Connection& session);
/// As the session began: a migration that is not planner's own runs under its role's timeouts.
void restore_timeouts(Connection& session);

}  // namespace planner
