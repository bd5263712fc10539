#include "planner/effects/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace planner {
namespace {

// Rows a second: see estimated_seconds(). A production server reads from disk and does other work.
constexpr double kRead = 2.5e6;
constexpr double kBuild = 0.5e6;
constexpr double kKeys = 0.5e6;
constexpr double kRewrite = 0.09e6;
constexpr double kBytes = 100e6;

std::size_t indexes_with(const Effects& effects, const ObjectName& table, IndexWork work) {
  return static_cast<std::size_t>(
      std::count_if(effects.indexes.begin(), effects.indexes.end(),
                    [&](const IndexEffect& e) { return e.table == table && e.work == work; }));
}

std::string counted(std::size_t number, std::string_view one, std::string_view many) {
  return number == 1 ? std::string(one) : fmt::format("{} {}", number, many);
}

const TableSize* size_of(const Schema& schema, const ObjectName& relation) {
  const Table* table = schema.tables.find(relation);
  return table != nullptr && table->size && table->size->rows >= 0 ? &*table->size : nullptr;
}

}  // namespace

std::string nobody_can(LockMode mode, std::string_view what) {
  if (blocks_reads(mode)) return fmt::format("nobody can read or write {}", what);
  if (blocks_writes(mode)) return fmt::format("nobody can write to {}", what);
  return {};
}

std::string who_waits(LockMode mode, LockedKind kind) {
  if (kind == LockedKind::Sequence)
    return mode >= LockMode::ShareRowExclusive ? "nextval() waits" : "nextval() goes on";
  switch (mode) {
    case LockMode::None:
      return "nobody waits";
    case LockMode::AccessShare:
    case LockMode::RowShare:
      return "reading and writing go on; only changes that shut everybody out wait";
    case LockMode::RowExclusive:
      return "reading and writing go on, except for the rows it changes; CREATE INDEX and schema changes "
             "wait";
    case LockMode::ShareUpdateExclusive:
      return "reading and writing go on; VACUUM, ANALYZE and schema changes wait";
    case LockMode::Share:
    case LockMode::ShareRowExclusive:
      return nobody_can(mode, "it") + ", reading goes on";
    case LockMode::Exclusive:
      return nobody_can(mode, "it") + " or SELECT ... FOR UPDATE, plain reading goes on";
    case LockMode::AccessExclusive:
      return nobody_can(mode, "it");
  }
  return {};
}

std::string goes_on_beside(LockMode mode) {
  if (blocks_reads(mode)) return "nothing";
  if (mode == LockMode::Exclusive) return "SELECT";
  if (blocks_writes(mode)) return "SELECT and SELECT FOR UPDATE";
  return "SELECT, INSERT, UPDATE and DELETE";
}

Work work_on(const Effects& effects, const ObjectName& relation) {
  if (effects.rewrites_table(relation) && !effects.truncates_data) return Work::Rewrites;
  Work work = Work::Moment;
  for (const Scan& scan : effects.scans) {
    if (scan.relation != relation) continue;
    switch (scan.reason) {
      case ScanReason::IndexBuild:
      case ScanReason::Exclusion:
        work = std::max(work, Work::BuildsIndexes);
        break;
      case ScanReason::ForeignKey:
        work = std::max(work, Work::ChecksKeys);
        break;
      case ScanReason::Rewrite:
      case ScanReason::Copy:
        work = std::max(work, Work::Rewrites);
        break;
      default:
        work = std::max(work, Work::ReadsRows);
        break;
    }
  }
  if (work <= Work::ReadsRows && effects.dml && effects.lock_on(relation) == LockMode::RowExclusive)
    return Work::ChangesRows;
  return work;
}

Work longest_work(const Effects& effects) {
  Work longest = Work::Moment;
  for (const RelationLock& lock : effects.locks) longest = std::max(longest, work_on(effects, lock.relation));
  for (const Scan& scan : effects.scans) longest = std::max(longest, work_on(effects, scan.relation));
  return longest;
}

std::string for_how_long(const Effects& effects, const ObjectName& relation, const Schema& schema) {
  std::string text;
  const std::size_t rebuilt = indexes_with(effects, relation, IndexWork::Rebuilt);
  const std::size_t built = indexes_with(effects, relation, IndexWork::Built);
  switch (work_on(effects, relation)) {
    case Work::Rewrites:
      text = rebuilt + built > 0 ? fmt::format("while the table is written anew and {} rebuilt",
                                               counted(rebuilt + built, "its index", "indexes"))
                                 : std::string("while the table is written anew");
      break;
    case Work::BuildsIndexes:
      text = fmt::format("while every row is read and {} built",
                         counted(std::max<std::size_t>(rebuilt + built, 1), "the index", "indexes"));
      break;
    case Work::ChecksKeys:
      text = "while every row is read and looked up in the other table";
      break;
    case Work::ReadsRows:
      text = "while every row is read";
      break;
    case Work::ChangesRows:
      text = "to the end of the transaction, for the rows it changes";
      break;
    case Work::Moment: {
      // What is held on one relation while another is worked on is held as long.
      const Work longest = longest_work(effects);
      if (longest > Work::Moment && longest != Work::ChangesRows && !effects.outside_transaction) {
        const auto slow = std::find_if(effects.scans.begin(), effects.scans.end(), [&](const Scan& s) {
          return work_on(effects, s.relation) == longest;
        });
        if (slow != effects.scans.end())
          return "as long as the work on " + display(slow->relation) + " takes";
      }
      return "for a moment: only the catalogue changes";
    }
  }
  if (const auto seconds = estimated_seconds(effects, relation, schema)) {
    const TableSize* size = size_of(schema, relation);
    text += fmt::format(" ({:.0f} rows: {})", size->rows, display_seconds(*seconds));
  } else {
    text += ": the larger the table, the longer";
  }
  return text;
}

std::optional<double> estimated_seconds(const Effects& effects, const ObjectName& relation,
                                        const Schema& schema) {
  const TableSize* size = size_of(schema, relation);
  if (size == nullptr) return std::nullopt;
  const double read = std::max(size->rows / kRead, static_cast<double>(size->heap_bytes) / kBytes);
  const double build = size->rows / kBuild + static_cast<double>(size->heap_bytes) / kBytes;
  const auto builds = static_cast<double>(indexes_with(effects, relation, IndexWork::Built) +
                                          indexes_with(effects, relation, IndexWork::Rebuilt));
  switch (work_on(effects, relation)) {
    case Work::Moment:
      return 0.0;
    case Work::ReadsRows:
      return read;
    case Work::BuildsIndexes:
      return build * std::max(builds, 1.0);
    case Work::ChecksKeys:
      return size->rows / kKeys + read;
    case Work::Rewrites:
      return std::max(size->rows / kRewrite, 2 * static_cast<double>(size->heap_bytes) / kBytes) +
             builds * size->rows / kBuild;
    case Work::ChangesRows:
      return size->rows / kRewrite;
  }
  return std::nullopt;
}

std::string display_seconds(double seconds) {
  if (seconds < 1) return "less than a second";
  if (seconds < 90) return fmt::format("about {:.0f} s", std::ceil(seconds));
  if (seconds < 90 * 60) return fmt::format("about {:.0f} min", std::ceil(seconds / 60));
  return fmt::format("about {:.0f} h", std::ceil(seconds / 3600));
}

std::string_view reason_text(ScanReason reason) {
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
      return "to prove that no rows exclude each other";
    case ScanReason::Copy:
      return "to copy it";
    case ScanReason::Query:
      return "by the query";
  }
  return {};
}

std::string_view work_text(IndexWork work) {
  switch (work) {
    case IndexWork::Built:
      return "is built";
    case IndexWork::Rebuilt:
      return "is rebuilt";
    case IndexWork::RecreatedWithoutBuild:
      return "is made again without reading the table";
    case IndexWork::Dropped:
      return "is dropped";
  }
  return {};
}

}  // namespace planner
