#include "src/database/backfill_run.h"

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <random>
#include <thread>

#include "planner/shell_word.h"
#include "planner/sql/type.h"
#include "src/database/limits.h"
#include "src/database/pooler.h"

namespace planner {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr double kFirstBlocks = 200;  // one window, before anything is known about the rows
// Whoever waits for a row of a batch waits this long at most, and whoever waits for that one too. Passes only
// commit more often for it: their window stays in the cache.
constexpr double kBatchMs = 100, kPassMs = 20;
constexpr double kFewestBlocksOfPass = 8;
constexpr int kFewestRows = 100, kMostRows = 50000;
constexpr int kRowTries = 300;
constexpr int kSweeps = 4;

double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

std::string key_row(const Backfill& backfill) {
  const std::string list = column_list(backfill.key).str();
  return backfill.key.size() == 1 ? list : "(" + list + ")";
}

/// `$1::integer`, or `($1::integer, $2::text)`.
std::string key_parameters(const Backfill& backfill, std::size_t first) {
  std::string list;
  for (std::size_t i = 0; i < backfill.key.size(); ++i)
    list += fmt::format("{}${}::{}", i == 0 ? "" : ", ", first + i, type_sql(backfill.key_types[i]).str());
  return backfill.key.size() == 1 ? list : "(" + list + ")";
}

/// Under names of their own: ORDER BY takes an output column's name before the table's, and would sort
/// numbers as words.
std::string key_as_text(const Backfill& backfill) {
  std::string list;
  for (const Identifier& column : backfill.key) {
    const std::string alias = fmt::format("planner_key_{}", list.size());
    list += (list.empty() ? "" : ", ") + sql("{}::text AS {}", column, Identifier(alias)).str();
  }
  return list;
}

std::vector<std::string> row_texts(const Row& row) {
  std::vector<std::string> values;
  for (const Value& value : row) values.push_back(value.value_or(""));
  return values;
}

}  // namespace

/// What workers and the coordinator tell each other.
struct BackfillRun::Shared {
  std::mutex guard;
  std::vector<BackfillPart> parts;  // guarded
  std::vector<bool> taken;          // guarded
  std::string failure;              // guarded
  std::atomic<bool> halt{false}, wait{false};
  std::atomic<int> target_ms{0}, pause_ms{0}, most_rows{0}, working{0};
  std::atomic<long long> rows{0};
};

BackfillRun::BackfillRun(std::string url, std::string plan, std::string phase, Backfill backfill,
                         BackfillOptions options)
    : url_(std::move(url)),
      plan_(std::move(plan)),
      phase_(std::move(phase)),
      backfill_(std::move(backfill)),
      options_(std::move(options)),
      control_(url_),
      state_(control_, plan_, phase_) {}

void BackfillRun::settle(Connection& session) const {
  // UPDATE needs no lock that the application minds beyond its rows.
  lift_timeouts(session);
  // A look at the whole table takes one processor, however many there are: the others are the application's.
  session.exec(
      "SELECT set_config('idle_in_transaction_session_timeout', '60s', false), "
      "set_config('application_name', 'planner backfill', false), "
      "set_config('max_parallel_workers_per_gather', '0', false), set_config('jit', 'off', false)");
}

std::vector<std::string> BackfillRun::key_at(long long offset) {
  const std::string list = column_list(backfill_.key).str();
  const Result found =
      control_.exec(fmt::format("SELECT {} FROM {} ORDER BY {} OFFSET {} LIMIT 1", key_as_text(backfill_),
                                quoted(backfill_.table), list, offset));
  return found.empty() ? std::vector<std::string>{} : row_texts(found.rows.front());
}

std::vector<BackfillPart> BackfillRun::make_parts() {
  std::vector<BackfillPart> parts;
  const int count = std::max(1, options_.workers);
  if (options_.way != BackfillWay::Keys) {
    // Whoever writes behind the end writes through the trigger.
    for (int i = 0; i < count; ++i) {
      BackfillPart part;
      part.part = i;
      part.cursor = {std::to_string(blocks_ * i / count)};
      part.last = {std::to_string(blocks_ * (i + 1) / count)};
      parts.push_back(std::move(part));
    }
    return parts;
  }
  std::string down;
  for (const Identifier& column : backfill_.key)
    down += (down.empty() ? "" : ", ") + sql("{} DESC", column).str();
  const Result top = control_.exec(fmt::format("SELECT {} FROM {} ORDER BY {} LIMIT 1",
                                               key_as_text(backfill_), quoted(backfill_.table), down));
  if (top.empty()) return {BackfillPart{}};
  std::vector<std::string> from;
  for (int i = 0; i < count; ++i) {
    BackfillPart part;
    part.part = i;
    part.cursor = from;
    part.last = row_texts(top.rows.front());
    if (i + 1 < count) {
      const std::vector<std::string> border = key_at(rows_total_ * (i + 1) / count);
      if (border.empty()) {
        parts.push_back(std::move(part));
        return parts;
      }
      part.last = from = border;
    }
    parts.push_back(std::move(part));
  }
  return parts;
}

/// One batch and its cursor in one transaction, tried again while somebody holds its rows. Returns the rows
/// changed; -1: told to stop.
long long BackfillRun::change(Connection& session, Shared& shared, const std::string& where,
                              const std::vector<Value>& values, BackfillPart& next, const std::string& pick) {
  std::string assignments;
  for (const auto& [column, value] : backfill_.assignments)
    assignments += (assignments.empty() ? "" : ", ") + sql("{} = {}", column, value).str();
  const std::string head = backfill_.deletes
                               ? fmt::format("DELETE FROM {}", quoted(backfill_.table))
                               : fmt::format("UPDATE {} SET {}", quoted(backfill_.table), assignments);
  // CASE, because PostgreSQL would look at the dearer predicate first: at every row of the window in every
  // pass.
  const std::string todo =
      pick.empty() ? fmt::format("({})", backfill_.todo.str())
                   : fmt::format("CASE WHEN {} THEN ({}) ELSE false END", pick, backfill_.todo.str());
  const std::string statement = fmt::format("{} WHERE {} AND {}", head, where, todo);
  thread_local std::mt19937 random{std::random_device{}()};
  for (int attempt = 0;; ++attempt) {
    try {
      // Few messages, because small batches would else wait for the way there and back.
      const std::string begin =
          options_.way == BackfillWay::Keys ? "BEGIN; SET LOCAL lock_timeout = '300ms'; " : "BEGIN; ";
      if (!values.empty()) session.exec(begin);
      const long long rows =
          (values.empty() ? session.exec(begin + statement) : session.exec_params(statement, values))
              .affected;
      std::string end;
      if (remembers_) {
        end =
            sql("UPDATE planner.backfill_part SET position = {}::text[], pass = {}, rows_done = rows_done + "
                "{}, done = {} WHERE plan = {} AND phase = {} AND part = {}; ",
                Literal(text_array(next.cursor)), next.pass, rows,
                Sql::verbatim(next.done ? "true" : "false"), Literal(plan_), Literal(phase_), next.part)
                .str();
      }
      session.exec(end + "COMMIT");
      next.rows_done += rows;
      shared.rows += rows;
      return rows;
    } catch (const DatabaseError& error) {
      if (!session.is_open()) throw;
      if (session.in_transaction()) session.exec("ROLLBACK");
      const bool again = error.is("55P03") || error.is("40P01") || error.is("40001");
      if (!again || attempt >= kRowTries) throw;
      if (shared.halt) return -1;
      std::this_thread::sleep_for(milliseconds(std::uniform_int_distribution<int>(50, 250)(random)));
    }
  }
}

/// False: the part has ended, or the run has.
bool BackfillRun::one_key_batch(Connection& session, Shared& shared, BackfillPart& part, int& rows) {
  const auto start = Clock::now();
  const std::size_t width = backfill_.key.size();
  const std::string key = key_row(backfill_);
  std::vector<Value> values;
  std::string range;
  if (!part.cursor.empty()) {
    range = fmt::format("{} > {}", key, key_parameters(backfill_, 1));
    values.insert(values.end(), part.cursor.begin(), part.cursor.end());
  }
  const auto bounded = [&](const std::vector<std::string>& upper, std::vector<Value>& with) {
    const std::string text = fmt::format("{}{}{} <= {}", range, range.empty() ? "" : " AND ", key,
                                         key_parameters(backfill_, with.size() + 1));
    with.insert(with.end(), upper.begin(), upper.end());
    return text;
  };
  std::vector<Value> look = values;
  const std::string within = part.last.empty() ? (range.empty() ? "true" : range) : bounded(part.last, look);
  const Result upper = session.exec_params(
      fmt::format("SELECT {} FROM {} WHERE {} ORDER BY {} OFFSET {} LIMIT 1", key_as_text(backfill_),
                  quoted(backfill_.table), within, column_list(backfill_.key).str(), rows - 1),
      look);
  BackfillPart next = part;
  next.done = upper.empty();
  if (!upper.empty()) next.cursor = row_texts(upper.rows.front());
  std::string where = within;
  if (!next.done) {
    where = bounded(next.cursor, values);
  } else {
    values = look;
  }
  if (width == 0 || change(session, shared, where, values, next) < 0) return false;
  part = next;
  const double spent = since(start) * 1000;
  const int asked = shared.target_ms;
  const double wanted = asked > 0 ? asked : options_.target_ms > 0 ? options_.target_ms : kBatchMs;
  rows = std::clamp(static_cast<int>(rows * std::clamp(wanted / std::max(spent, 1.0), 0.5, 1.5)), kFewestRows,
                    kMostRows);
  if (shared.most_rows > 0) rows = std::min(rows, static_cast<int>(shared.most_rows));
  return !part.done;
}

/// Walks one part until it is done. False: the run is to end.
bool BackfillRun::one_part(Connection& session, Shared& shared, BackfillPart& part) {
  int rows = options_.batch_rows;
  double blocks =
      options_.way == BackfillWay::Interleaved
          ? kFirstBlocks
          : std::max(1.0, static_cast<double>(options_.batch_rows) * static_cast<double>(blocks_) /
                              static_cast<double>(std::max(1LL, rows_total_)));
  const int passes = options_.way == BackfillWay::Interleaved ? passes_ : 1;
  while (!part.done) {
    while (shared.wait && !shared.halt) std::this_thread::sleep_for(milliseconds(50));
    if (shared.halt) return false;
    if (options_.way == BackfillWay::Keys) {
      const bool more = one_key_batch(session, shared, part, rows);
      if (!more && !part.done) return false;
    } else {
      const auto start = Clock::now();
      const long long begin = std::stoll(part.cursor.front()), end = std::stoll(part.last.front());
      const long long stop_at = std::min(end, begin + std::max(1LL, static_cast<long long>(blocks)));
      BackfillPart next = part;
      // The window is walked pass by pass; its end is only reached with the last one, so a stopped run begins
      // the window again.
      for (int pass = 0; pass < passes; ++pass) {
        if (shared.halt) return false;
        next.pass = pass;
        if (pass + 1 == passes) {
          next.cursor = {std::to_string(stop_at)};
          next.pass = 0;
          next.done = stop_at >= end;
        }
        const std::string where =
            fmt::format("ctid >= '({},0)'::tid AND ctid < '({},0)'::tid", begin, stop_at);
        const std::string pick = passes > 1 ? fmt::format("{} % {} = {}", spread_, passes, pass) : "";
        if (stop_at > begin && change(session, shared, where, {}, next, pick) < 0) return false;
        if (stop_at <= begin) next.done = true;
      }
      part = next;
      const double spent = since(start) * 1000 / passes;
      const int asked = shared.target_ms;
      const double wanted = asked > 0                ? asked
                            : options_.target_ms > 0 ? options_.target_ms
                            : passes > 1             ? kPassMs
                                                     : kBatchMs;
      // On a starved machine every batch takes its time whatever its size: passes over smaller windows would
      // cost more transactions and spare nobody anything.
      const double fewest = passes > 1 ? kFewestBlocksOfPass * passes : 1.0;
      blocks = std::clamp(blocks * std::clamp(wanted / std::max(spent, 0.5), 0.5, 1.5), fewest, 16384.0);
      if (shared.most_rows > 0)
        blocks = std::min(blocks, std::max(1.0, static_cast<double>(shared.most_rows) * passes *
                                                    static_cast<double>(blocks_) /
                                                    static_cast<double>(std::max(1LL, rows_total_))));
    }
    {
      const std::lock_guard lock(shared.guard);
      shared.parts[static_cast<std::size_t>(part.part)] = part;
    }
    const int pause = shared.pause_ms > 0 ? static_cast<int>(shared.pause_ms) : options_.pause_ms;
    if (pause > 0) std::this_thread::sleep_for(milliseconds(pause));
  }
  return true;
}

void BackfillRun::work(Shared& shared) {
  try {
    Connection session(url_);
    settle(session);
    // Windows are all it asks for; along keys it also looks for the end of a batch, which may take its time.
    if (options_.way != BackfillWay::Keys) session.exec("SELECT set_config('lock_timeout', '300ms', false)");
    while (!shared.halt) {
      std::optional<BackfillPart> part;
      {
        const std::lock_guard lock(shared.guard);
        for (std::size_t i = 0; i < shared.parts.size() && !part; ++i) {
          if (shared.parts[i].done || shared.taken[i]) continue;
          shared.taken[i] = true;
          part = shared.parts[i];
        }
      }
      if (!part || !one_part(session, shared, *part)) break;
    }
  } catch (const std::exception& error) {
    const std::lock_guard lock(shared.guard);
    if (shared.failure.empty()) shared.failure = error.what();
    shared.halt = true;
  }
  --shared.working;
}

double BackfillRun::share_done(const Shared& shared) const {
  if (shared.parts.empty()) return 1;
  double sum = 0;
  for (const BackfillPart& part : shared.parts) {
    if (part.done) {
      sum += 1;
    } else if (options_.way != BackfillWay::Keys) {
      const double begin =
          static_cast<double>(blocks_) * part.part / static_cast<double>(shared.parts.size());
      const double end = std::stod(part.last.front());
      sum += end > begin ? std::clamp((std::stod(part.cursor.front()) - begin) / (end - begin), 0.0, 1.0) : 1;
    } else if (rows_total_ > 0) {
      // Keys do not say how far they are; rows do, roughly.
      sum += std::min(0.99, static_cast<double>(part.rows_done) * static_cast<double>(shared.parts.size()) /
                                static_cast<double>(rows_total_));
    }
  }
  return sum / static_cast<double>(shared.parts.size());
}

void BackfillRun::coordinate(Shared& shared, BackfillReport& report) {
  const auto start = Clock::now();
  double first_share = -1, speed = 0, vacuumed = 0;
  auto looked = start - std::chrono::seconds(5);
  auto rate_at = start;
  long long rate_rows = 0;
  BackfillMoment moment;
  moment.state = "running";
  while (shared.working > 0) {
    std::this_thread::sleep_for(milliseconds(50));
    if (stop && stop()) shared.halt = true;
    if (since(looked) < 1) continue;
    looked = Clock::now();
    {
      const std::lock_guard lock(shared.guard);
      moment.share = share_done(shared);
    }
    if (first_share < 0) first_share = moment.share;
    moment.rows = shared.rows;
    const double span = since(rate_at);
    if (span >= 1) {
      const double now = static_cast<double>(moment.rows - rate_rows) / span;
      speed = speed == 0 ? now : 0.7 * speed + 0.3 * now;
      rate_rows = moment.rows;
      rate_at = Clock::now();
    }
    moment.rows_per_second = speed;
    const double progress_made = moment.share - first_share;
    moment.seconds_left = progress_made > 0.001 ? since(start) * (1 - moment.share) / progress_made : -1;
    BackfillControl wanted;
    if (remembers_)
      wanted = state_.report(moment.state, moment.reason, moment.share, moment.rows_per_second,
                             moment.seconds_left);
    shared.target_ms = wanted.target_ms;
    shared.pause_ms = wanted.pause_ms;
    shared.most_rows = wanted.most_rows;
    moment.reason = wanted.pause ? "paused by hand" : reason_to_wait(control_);
    moment.state = wanted.pause ? "paused" : moment.reason.empty() ? "running" : "throttled";
    shared.wait = !moment.reason.empty();
    if (options_.vacuum_share > 0 && moment.share - vacuumed >= options_.vacuum_share && moment.share < 1) {
      shared.wait = true;
      control_.exec(fmt::format("VACUUM (INDEX_CLEANUP OFF) {}", quoted(backfill_.table)));
      shared.wait = false;
      vacuumed = moment.share;
    }
    if (progress) this->progress(moment);
  }
  report.share = share_done(shared);
}

/// A row that moved while a pass went by, or one that was written before the trigger was there.
bool BackfillRun::anything_left() {
  return !control_
              .exec(fmt::format("SELECT 1 FROM {} WHERE {} LIMIT 1", quoted(backfill_.table),
                                backfill_.todo.str()))
              .empty();
}

BackfillReport BackfillRun::run() {
  BackfillReport report;
  const auto start = Clock::now();
  settle(control_);
  if (control_.exec("SELECT pg_is_in_recovery()").truth())
    throw Error("the database is a read-only standby", "give the primary's URL");
  {
    Connection other(url_);
    if (share_a_session(control_, other))
      throw Error(
          "the database URL leads through a pooler that gives each transaction another session (PgBouncer): "
          "two backfills could not tell of each other",
          "give the direct URL (in schema.prisma: directUrl)");
  }
  if (!control_
           .exec_params("SELECT pg_try_advisory_lock(hashtext('planner backfill'), hashtext($1))",
                        {plan_ + "/" + phase_})
           .truth()) {
    throw Error(fmt::format("another backfill of {} is running in this database", plan_),
                fmt::format("look at it: planner backfill status {}", shell_word(plan_)));
  }
  remembers_ = state_.prepare();
  report.remembered = remembers_;
  choose_way(report);
  Shared shared;
  std::optional<BackfillRecord> known;
  if (remembers_) known = state_.read();
  if (known && known->state == "done" && !anything_left()) {
    // The file's turn after `planner backfill run`, or the same command once more.
    report.way = known->way;
    report.share = 1;
    report.seconds = since(start);
    if (say) say(fmt::format("{} is filled already", relation_));
    return report;
  }
  // A range of blocks means something only in the same file, and a key only along the same way.
  const bool open = known && !known->parts.empty() &&
                    std::any_of(known->parts.begin(), known->parts.end(),
                                [](const BackfillPart& part) { return !part.done; });
  const bool by_key = open && known->way == "keys";
  const bool same_kind = open && by_key == (options_.way == BackfillWay::Keys);
  if (open && same_kind && (by_key || known->filenode == filenode_) && known->relation == relation_) {
    shared.parts = known->parts;
    report.resumed = true;
  } else {
    shared.parts = make_parts();
  }
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    shared.taken.assign(shared.parts.size(), false);
    shared.halt = false;
    if (remembers_) {
      if (!(report.resumed && sweep == 0)) {
        BackfillRecord record;
        record.relation = relation_;
        record.way = std::string(way_name(options_.way));
        record.filenode = filenode_;
        record.rows_total = rows_total_;
        record.parts = shared.parts;
        state_.begin(record);
      }
      state_.own();
    }
    report.way = std::string(way_name(options_.way));
    if (say && sweep == 0)
      say(fmt::format("{} {}: {} ({})", report.resumed ? "going on with" : "filling", relation_, report.way,
                      report.why));
    const int workers =
        std::clamp(options_.workers, 1, static_cast<int>(std::max<std::size_t>(1, shared.parts.size())));
    shared.working = workers;
    // A reason to wait that is there already holds back the first batch too.
    shared.wait = (known && known->control.pause) || !reason_to_wait(control_).empty();
    std::vector<std::thread> threads;
    for (int i = 0; i < workers; ++i) threads.emplace_back([this, &shared] { work(shared); });
    try {
      coordinate(shared, report);
    } catch (...) {
      // The workers must end before what they share goes.
      shared.halt = true;
      for (std::thread& thread : threads) thread.join();
      throw;
    }
    for (std::thread& thread : threads) thread.join();
    report.rows = shared.rows;
    report.seconds = since(start);
    if (!shared.failure.empty()) {
      report.end = BackfillReport::End::Failed;
      report.error = shared.failure;
      break;
    }
    if (std::any_of(shared.parts.begin(), shared.parts.end(),
                    [](const BackfillPart& part) { return !part.done; })) {
      report.end = BackfillReport::End::Stopped;
      break;
    }
    if (!anything_left()) {
      report.end = BackfillReport::End::Done;
      break;
    }
    report.end = BackfillReport::End::Failed;
    report.error =
        "rows are still to be filled after every row was visited: something writes them anew without the "
        "plan's trigger";
    options_.way = backfill_.key.empty() ? BackfillWay::Ranges : BackfillWay::Keys;
    blocks_ =
        control_
            .exec_params("SELECT pg_relation_size($1::regclass) / current_setting('block_size')::bigint",
                         {quoted(backfill_.table)})
            .number();
    shared.parts = make_parts();
  }
  if (remembers_ && control_.is_open()) {
    const bool done = report.end == BackfillReport::End::Done;
    state_.report(done                                         ? "done"
                  : report.end == BackfillReport::End::Stopped ? "stopped"
                                                               : "failed",
                  report.error, done ? 1 : report.share,
                  report.seconds > 0 ? static_cast<double>(report.rows) / report.seconds : 0, done ? 0 : -1);
  }
  report.seconds = since(start);
  return report;
}

}  // namespace planner
