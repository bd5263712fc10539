#include "tests/effects/measured.h"

#include <algorithm>

namespace planner::test {
namespace {

std::string qualified(const ObjectName& name) { return name.schema.str() + "." + name.name.str(); }

std::string text_of(const std::set<std::string>& items) {
  std::string out;
  for (const std::string& item : items) out += (out.empty() ? "" : ", ") + item;
  return out.empty() ? "-" : out;
}
std::string text_of(const std::map<std::string, LockMode>& locks) {
  std::set<std::string> items;
  for (const auto& [name, mode] : locks) items.insert(name + ":" + short_name(mode));
  return text_of(items);
}
std::string text_of(const std::map<std::string, std::string>& works) {
  std::set<std::string> items;
  for (const auto& [name, work] : works) items.insert(name + ":" + work);
  return text_of(items);
}

/// The name between the first pair of double quotes after `intro`.
std::string quoted_after(const std::string& message, const std::string& intro) {
  if (!message.starts_with(intro + "\"")) return {};
  const std::size_t begin = intro.size() + 1;
  return message.substr(begin, message.find('"', begin) - begin);
}

}  // namespace

Measuring::Measuring(Connection& session) : db_(session) {
  db_.exec("SET client_min_messages = debug1");
  // The planner reads a small table whole even when it has an index; what is asked here is whether it must.
  db_.on_notice([this](const Notice& notice) { messages_.push_back(notice.message); });
}

std::map<std::string, Measuring::Relation> Measuring::relations() {
  // What is pending of transactions that were rolled back counts too: only differences say something.
  const Result found = db_.exec(
      "SELECT c.oid::text, n.nspname || '.' || c.relname, c.relkind::text, "
      "coalesce(pg_relation_filenode(c.oid)::text, ''), (c.reltuples > 0)::text, "
      "pg_stat_get_xact_tuples_returned(c.oid)::text FROM pg_class c JOIN pg_namespace n "
      "ON n.oid = c.relnamespace WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'");
  std::map<std::string, Relation> out;
  for (const Row& row : found.rows)
    out[*row[0]] = Relation{*row[1], (*row[2])[0], *row[3], *row[4] == "true", row[5].value_or("0")};
  return out;
}

Observed Measuring::run(const std::string& text) {
  Observed out;
  db_.exec("BEGIN");
  const std::map<std::string, Relation> before = relations();
  messages_.clear();
  try {
    db_.exec(text);
  } catch (const DatabaseError& error) {
    out.sqlstate = error.sqlstate();
    out.message = error.fields.message;
    db_.exec("ROLLBACK");
    return out;
  }
  const std::vector<std::string> messages = messages_;
  if (!db_.in_transaction()) {  // the text ended the transaction itself
    out.sqlstate = "ended";
    return out;
  }
  const Result locks = db_.exec(
      "SELECT relation::text, mode FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation' AND "
      "granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())");
  const std::map<std::string, Relation> after = relations();
  db_.exec("ROLLBACK");

  for (const Row& row : locks.rows) {
    const auto held = before.find(*row[0]);
    const LockMode mode = lock_mode(*row[1]);
    if (held == before.end() || mode <= LockMode::AccessShare) continue;
    LockMode& strongest = out.locks[held->second.name];
    strongest = std::max(strongest, mode);
  }
  const auto is_index = [](const Relation& r) { return r.kind == 'i' || r.kind == 'I'; };
  std::set<std::string> new_oids;
  std::map<std::string, std::string> old_index_oids;  // by name
  for (const auto& [oid, relation] : before) {
    if (is_index(relation)) old_index_oids[relation.name] = oid;
    const auto now = after.find(oid);
    if (now == after.end()) {
      if (is_index(relation)) out.indexes[relation.name] = "dropped";
      continue;
    }
    if (now->second.file == relation.file || relation.file.empty()) continue;
    if (is_index(relation)) {
      out.indexes[now->second.name] = "rebuilt";
    } else {
      out.rewrites.insert(relation.name);
    }
  }
  for (const auto& [oid, relation] : after) {
    if (before.contains(oid) || !is_index(relation)) continue;
    const auto old = old_index_oids.find(relation.name);
    if (old == old_index_oids.end()) {
      out.indexes[relation.name] = "built";
    } else if (!after.contains(old->second)) {
      const bool same_file = before.at(old->second).file == relation.file;
      out.indexes[relation.name] = same_file ? "recreated" : "rebuilt";
    }
  }
  std::map<std::string, std::string> by_name;  // tables of messages bear no schema
  for (const auto& [oid, relation] : before) {
    if (relation.kind == 'r' || relation.kind == 'm')
      by_name[relation.name.substr(relation.name.find('.') + 1)] = relation.name;
  }
  for (const auto& [oid, relation] : before) {
    if (relation.kind != 'r' && relation.kind != 'm') continue;
    if (relation.holds_rows) out.holding_rows.insert(relation.name);
    const auto now = after.find(oid);
    if (now != after.end() && now->second.rows_read != relation.rows_read) out.scans.insert(relation.name);
  }
  for (const std::string& message : messages) {
    for (const char* intro : {"verifying table ", "rewriting table "}) {
      const auto found = by_name.find(quoted_after(message, intro));
      if (found != by_name.end()) out.scans.insert(found->second);
    }
    out.checks_keys = out.checks_keys || message.starts_with("validating foreign key constraint");
  }
  return out;
}

Observed said_of(const Outcome& outcome, const Schema& before) {
  Observed out;
  const auto existed = [&](const ObjectName& name) {
    return before.tables.contains(name) || before.views.contains(name) || before.sequences.contains(name) ||
           before.index_tables.contains(name) || before.types.contains(name);
  };
  for (const RelationLock& lock : outcome.effects.locks) {
    if (lock.mode > LockMode::AccessShare && existed(lock.relation))
      out.locks[qualified(lock.relation)] = lock.mode;
  }
  for (const ObjectName& name : outcome.effects.rewrites) {
    if (existed(name)) out.rewrites.insert(qualified(name));
  }
  for (const ObjectName& name : outcome.effects.new_sequence_files) {
    if (existed(name)) out.rewrites.insert(qualified(name));
  }
  for (const IndexEffect& effect : outcome.effects.indexes) {
    constexpr const char* kWork[] = {"built", "rebuilt", "recreated", "dropped"};
    if (effect.index.schema.str() == "pg_temp") continue;
    const bool fresh = !existed(effect.table) && effect.work != IndexWork::Dropped;
    out.indexes[qualified(effect.index)] = fresh ? "built" : kWork[static_cast<std::size_t>(effect.work)];
  }
  for (const Scan& scan : outcome.effects.scans) {
    if (scan.reason != ScanReason::Copy && existed(scan.relation)) out.scans.insert(qualified(scan.relation));
  }
  return out;
}

std::vector<std::string> differences(const Observed& measured, const Outcome& said, const Schema& before) {
  std::vector<std::string> out;
  const bool failed = measured.sqlstate != "00000";
  if (!failed && !said.sqlstates.empty()) {
    out.push_back("succeeds, but " + text_of(said.sqlstates) + " was said: " +
                  (said.effects.failures.empty() ? "" : said.effects.failures.front().message));
    return out;
  }
  if (failed) {
    const bool outside = measured.sqlstate == "25001" && said.effects.outside_transaction;
    const bool by_data =
        std::any_of(said.effects.failures.begin(), said.effects.failures.end(), [&](const Failure& failure) {
          return failure.sqlstate == measured.sqlstate && (failure.depends_on_data || failure.only_with_rows);
        });
    const bool by_row = said.effects.dml && measured.sqlstate.starts_with("23");
    const bool doubted =
        std::any_of(said.effects.unknown.begin(), said.effects.unknown.end(),
                    [&](const auto& clause) { return clause.find(measured.sqlstate) != std::string::npos; });
    if (!said.sqlstates.contains(measured.sqlstate) && !outside && !by_data && !by_row && !doubted)
      out.push_back("fails with " + measured.sqlstate + " (" + measured.message +
                    "), said: " + text_of(said.sqlstates));
    return out;
  }
  const Observed words = said_of(said, before);
  if (said.effects.outside_transaction) out.emplace_back("runs in a transaction, the opposite was said");
  // Which rows are touched decides which keys are looked up and which partitions are left out.
  std::map<std::string, LockMode> said_locks = words.locks;
  if (said.effects.dml) {
    std::erase_if(said_locks, [&](const auto& lock) {
      return lock.second <= LockMode::RowExclusive && !measured.locks.contains(lock.first);
    });
  }
  if (measured.locks != said_locks)
    out.push_back("locks: measured " + text_of(measured.locks) + "; said " + text_of(words.locks));
  if (measured.rewrites != words.rewrites)
    out.push_back("rewrites: measured " + text_of(measured.rewrites) + "; said " + text_of(words.rewrites));
  if (measured.indexes != words.indexes)
    out.push_back("indexes: measured " + text_of(measured.indexes) + "; said " + text_of(words.indexes));
  // Of an empty table nothing is read. How a foreign key is checked is for the planner to decide.
  std::set<std::string> certain;
  std::set<std::string> possible;
  bool keys = false;
  for (const Scan& scan : said.effects.scans) {
    keys = keys || scan.reason == ScanReason::ForeignKey;
    if (!words.scans.contains(qualified(scan.relation))) continue;
    possible.insert(qualified(scan.relation));
    if (scan.reason != ScanReason::ForeignKey && scan.reason != ScanReason::Copy &&
        measured.holding_rows.contains(qualified(scan.relation)))
      certain.insert(qualified(scan.relation));
  }
  const bool too_few =
      !std::includes(possible.begin(), possible.end(), measured.scans.begin(), measured.scans.end());
  const bool too_many =
      !std::includes(measured.scans.begin(), measured.scans.end(), certain.begin(), certain.end());
  if (!said.effects.dml && (too_few || too_many))
    out.push_back("reads: measured " + text_of(measured.scans) + "; said " + text_of(words.scans));
  const bool makes_table =
      std::any_of(said.effects.locks.begin(), said.effects.locks.end(),
                  [](const RelationLock& l) { return l.created && l.kind == LockedKind::Table; });
  if (measured.checks_keys && !keys && !makes_table)
    out.emplace_back("checks a foreign key, which was not said");
  return out;
}

std::vector<std::string> expand(const std::string& pattern) {
  const std::size_t open = pattern.find('{');
  if (open == std::string::npos) return {pattern};
  std::vector<std::string> alternatives;
  std::size_t begin = open + 1;
  std::size_t at = begin;
  for (int depth = 1; depth > 0 && at < pattern.size(); ++at) {
    if (pattern[at] == '{') ++depth;
    if (pattern[at] == '}') --depth;
    if (depth == 0 || (depth == 1 && pattern[at] == '|')) {
      alternatives.push_back(pattern.substr(begin, at - begin));
      begin = at + 1;
    }
  }
  std::vector<std::string> out;
  const std::vector<std::string> rests = expand(pattern.substr(at));
  for (const std::string& alternative : alternatives) {
    for (const std::string& middle : expand(alternative)) {
      for (const std::string& rest : rests) out.push_back(pattern.substr(0, open) + middle + rest);
    }
  }
  return out;
}

}  // namespace planner::test
