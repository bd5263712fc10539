#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>

#include "planner/replay/replay.h"
#include "tests/effects/oracle.h"
#include "tests/support/files.h"
#include "tests/support/paths.h"

/// Every row of facts/operations.tsv, for every version in it.
namespace planner::test {
namespace {

/// `parent:SRX t:AX [FKSCAN+INDEXBUILD1]`, taken apart.
struct Cell {
  bool fails = false;
  std::set<std::string> locks;  ///< `t:AX`
  std::set<std::string> work;   ///< REWRITE, SCAN, FKSCAN, INDEXBUILD1
};

Cell parse_cell(const std::string& text) {
  Cell cell;
  if (text.starts_with("ERROR")) {
    cell.fails = true;
    return cell;
  }
  std::string locks = text;
  if (const std::size_t open = text.find('['); open != std::string::npos) {
    locks = text.substr(0, open);
    for (const std::string& each : split(text.substr(open + 1, text.find(']') - open - 1), "+")) {
      // That a proof spared the scan is said by there being none.
      if (each != "PROVED_NO_SCAN") cell.work.insert(each);
    }
  }
  if (locks.starts_with("no table lock")) return cell;
  for (const std::string& each : split(locks, " ")) {
    if (!each.empty() && !each.ends_with(":AS")) cell.locks.insert(each);
  }
  return cell;
}

/// The measurement knew rewrites and scans by the messages of ALTER TABLE: CLUSTER has others, and CREATE
/// TABLE
/// .. PARTITION OF reads the default partition without one.
Cell said_cell(const Outcome& said, const Schema& before, const std::string& statement) {
  Cell cell;
  const Effects& effects = said.effects;
  cell.fails = !said.sqlstates.empty() || effects.outside_transaction;
  for (const RelationLock& lock : effects.locks) {
    if (lock.created || lock.kind == LockedKind::Index || lock.mode <= LockMode::AccessShare) continue;
    if (before.types.contains(lock.relation)) continue;  // composite types were not looked at
    cell.locks.insert(lock.relation.name.str() + ":" + short_name(lock.mode));
  }
  const auto scans_for = [&](auto... reasons) {
    return std::any_of(effects.scans.begin(), effects.scans.end(), [&](const Scan& scan) {
      // Checked on the way while the rows are written anew.
      return ((scan.reason == reasons) || ...) && !effects.rewrites_table(scan.relation);
    });
  };
  const bool silent = statement.starts_with("create table") || statement.starts_with("cluster");
  if (!silent && scans_for(ScanReason::NotNull, ScanReason::Check, ScanReason::PartitionBound))
    cell.work.insert("SCAN");
  if (scans_for(ScanReason::ForeignKey)) cell.work.insert("FKSCAN");
  const bool copied = std::any_of(effects.scans.begin(), effects.scans.end(),
                                  [](const Scan& scan) { return scan.reason == ScanReason::Rewrite; });
  if (copied && !silent) cell.work.insert("REWRITE");
  const auto builds =
      std::count_if(effects.indexes.begin(), effects.indexes.end(), [&](const IndexEffect& index) {
        const Table* table = said.after.tables.find(index.table);
        const bool stored = table == nullptr || table->kind == RelationKind::Table;
        return stored && (index.work == IndexWork::Built || index.work == IndexWork::Rebuilt);
      });
  if (builds > 0) cell.work.insert("INDEXBUILD" + std::to_string(builds));
  return cell;
}

std::string text_of(const Cell& cell) {
  if (cell.fails) return "ERROR";
  std::string out;
  for (const std::string& each : cell.locks) out += each + " ";
  for (const std::string& each : cell.work) out += "[" + each + "]";
  return out.empty() ? "nothing" : out;
}

TEST(OperationsTable, EveryMeasuredRowIsWhatEffectsSay) {
  PLANNER_SHARED_OR_SKIP(shared);
  const char* other = std::getenv("PLANNER_OPERATIONS_TABLE");  // further rows of the same form
  const auto rows =
      read_table(other != nullptr ? std::filesystem::path(other) : shared / "facts" / "operations.tsv");
  ASSERT_FALSE(rows.empty());
  const std::string objects = read_file(source_dir() / "tests/effects/operations.sql");
  std::size_t compared = 0;
  std::size_t agreed = 0;
  std::size_t newer = 0;
  for (const TableRow& row : rows) {
    std::map<std::string, std::string> wrong;  // difference -> versions
    for (const auto& [column, measured] : row) {
      if (!column.starts_with("pg") || measured == "n/a" || measured.empty()) continue;
      EffectsSettings settings;
      settings.server_version = std::stoi(column.substr(2)) * 10000;
      settings.time_zone_known = true;
      Schema start;
      start.server_version = settings.server_version;
      std::vector<std::string> problems;
      bool newer_setup = false;
      const Schema base = schema_after(objects, std::move(start), &problems, &newer_setup);
      ASSERT_TRUE(problems.empty()) << problems.front();
      const Schema before = schema_after(row.at("setup"), base, &problems, &newer_setup);
      Outcome said = outcome(row.at("statement"), before, settings, true);
      if (newer_setup || said.newer_syntax) {
        ++newer;
        continue;
      }
      ++compared;
      const Cell want = parse_cell(measured);
      Cell have = said_cell(said, before, row.at("statement"));
      if (have.fails && !want.fails) {  // some of the tables had no rows
        said = outcome(row.at("statement"), before, settings, false);
        have = said_cell(said, before, row.at("statement"));
      }
      // Values decide whether these fail: both are said.
      const bool either =
          want.fails && std::any_of(said.effects.failures.begin(), said.effects.failures.end(),
                                    [](const Failure& f) { return f.only_with_rows; });
      // Tables without rows are only read where the measurement says so.
      if (problems.empty() &&
          (either || (want.fails == have.fails &&
                      (want.fails || (want.locks == have.locks && want.work == have.work))))) {
        ++agreed;
        continue;
      }
      std::string text = "measured " + text_of(want) + ", said " + text_of(have);
      for (const std::string& problem : problems) text += "; setup: " + problem;
      wrong[text] += " " + column;
    }
    for (const auto& [text, versions] : wrong)
      ADD_FAILURE() << row.at("case") << ": " << row.at("statement") << "\n   " << versions << ": " << text;
  }
  std::cout << agreed << " of " << compared << " (row, version) pairs agree; " << newer
            << " are in newer syntax than the parser's\n";
}

}  // namespace
}  // namespace planner::test
