#include "src/report/effects_report.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace planner::report {
namespace {

using Json = nlohmann::ordered_json;

std::string who_waits(LockMode mode) {
  if (blocks_reads(mode)) return "nobody can read or write it";
  if (blocks_writes(mode)) return "nobody can write to it; reading goes on";
  if (mode == LockMode::ShareUpdateExclusive) return "reading and writing go on; only VACUUM and other schema changes wait";
  if (mode == LockMode::RowExclusive) return "reading and writing go on; rows it changes are locked";
  return "reading and writing go on";
}

bool works_on(const Effects& effects, const ObjectName& relation) {
  return effects.rewrites_table(relation) || effects.scans_table(relation) ||
         std::any_of(effects.indexes.begin(), effects.indexes.end(), [&](const IndexEffect& index) {
           return index.table == relation && (index.work == IndexWork::Built || index.work == IndexWork::Rebuilt);
         });
}

std::string how_long(const Effects& effects, const ObjectName& relation) {
  if (effects.rewrites_table(relation)) return "while every row and every index is written anew: grows with the table's size";
  if (works_on(effects, relation)) return "while every row is read: grows with the number of rows";
  if (effects.dml) return "to the end of the transaction";
  return "for a moment (catalogue only), but everybody queues behind it while it waits for running transactions";
}

const char* reason_word(ScanReason reason) {
  switch (reason) {
    case ScanReason::NotNull:
      return "to prove that no value is NULL";
    case ScanReason::Check:
      return "to prove the check";
    case ScanReason::ForeignKey:
      return "to find every referenced row";
    case ScanReason::PartitionBound:
      return "to prove the partition's bound";
    case ScanReason::IndexBuild:
      return "to build the index";
    case ScanReason::Rewrite:
      return "to write it anew";
    case ScanReason::Domain:
      return "to prove the domain's constraint";
    case ScanReason::Exclusion:
      return "to prove the exclusion";
    case ScanReason::Copy:
      return "to copy it";
    case ScanReason::Query:
      return "by the query";
  }
  return "";
}

const char* work_word(IndexWork work) {
  switch (work) {
    case IndexWork::Built:
      return "is built";
    case IndexWork::Rebuilt:
      return "is rebuilt";
    case IndexWork::RecreatedWithoutBuild:
      return "is recreated without reading the table";
    case IndexWork::Dropped:
      return "is dropped";
  }
  return "";
}

}  // namespace

std::string effects_as_text(const ExplainedStatement& statement, const TextStyle& style) {
  const Effects& effects = statement.effects;
  std::string out = painted(style, Ink::Strong, printable(statement.sql)) + "\n" + fmt::format("on PostgreSQL {}, {}\n", statement.server_version / 10000, statement.context);
  const auto line = [&](Ink ink, std::string_view word, const std::string& text) {
    out += fmt::format("  {}: {}\n", painted(style, ink, word), wrapped(printable(text), style.width, 4 + static_cast<int>(word.size()), 4));
  };
  out += '\n';
  for (const RelationLock& lock : effects.locks) {
    if (lock.created) continue;
    const std::string name = display(lock.relation);
    line(blocks_writes(lock.mode) ? Ink::Warning : Ink::Good, lock_name(lock.mode),
         fmt::format("on {}: {}, {}", name, who_waits(lock.mode), how_long(effects, lock.relation)));
  }
  if (effects.locks.empty()) line(Ink::Good, "no lock", "that a reader or a writer would notice");
  for (const ObjectName& relation : effects.rewrites) line(Ink::Warning, "rewrites", display(relation));
  for (const Scan& scan : effects.scans) line(Ink::Warning, "reads all of", fmt::format("{} {}", display(scan.relation), reason_word(scan.reason)));
  for (const IndexEffect& index : effects.indexes) line(Ink::Info, "index", fmt::format("{} of {} {}", display(index.index), display(index.table), work_word(index.work)));
  for (const Failure& failure : effects.failures) {
    line(Ink::Error, failure.only_with_rows ? "fails when there are rows" : failure.depends_on_data ? "may fail" : "fails",
         failure.sqlstate.empty() ? failure.message : fmt::format("{} ({})", failure.message, failure.sqlstate));
  }
  if (effects.outside_transaction) line(Ink::Warning, "alone", "it cannot run inside a transaction block");
  if (effects.waits_for_old_snapshots) line(Ink::Info, "waits", "for every transaction that is older than it, without blocking anybody");
  if (effects.breaks_cached_plans) line(Ink::Warning, "prepared statements", "that return its columns fail once with \"cached plan must not change result type\"");
  if (effects.waits_even_if_noop) line(Ink::Info, "IF [NOT] EXISTS", "takes its lock before it finds that there is nothing to do");
  if (effects.truncates_data) line(Ink::Warning, "loses data", "rows or values are gone afterwards");
  for (const std::string& unknown : effects.unknown) line(Ink::Info, "not known", unknown);
  return out;
}

std::string effects_as_json(const ExplainedStatement& statement, const std::string& version) {
  const Effects& effects = statement.effects;
  Json json{{"format", "planner-explain"}, {"version", 1}, {"planner", version}, {"statement", statement.sql}, {"server_version", statement.server_version}, {"context", statement.context}};
  json["locks"] = Json::array();
  for (const RelationLock& lock : effects.locks) {
    json["locks"].push_back({{"relation", display(lock.relation)},
                             {"mode", lock_name(lock.mode)},
                             {"created", lock.created},
                             {"dropped", lock.dropped},
                             {"blocks_reads", blocks_reads(lock.mode)},
                             {"blocks_writes", blocks_writes(lock.mode)},
                             {"grows_with_size", works_on(effects, lock.relation)}});
  }
  json["rewrites"] = Json::array();
  for (const ObjectName& relation : effects.rewrites) json["rewrites"].push_back(display(relation));
  json["scans"] = Json::array();
  for (const Scan& scan : effects.scans) json["scans"].push_back({{"relation", display(scan.relation)}, {"why", reason_word(scan.reason)}});
  json["indexes"] = Json::array();
  for (const IndexEffect& index : effects.indexes) {
    json["indexes"].push_back({{"index", display(index.index)}, {"table", display(index.table)}, {"work", work_word(index.work)}});
  }
  json["failures"] = Json::array();
  for (const Failure& failure : effects.failures) {
    json["failures"].push_back({{"sqlstate", failure.sqlstate}, {"message", failure.message}, {"only_with_rows", failure.only_with_rows}, {"depends_on_data", failure.depends_on_data}});
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
