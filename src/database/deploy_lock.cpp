#include "src/database/deploy_lock.h"

#include <fmt/core.h>

#include <algorithm>

#include "src/database/url.h"

namespace planner {
namespace {

// Where a 64-bit key's halves are shown in pg_locks.
constexpr const char* kLockRow =
    "l.locktype = 'advisory' AND l.classid = 0 AND l.objid = 72707369 AND l.objsubid = 1 AND l.granted AND "
    "l.database = (SELECT oid FROM pg_database WHERE datname = current_database())";

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

std::optional<SessionSeen> deploy_lock_holder(Connection& session) {
  const Result found = session.exec(fmt::format(
      "SELECT l.pid, a.application_name, a.usename, host(a.client_addr), a.query, a.state, "
      "extract(epoch FROM clock_timestamp() - coalesce(a.xact_start, a.state_change, a.backend_start)) "
      "FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid WHERE {} LIMIT 1",
      kLockRow));
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

bool try_deploy_lock(Connection& session) {
  return session.exec("SELECT pg_try_advisory_lock(72707369)").truth();
}

bool holds_deploy_lock(Connection& session) {
  return !session
              .exec(fmt::format("SELECT 1 FROM pg_locks l WHERE {} AND l.pid = pg_backend_pid()", kLockRow))
              .empty();
}

void release_deploy_lock(Connection& session) { session.exec("SELECT pg_advisory_unlock(72707369)"); }

}  // namespace planner
