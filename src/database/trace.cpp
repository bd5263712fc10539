#include "src/database/trace.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "planner/error.h"
#include "planner/sql/sql.h"
#include "src/database/url.h"

namespace planner {
namespace {

LockMode mode_of(std::string_view word) {
  static constexpr std::array<std::pair<std::string_view, LockMode>, 8> kModes{
      {{"AccessShareLock", LockMode::AccessShare},
       {"RowShareLock", LockMode::RowShare},
       {"RowExclusiveLock", LockMode::RowExclusive},
       {"ShareUpdateExclusiveLock", LockMode::ShareUpdateExclusive},
       {"ShareLock", LockMode::Share},
       {"ShareRowExclusiveLock", LockMode::ShareRowExclusive},
       {"ExclusiveLock", LockMode::Exclusive},
       {"AccessExclusiveLock", LockMode::AccessExclusive}}};
  const auto found =
      std::find_if(kModes.begin(), kModes.end(), [&](const auto& one) { return one.first == word; });
  return found == kModes.end() ? LockMode::None : found->second;
}

/// The words of a name or setting: `prod-eu1` -> prod, eu1.
bool says_production(const std::string& text) {
  std::string word;
  for (const char c : text + " ") {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (lower >= 'a' && lower <= 'z') {
      word += lower;
      continue;
    }
    if (word == "prod" || word == "production" || word == "prd" || word == "live") return true;
    word.clear();
  }
  return false;
}

}  // namespace

Tracer::Tracer(Connection& connection, int lock_timeout_ms) : connection_(connection) {
  connection_.exec("BEGIN");
  connection_.exec(sql("SET LOCAL lock_timeout = {}", lock_timeout_ms).str());
  known_ = relations();
}

Tracer::~Tracer() {
  try {
    if (connection_.is_open()) connection_.exec("ROLLBACK");
  } catch (const Error&) {  // closing the connection rolls back as well
  }
}

std::map<std::string, Tracer::Relation> Tracer::relations() {
  std::map<std::string, Relation> found;
  const Result result = connection_.exec(
      "SELECT c.oid, n.nspname, c.relname, c.relkind, pg_catalog.pg_relation_filenode(c.oid) FROM "
      "pg_catalog.pg_class c JOIN "
      "pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname !~ '^pg_' AND n.nspname <> "
      "'information_schema'");
  for (const Row& row : result.rows) {
    const std::string kind = row[3].value_or("r");
    Relation relation;
    relation.name = ObjectName(Identifier(row[1].value_or("")), Identifier(row[2].value_or("")));
    relation.kind = kind == "i" || kind == "I" ? LockedKind::Index
                    : kind == "S"              ? LockedKind::Sequence
                    : kind == "v"              ? LockedKind::View
                    : kind == "m"              ? LockedKind::MaterializedView
                                               : LockedKind::Table;
    relation.file = row[4].value_or("");
    found.emplace(row[0].value_or(""), std::move(relation));
  }
  return found;
}

std::map<std::string, LockMode> Tracer::locks() {
  std::map<std::string, LockMode> held;
  const Result result = connection_.exec(
      "SELECT relation, mode FROM pg_catalog.pg_locks WHERE locktype = 'relation' AND pid = "
      "pg_catalog.pg_backend_pid() AND granted "
      "AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = "
      "pg_catalog.current_database())");
  for (const Row& row : result.rows) {
    LockMode& mode = held[row[0].value_or("")];
    mode = std::max(mode, mode_of(row[1].value_or("")));
  }
  return held;
}

TracedStatement Tracer::run(const std::string& statement) {
  TracedStatement traced;
  const auto held_before = locks();
  const auto files_before = relations();
  connection_.exec("SAVEPOINT planner_trace");
  const auto begin = std::chrono::steady_clock::now();
  try {
    // The extended protocol takes one statement and no more: nothing can end the transaction from inside a
    // text.
    connection_.exec_params(statement, {});
  } catch (const DatabaseError& error) {
    traced.error = error.fields.message;
    traced.sqlstate = error.sqlstate();
  }
  traced.milliseconds =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  if (!connection_.is_open() || !connection_.in_transaction()) {
    throw Error("the transaction ended by itself: what was traced so far may have been kept",
                "look at the database before anything else runs on it");
  }
  if (!traced.error.empty()) {
    connection_.exec("ROLLBACK TO SAVEPOINT planner_trace");
    return traced;
  }
  for (const auto& [oid, mode] : locks()) {
    const auto known = known_.find(oid);
    if (known == known_.end()) continue;  // made in this transaction, or the server's own
    const auto before = held_before.find(oid);
    if (before != held_before.end() && before->second >= mode) continue;
    traced.taken.push_back({known->second.name, mode, known->second.kind, false, false});
  }
  for (const auto& [oid, relation] : relations()) {
    const auto before = files_before.find(oid);
    if (before != files_before.end() && before->second.file != relation.file && !relation.file.empty() &&
        (relation.kind == LockedKind::Table || relation.kind == LockedKind::MaterializedView)) {
      traced.rewritten.push_back(relation.name);
    }
  }
  std::sort(traced.taken.begin(), traced.taken.end(), [](const RelationLock& a, const RelationLock& b) {
    return a.mode != b.mode ? a.mode > b.mode : a.relation < b.relation;
  });
  return traced;
}

std::string looks_like_production(Connection& connection, const std::string& url) {
  const DatabaseUrl parsed = parse_database_url(url);
  const std::string database = connection.exec("SELECT pg_catalog.current_database()").text();
  if (says_production(database)) return fmt::format("the database is called \"{}\"", database);
  if (says_production(parsed.host)) return fmt::format("the host is called \"{}\"", parsed.host);
  const Result settings = connection.exec(
      "SELECT name, setting FROM pg_catalog.pg_settings WHERE name IN ('cluster_name') UNION ALL "
      "SELECT pg_catalog.split_part(one, '=', 1), pg_catalog.split_part(one, '=', 2) FROM "
      "pg_catalog.pg_db_role_setting s, "
      "pg_catalog.unnest(s.setconfig) one WHERE s.setdatabase IN (0, (SELECT oid FROM pg_catalog.pg_database "
      "WHERE datname = "
      "pg_catalog.current_database()))");
  for (const Row& row : settings.rows) {
    if (says_production(row[1].value_or("")))
      return fmt::format("its setting {} is \"{}\"", row[0].value_or(""), row[1].value_or(""));
  }
  return {};
}

}  // namespace planner
