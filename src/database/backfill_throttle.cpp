#include <fmt/core.h>

#include <chrono>
#include <cstdlib>

#include "src/database/backfill_run.h"

/// What a backfill gives way to.
namespace planner {

/// The first reason wins. What this user may not see is no reason.
std::string BackfillRun::reason_to_wait(Connection& session) {
  const auto number = [&](const std::string& query) -> long long {
    const Value found = session.exec(query).value();
    return found ? std::stoll(*found) : 0;
  };
  if (options_.replica_bytes > 0) {
    const long long lag = number(
        "SELECT max(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn))::bigint FROM pg_stat_replication "
        "WHERE application_name <> 'pg_basebackup'");
    if (lag > options_.replica_bytes) return fmt::format("a replica is {} MB behind", lag >> 20);
  }
  if (options_.slot_bytes > 0) {
    const long long distance = number(
        "SELECT max(pg_wal_lsn_diff(pg_current_wal_lsn(), coalesce(confirmed_flush_lsn, "
        "restart_lsn)))::bigint FROM pg_replication_slots");
    if (distance > options_.slot_bytes)
      return fmt::format("a replication slot is {} MB behind", distance >> 20);
  }
  if (options_.archive_segments > 0) {
    const long long waiting = number(
        "SELECT CASE WHEN current_setting('archive_mode') = 'off' OR last_archived_wal IS NULL OR "
        "last_archived_wal !~ '^[0-9A-F]{24}$' THEN 0 ELSE "
        "((('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 9, 8))::bit(32)::bigint - ('x' || "
        "substr(last_archived_wal, 9, 8))::bit(32)::bigint) * 256 + "
        "('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 17, 8))::bit(32)::bigint - ('x' || "
        "substr(last_archived_wal, 17, 8))::bit(32)::bigint)::bigint END FROM pg_stat_archiver");
    if (waiting > options_.archive_segments)
      return fmt::format("{} WAL segments wait to be archived", waiting);
  }
  if (options_.wal_bytes_per_second > 0) {
    const long long now = number("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint");
    const double seconds =
        wal_seen_ < 0 ? 0 : std::chrono::duration<double>(std::chrono::steady_clock::now() - wal_at_).count();
    const bool fast =
        wal_seen_ >= 0 && seconds > 0 &&
        static_cast<double>(now - wal_seen_) / seconds > static_cast<double>(options_.wal_bytes_per_second);
    wal_seen_ = now;
    wal_at_ = std::chrono::steady_clock::now();
    if (fast) return "WAL is written faster than allowed";
  }
  if (options_.autovacuum &&
      session
          .exec_params("SELECT EXISTS (SELECT 1 FROM pg_stat_progress_vacuum WHERE relid = $1::regclass)",
                       {quoted(backfill_.table)})
          .truth()) {
    return "the table is being vacuumed";
  }
  if (options_.active_sessions > 0) {
    const long long active = number(
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND backend_type = 'client backend' "
        "AND application_name NOT LIKE 'planner%'");
    if (active > options_.active_sessions) return fmt::format("{} sessions are active", active);
  }
  if (options_.snapshot_seconds > 0) {
    const long long oldest = number(
        "SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)::bigint FROM "
        "pg_stat_activity WHERE backend_xmin IS NOT NULL AND pid <> pg_backend_pid()");
    if (static_cast<double>(oldest) > options_.snapshot_seconds)
      return fmt::format("a transaction has been open for {} s", oldest);
  }
  if (!options_.query.empty()) {
    const std::string found = session.exec(options_.query).value().value_or("f");
    if (found == "t" || (found != "f" && std::atof(found.c_str()) > 0))
      return fmt::format("the throttle query says {}", found);
  }
  return "";
}

}  // namespace planner
