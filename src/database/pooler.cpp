#include "src/database/pooler.h"

#include "src/database/connection.h"

namespace planner {

bool share_a_session(Connection& one, Connection& other) {
  const auto seen = [](Connection& session) { return session.exec("SELECT pg_backend_pid()").number(); };
  // A pooler makes up the process id that it tells its clients.
  if (seen(one) == one.backend_pid() && seen(other) == other.backend_pid()) return false;
  for (int i = 0; i < 5; ++i) {
    if (seen(one) == seen(other)) return true;
  }
  return false;
}

}  // namespace planner
