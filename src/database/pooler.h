#pragma once

namespace planner {

class Connection;

/// Do the two open connections lead through a pooler that lends a server session for one transaction at a
/// time (PgBouncer, pool_mode = transaction)? Advisory locks, settings and CREATE INDEX CONCURRENTLY need one
/// that stays. Only a proof counts: one server session seen behind both of them.
bool share_a_session(Connection& one, Connection& other);

}  // namespace planner
