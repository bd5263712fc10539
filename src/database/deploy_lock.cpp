#include "src/database/deploy_lock.h"

#include <fmt/core.h>

#include <algorithm>

#include "src/database/url.h"

namespace planner {
namespace {

constexpr std::int64_t kGooseLock = 4097083626;

/// Where the halves of a 64-bit key are shown in pg_locks.
std::string lock_rows(const DeployLock& lock) {
  std::string keys;
  for (const std::int64_t key : lock.keys) keys += fmt::format("{}{}", keys.empty() ? "" : ", ", key);
  return fmt::format(
      "l.locktype = 'advisory' AND ((l.classid::bigint << 32) | l.objid::bigint) IN ({}) AND l.objsubid = 1 "
      "AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())",
      keys);
}

/// CRC-32 as zlib has it (IEEE 802.3).
std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t sum = 0xFFFFFFFFU;
  for (const char byte : bytes) {
    sum ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1U) ^ ((sum & 1U) != 0 ? 0xEDB88320U : 0U);
  }
  return ~sum;
}

std::int64_t golang_migrate_key(const std::string& schema, const std::string& database) {
  constexpr std::uint32_t kSalt = 1486364155;
  std::string names = schema;
  names += '\0';
  names += "schema_migrations";
  names += '\0';
  names += database;
  return static_cast<std::int64_t>(crc32(names) * kSalt);
}

std::string one_line(std::string text) {
  std::string out;
  for (const char c : text) {
    const bool space = c == '\n' || c == '\r' || c == '\t' || c == ' ';
    if (space && (out.empty() || out.back() == ' ')) continue;
    out += space ? ' ' : c;
  }
  constexpr std::size_t kLongest = 100;
  if (out.size() <= kLongest) return out;
  std::size_t end = kLongest;
  while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0U) == 0x80U) --end;
  return out.substr(0, end) + "...";
}

}  // namespace

std::string SessionSeen::described() const {
  std::string text = fmt::format("pid {}", pid);
  std::string who;
  if (!application.empty()) who = fmt::format("\"{}\"", application);
  if (!user.empty()) who += (who.empty() ? "user " : ", user ") + user;
  if (!client.empty()) who += (who.empty() ? "from " : ", from ") + client;
  if (!state.empty())
    who += fmt::format("{}{} for {:.0f} s", who.empty() ? "" : ", ", state, std::max(0.0, seconds));
  if (!who.empty()) text += " (" + who + ")";
  if (!query.empty()) text += ": " + query;
  return text;
}

DeployLock deploy_lock_of(Tool tool, Connection& session) {
  DeployLock lock{{kPrismaLock}};
  if (tool == Tool::Goose) lock.keys.push_back(kGooseLock);
  if (tool != Tool::GolangMigrate && tool != Tool::Sqlx) return lock;
  const Result names = session.exec("SELECT current_database(), coalesce(current_schema(), '')");
  const std::string database = names.rows.front().at(0).value_or(""),
                    schema = names.rows.front().at(1).value_or("");
  if (tool == Tool::Sqlx) {
    constexpr std::int64_t kSalt = 0x3d32ad9e;
    lock.keys.push_back(kSalt * static_cast<std::int64_t>(crc32(database)));
  } else {
    lock.keys.push_back(golang_migrate_key(schema, "/" + database));
    lock.keys.push_back(golang_migrate_key(schema, database));
  }
  return lock;
}

std::optional<SessionSeen> deploy_lock_holder(Connection& session, const DeployLock& lock) {
  const Result found = session.exec(fmt::format(
      "SELECT l.pid, a.application_name, a.usename, host(a.client_addr), a.query, a.state, "
      "extract(epoch FROM clock_timestamp() - coalesce(a.xact_start, a.state_change, a.backend_start)) "
      "FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid WHERE {} LIMIT 1",
      lock_rows(lock)));
  if (found.empty()) return std::nullopt;
  const Row& row = found.rows.front();
  SessionSeen seen;
  seen.pid = std::stoi(row.at(0).value_or("0"));
  seen.application = row.at(1).value_or("");
  seen.user = row.at(2).value_or("");
  seen.client = row.at(3).value_or("");
  seen.query = redact(one_line(row.at(4).value_or("")));
  seen.state = row.at(5).value_or("");
  seen.seconds = std::stod(row.at(6).value_or("0"));
  return seen;
}

bool try_deploy_lock(Connection& session, const DeployLock& lock) {
  for (std::size_t i = 0; i < lock.keys.size(); ++i) {
    if (session.exec(fmt::format("SELECT pg_try_advisory_lock({})", lock.keys[i])).truth()) continue;
    for (std::size_t taken = 0; taken < i; ++taken)
      session.exec(fmt::format("SELECT pg_advisory_unlock({})", lock.keys[taken]));
    return false;
  }
  return true;
}

bool holds_deploy_lock(Connection& session, const DeployLock& lock) {
  const Result held = session.exec(
      fmt::format("SELECT 1 FROM pg_locks l WHERE {} AND l.pid = pg_backend_pid()", lock_rows(lock)));
  return held.size() == lock.keys.size();
}

void release_deploy_lock(Connection& session, const DeployLock& lock) {
  for (const std::int64_t key : lock.keys) session.exec(fmt::format("SELECT pg_advisory_unlock({})", key));
}

}  // namespace planner
