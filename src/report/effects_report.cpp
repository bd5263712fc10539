#include "src/report/effects_report.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "planner/effects/text.h"

namespace planner::report {
namespace {

using Json = nlohmann::ordered_json;

bool grows_with_size(const Effects& effects, const ObjectName& relation) {
  const Work work = work_on(effects, relation);
  return work != Work::Moment && work != Work::ChangesRows;
}

std::string kind_word(LockedKind kind) {
  switch (kind) {
    case LockedKind::Index:
      return "index ";
    case LockedKind::Sequence:
      return "sequence ";
    case LockedKind::View:
      return "view ";
    case LockedKind::MaterializedView:
      return "materialized view ";
    case LockedKind::Table:
      break;
  }
  return {};
}

/// Locks that somebody can feel, the gravest first. An index's lock says nothing when its table is locked as
/// strongly.
std::vector<const RelationLock*> locks_to_tell(const ExplainedStatement& statement) {
  const Effects& effects = statement.effects;
  std::vector<const RelationLock*> out;
  for (const RelationLock& lock : effects.locks) {
    if (lock.created || lock.mode <= LockMode::AccessShare) continue;
    if (lock.kind == LockedKind::Index) {
      const TableName* table = statement.schema.index_tables.find(lock.relation);
      if (table != nullptr && effects.lock_on(*table) >= lock.mode) continue;
    }
    out.push_back(&lock);
  }
  std::stable_sort(out.begin(), out.end(), [](const RelationLock* a, const RelationLock* b) {
    const bool a_index = a->kind == LockedKind::Index;
    const bool b_index = b->kind == LockedKind::Index;
    return a_index != b_index ? b_index : a->mode > b->mode;
  });
  return out;
}

std::string lock_line(const ExplainedStatement& statement, const RelationLock& lock) {
  const std::string name = kind_word(lock.kind) + display(lock.relation);
  if (lock.kind == LockedKind::Index) {
    if (lock.mode == LockMode::AccessExclusive)
      return fmt::format("on {}: every query that could use it waits, reading its table too", name);
    return fmt::format("on {}: queries go on", name);
  }
  return fmt::format("on {}: {}, {}", name, who_waits(lock.mode, lock.kind),
                     for_how_long(statement.effects, lock.relation, statement.schema));
}

/// Indexes of one table that fare alike, in one line: `index t_a, t_b and 3 more of t are rebuilt`.
std::vector<std::string> index_lines(const Effects& effects) {
  std::map<std::pair<std::string, IndexWork>, std::vector<std::string>> groups;
  for (const IndexEffect& index : effects.indexes)
    groups[{display(index.table), index.work}].push_back(index.index.name.str());
  std::vector<std::string> lines;
  for (const auto& [key, names] : groups) {
    constexpr std::size_t kNamed = 4;
    std::string list;
    for (std::size_t i = 0; i < names.size() && i < kNamed; ++i) list += (i == 0 ? "" : ", ") + names[i];
    if (names.size() > kNamed) list += fmt::format(" and {} more", names.size() - kNamed);
    std::string work(work_text(key.second));
    if (names.size() > 1 && work.starts_with("is ")) work = "are " + work.substr(3);
    lines.push_back(fmt::format("{} of {} {}", list, key.first, work));
  }
  return lines;
}

}  // namespace

std::string effects_as_text(const ExplainedStatement& statement, const TextStyle& style) {
  const Effects& effects = statement.effects;
  std::string out =
      painted(style, Ink::Strong, printable(statement.sql)) + "\n" +
      fmt::format("on PostgreSQL {}, {}\n", statement.server_version / 10000, statement.context);
  const auto line = [&](Ink ink, std::string_view word, const std::string& text) {
    out += fmt::format("  {}: {}\n", painted(style, ink, word),
                       wrapped(printable(text), style.width, 4 + static_cast<int>(word.size()), 4));
  };
  out += '\n';
  const std::vector<const RelationLock*> locks = locks_to_tell(statement);
  for (const RelationLock* lock : locks)
    line(blocks_writes(lock->mode) ? Ink::Warning : Ink::Good, lock_name(lock->mode),
         lock_line(statement, *lock));
  if (locks.empty()) line(Ink::Good, "no lock", "that a reader or a writer would notice");
  for (const ObjectName& relation : effects.rewrites) {
    if (effects.truncates_data) {
      line(Ink::Warning, "empties", display(relation));
    } else {
      line(Ink::Warning, "rewrites", display(relation));
    }
  }
  for (const Scan& scan : effects.scans) {
    if (scan.reason != ScanReason::Rewrite)
      line(Ink::Warning, "reads all of",
           fmt::format("{} {}", display(scan.relation), reason_text(scan.reason)));
  }
  for (const std::string& text : index_lines(effects)) line(Ink::Info, "index", text);
  for (const Failure& failure : effects.failures) {
    line(Ink::Error,
         failure.depends_on_data  ? "may fail"
         : failure.only_with_rows ? "fails when there are rows"
                                  : "fails",
         failure.sqlstate.empty() ? failure.message
                                  : fmt::format("{} ({})", failure.message, failure.sqlstate));
  }
  if (effects.outside_transaction) line(Ink::Warning, "alone", "it cannot run inside a transaction block");
  if (effects.waits_for_old_snapshots)
    line(Ink::Info, "waits", "for every transaction that is older than it, without blocking anybody");
  if (effects.breaks_cached_plans)
    line(Ink::Warning, "prepared statements",
         "that return its columns fail with \"cached plan must not change result type\" until they are "
         "prepared again");
  if (effects.waits_even_if_noop)
    line(Ink::Info, "IF [NOT] EXISTS", "takes its lock before it finds that there is nothing to do");
  const bool felt = std::any_of(locks.begin(), locks.end(), [](const RelationLock* lock) {
    return lock->mode >= LockMode::ShareUpdateExclusive && lock->kind != LockedKind::Sequence;
  });
  const bool heavy = std::any_of(locks.begin(), locks.end(),
                                 [](const RelationLock* lock) { return blocks_writes(lock->mode); });
  if (heavy)
    line(Ink::Info, "before it starts",
         "it waits for every transaction that uses what it locks, and everybody who comes later queues "
         "behind it: set "
         "lock_timeout");
  if (felt && !effects.outside_transaction)
    line(Ink::Info, "locks last",
         statement.delivery.empty() ? "to the end of its transaction" : statement.delivery);
  for (const std::string& unknown : effects.unknown) line(Ink::Info, "not known", unknown);
  return out;
}

std::string effects_as_json(const ExplainedStatement& statement, const std::string& version) {
  const Effects& effects = statement.effects;
  Json json{{"format", "planner-explain"},
            {"version", 1},
            {"planner", version},
            {"statement", statement.sql},
            {"server_version", statement.server_version},
            {"context", statement.context}};
  json["locks"] = Json::array();
  for (const RelationLock& lock : effects.locks) {
    Json entry{{"relation", display(lock.relation)},
               {"mode", lock_name(lock.mode)},
               {"created", lock.created},
               {"dropped", lock.dropped},
               {"blocks_reads", blocks_reads(lock.mode)},
               {"blocks_writes", blocks_writes(lock.mode)},
               {"grows_with_size", grows_with_size(effects, lock.relation)}};
    if (const auto seconds = estimated_seconds(effects, lock.relation, statement.schema))
      entry["estimated_seconds"] = *seconds;
    json["locks"].push_back(std::move(entry));
  }
  json["rewrites"] = Json::array();
  for (const ObjectName& relation : effects.rewrites) json["rewrites"].push_back(display(relation));
  json["scans"] = Json::array();
  for (const Scan& scan : effects.scans)
    json["scans"].push_back({{"relation", display(scan.relation)}, {"why", reason_text(scan.reason)}});
  json["indexes"] = Json::array();
  for (const IndexEffect& index : effects.indexes) {
    json["indexes"].push_back(
        {{"index", display(index.index)}, {"table", display(index.table)}, {"work", work_text(index.work)}});
  }
  json["failures"] = Json::array();
  for (const Failure& failure : effects.failures) {
    json["failures"].push_back({{"sqlstate", failure.sqlstate},
                                {"message", failure.message},
                                {"only_with_rows", failure.only_with_rows},
                                {"depends_on_data", failure.depends_on_data}});
  }
  json["outside_transaction"] = effects.outside_transaction;
  json["waits_for_old_snapshots"] = effects.waits_for_old_snapshots;
  json["breaks_cached_plans"] = effects.breaks_cached_plans;
  json["waits_even_if_noop"] = effects.waits_even_if_noop;
  json["loses_data"] = effects.truncates_data;
  json["unknown"] = effects.unknown;
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace planner::report
