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
  if (lock.kind == LockedKind::Index) {
    if (lock.mode == LockMode::AccessExclusive)
      return "every query that could use it waits, reading its table too";
    return "queries go on";
  }
  return fmt::format("{}, {}", who_waits(lock.mode, lock.kind),
                     for_how_long(statement.effects, lock.relation, statement.schema));
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

/// Relations that are locked alike and for as long.
struct AlikeLocked {
  const RelationLock* first = nullptr;
  std::vector<std::string> names;
  std::string text;
};
std::vector<AlikeLocked> alike(const ExplainedStatement& statement,
                               const std::vector<const RelationLock*>& locks) {
  std::vector<AlikeLocked> out;
  for (const RelationLock* lock : locks) {
    std::string text = lock_line(statement, *lock);
    const auto same = std::find_if(out.begin(), out.end(), [&](const AlikeLocked& one) {
      return one.first->mode == lock->mode && one.first->kind == lock->kind && one.text == text;
    });
    if (same != out.end()) {
      same->names.push_back(display(lock->relation));
    } else {
      out.push_back({lock, {display(lock->relation)}, std::move(text)});
    }
  }
  return out;
}

/// `on users`, `on each of the indexes a, b`.
std::string relations_of(const AlikeLocked& locked) {
  const bool several = locked.names.size() > 1;
  switch (locked.first->kind) {
    case LockedKind::Index:
      return (several ? "on each of the indexes " : "on index ") + joined(locked.names);
    case LockedKind::Sequence:
      return (several ? "on each of the sequences " : "on sequence ") + joined(locked.names);
    case LockedKind::View:
      return (several ? "on each of the views " : "on view ") + joined(locked.names);
    case LockedKind::MaterializedView:
      return (several ? "on each of the materialized views " : "on materialized view ") +
             joined(locked.names);
    case LockedKind::Table:
      break;
  }
  return (several ? "on each of " : "on ") + joined(locked.names);
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
  const auto line_about = [&](Ink ink, std::string_view word, const std::string& about,
                              const std::string& text) {
    const std::string rest = about.empty() ? printable(text) : printable(about) + ": " + printable(text);
    out += fmt::format("  {}{} {}\n", painted(style, ink, word), about.empty() ? ":" : "",
                       wrapped(rest, style.width, 4 + static_cast<int>(word.size()), 4));
  };
  const auto line = [&](Ink ink, std::string_view word, const std::string& text) {
    line_about(ink, word, "", text);
  };
  out += '\n';
  // What is refused does nothing else that anybody would plan for.
  const auto refused = [](const Failure& failure) {
    return !failure.depends_on_data && !failure.only_with_rows;
  };
  const auto line_of = [&](const Failure& failure) {
    line(Ink::Error,
         failure.depends_on_data  ? "may fail"
         : failure.only_with_rows ? "fails when there are rows"
                                  : "fails",
         failure.sqlstate.empty() ? failure.message
                                  : fmt::format("{} ({})", failure.message, failure.sqlstate));
  };
  if (std::any_of(effects.failures.begin(), effects.failures.end(), refused)) {
    for (const Failure& failure : effects.failures) {
      if (refused(failure)) line_of(failure);
    }
    return out;
  }
  const std::vector<const RelationLock*> locks = locks_to_tell(statement);
  for (const AlikeLocked& each : alike(statement, locks))
    line_about(blocks_writes(each.first->mode) ? Ink::Warning : Ink::Good, lock_name(each.first->mode),
               relations_of(each), each.text);
  if (locks.empty()) line(Ink::Good, "no lock", "that a reader or a writer would notice");
  std::vector<std::string> rewritten;
  for (const ObjectName& relation : effects.rewrites) rewritten.push_back(display(relation));
  if (!rewritten.empty())
    line(Ink::Warning, effects.truncates_data ? "empties" : "rewrites", joined(rewritten));
  for (const Scan& scan : effects.scans) {
    if (scan.reason != ScanReason::Rewrite)
      line(Ink::Warning, "reads all of",
           fmt::format("{} {}", display(scan.relation), reason_text(scan.reason)));
  }
  // Of an emptied table the new indexes are empty too.
  if (!effects.truncates_data) {
    for (const std::string& text : index_lines(effects)) line(Ink::Info, "index", text);
  }
  for (const Failure& failure : effects.failures) line_of(failure);
  if (effects.outside_transaction) line(Ink::Warning, "alone", "it cannot run inside a transaction block");
  if (effects.waits_for_old_snapshots)
    line(Ink::Info, "waits", "for every transaction that is older than it, without blocking anybody");
  if (effects.breaks_cached_plans)
    line(Ink::Warning, "prepared statements",
         "those that return its columns fail with \"cached plan must not change result type\" until they are "
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
         "behind it; set lock_timeout");
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
