#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "plans/steps/backfill.h"
#include "src/database/backfill_run.h"

/// Which way a backfill goes through its table, from what the table looks like.
namespace planner {
namespace {

constexpr double kOrdered = 0.9;     // correlation from which on the heap is in the key's order
constexpr double kOldSnapshot = 60;  // seconds; pruning stops at it, and with it the gain of passes
constexpr int kSample = 2000;        // rows
// Measured (performance facts, "interleaved"): fewer passes look at fewer rows twice, more of them leave
// fewer rows without room on their page. Rows that fall into the passes evenly need fewer.
constexpr int kPassesByKey = 10, kPassesByPlace = 12;

}  // namespace

std::string_view way_name(BackfillWay way) {
  switch (way) {
    case BackfillWay::Auto:
      return "auto";
    case BackfillWay::Keys:
      return "keys";
    case BackfillWay::Ranges:
      return "ranges";
    case BackfillWay::Interleaved:
      break;
  }
  return "interleaved";
}

/// What tells the passes apart. The key itself where it is one whole number: the rows of a page then fall
/// into the passes evenly, and the cheapest of all tests decides (measured: a tenth less work than a hash of
/// the row's place). Keys that leave gaps in step with the passes (every second number) would all fall into a
/// few of them, so a sample is looked at first.
void BackfillRun::choose_spread() {
  spread_ = "(hashtid(ctid) & 2147483647)";
  passes_ = kPassesByPlace;
  if (backfill_.key.size() != 1) return;
  const std::string key = quoted(backfill_.key.front());
  const Result type = control_.exec_params(
      "SELECT atttypid IN ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype) FROM pg_attribute "
      "WHERE "
      "attrelid = $1::regclass AND attname = $2",
      {quoted(backfill_.table), backfill_.key.front().str()});
  if (type.empty() || !type.truth()) return;
  const std::string candidate = fmt::format("({}::bigint & 9223372036854775807)", key);
  const long long fullest = std::stoll(
      control_
          .exec(fmt::format("SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM (SELECT {0} "
                            "FROM {1} LIMIT {2}) s GROUP BY {3} % {4}) c",
                            key, quoted(backfill_.table), kSample, candidate, kPassesByKey))
          .text());
  if (fullest > std::max(10LL, 2LL * kSample / kPassesByKey)) return;
  // Every pass asks this of every row: two functions fewer where no key is below zero. A lower one that comes
  // later comes through the trigger.
  const Result lowest = control_.exec(
      fmt::format("SELECT {0} >= 0 FROM {1} ORDER BY {0} LIMIT 1", key, quoted(backfill_.table)));
  spread_ = !lowest.empty() && lowest.truth() ? key : candidate;
  passes_ = kPassesByKey;
}

void BackfillRun::choose_way(BackfillReport& report) {
  const Result table = control_.exec_params(
      "SELECT c.relkind, greatest(c.reltuples, 0)::bigint, coalesce(pg_relation_filenode(c.oid), 0)::text, "
      "(SELECT coalesce(max(pg_relation_size(t.relid) / "
      "current_setting('block_size')::bigint), 0) FROM pg_partition_tree(c.oid) t), pg_relation_size(c.oid) "
      "/ current_setting('block_size')::bigint, c.oid::regclass::text "
      "FROM pg_class c WHERE c.oid = $1::regclass",
      {quoted(backfill_.table)});
  if (table.empty())
    throw Error(fmt::format("table {} does not exist", display(backfill_.table)),
                "deploy the phases before the backfill first");
  const Row& row = table.rows.front();
  const bool partitioned = row.at(0).value_or("r") == "p";
  rows_total_ = std::stoll(row.at(1).value_or("0"));
  filenode_ = row.at(2).value_or("0");
  blocks_ = std::max(std::stoll(row.at(3).value_or("0")), std::stoll(row.at(4).value_or("0")));
  relation_ = row.at(5).value_or("");
  const bool has_key = !backfill_.key.empty();
  if (options_.way != BackfillWay::Auto) {
    if (options_.way == BackfillWay::Keys && !has_key)
      throw Error(fmt::format("{} has no unique key to walk along", display(backfill_.table)),
                  "leave --way out");
    if (options_.way == BackfillWay::Interleaved) choose_spread();
    report.why = "asked for";
    return;
  }
  if (control_.server_version() < 140000) {
    options_.way = has_key ? BackfillWay::Keys : BackfillWay::Ranges;
    report.why = "before PostgreSQL 14 a range of blocks is found by reading the whole table";
    return;
  }
  if (partitioned) {
    options_.way = has_key ? BackfillWay::Keys : BackfillWay::Ranges;
    report.why = "the table is partitioned";
    return;
  }
  if (has_key) {
    const auto correlation = [&] {
      const Result found = control_.exec_params(
          "SELECT s.correlation FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_stats "
          "s "
          "ON s.schemaname = n.nspname AND s.tablename = c.relname WHERE c.oid = $1::regclass AND s.attname "
          "= "
          "$2 AND NOT s.inherited",
          {quoted(backfill_.table), backfill_.key.front().str()});
      return found.value();
    };
    Value known = correlation();
    if (!known) {
      try {
        control_.exec(fmt::format("BEGIN; SET LOCAL lock_timeout = '1s'; ANALYZE {} ({}); COMMIT",
                                  quoted(backfill_.table), quoted(backfill_.key.front())));
      } catch (const DatabaseError&) {
        if (control_.in_transaction()) control_.exec("ROLLBACK");
      }
      known = correlation();
    }
    if (!known || std::abs(std::stod(*known)) < kOrdered) {
      options_.way = BackfillWay::Keys;
      report.why = known ? fmt::format(
                               "the rows do not lie in the order of {} (correlation {:.2f}): key ranges "
                               "spread the updates over the pages by themselves",
                               backfill_.key.front().str(), std::stod(*known))
                         : "nothing is known about the order of the rows";
      return;
    }
  }
  std::string columns;
  for (const auto& [column, value] : backfill_.assignments)
    columns += (columns.empty() ? "" : ", ") + quoted(Literal(column.str()));
  const bool indexed =
      !columns.empty() &&
      control_
          .exec_params(fmt::format("SELECT EXISTS (SELECT 1 FROM pg_index x JOIN pg_attribute a ON "
                                   "a.attrelid = x.indrelid WHERE x.indrelid = "
                                   "$1::regclass AND a.attname IN ({}) AND (a.attnum = ANY (x.indkey) OR "
                                   "x.indexprs IS NOT NULL OR x.indpred IS NOT NULL))",
                                   columns),
                       {quoted(backfill_.table)})
          .truth();
  const double oldest =
      std::stod(control_
                    .exec("SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0) FROM "
                          "pg_stat_activity WHERE backend_xmin IS NOT "
                          "NULL AND pid <> pg_backend_pid()")
                    .text());
  const bool numbered = !plans::takes_any_order(backfill_);
  if (backfill_.deletes || indexed || numbered || oldest > kOldSnapshot) {
    options_.way = BackfillWay::Ranges;
    report.why = backfill_.deletes ? "rows are deleted, not updated"
                 : indexed         ? "an index names the column, so no update can stay on its page"
                 : numbered        ? "what is written may depend on the order of the rows"
                            : fmt::format("a transaction of {:.0f} s keeps pages from being pruned", oldest);
    return;
  }
  options_.way = BackfillWay::Interleaved;
  choose_spread();
  report.why = fmt::format(
      "the rows lie in key order and no index names the column: in {} passes most updates stay on their page",
      passes_);
}

}  // namespace planner
