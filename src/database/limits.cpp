#include "src/database/limits.h"

namespace planner {

void lift_timeouts(Connection& session) {
  // First, because the next one reads all settings. On a busy server a timeout of a few milliseconds may end
  // even this.
  constexpr int kTries = 50;
  for (int attempt = 1;; ++attempt) {
    try {
      session.exec("SET statement_timeout = 0");
      break;
    } catch (const DatabaseError& error) {
      const bool timed_out = error.sqlstate() == "57014";
      if (!timed_out || attempt == kTries) throw;
    }
  }
  // Those this server has: idle_session_timeout is PostgreSQL 14's, transaction_timeout 17's.
  session.exec(
      "SELECT set_config(name, '0', false) FROM pg_settings WHERE name IN ('statement_timeout', "
      "'lock_timeout', 'idle_in_transaction_session_timeout', 'idle_session_timeout', "
      "'transaction_timeout')");
}

void restore_timeouts(Connection& session) {
  // Not idle_session_timeout: between two migrations it is planner that is idle, and its lock would be lost.
  session.exec(
      "SELECT set_config(name, reset_val, false) FROM pg_settings WHERE name IN ('statement_timeout', "
      "'lock_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout')");
}

}  // namespace planner
