#include "src/database/limits.h"

namespace planner {

void lift_timeouts(Connection& session) {
  // First, because the next one reads all settings, which a busy server may not do in a few milliseconds.
  session.exec("SET statement_timeout = 0");
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
