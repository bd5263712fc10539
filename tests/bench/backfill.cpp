// The backfill that `planner backfill run` drives, beside the alternatives, on one table under one load.
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <map>

#include "src/database/connection.h"
#include "src/database/scratch_server.h"
#include "tests/bench/load.h"
#include "tests/bench/measure.h"
#include "tests/support/files.h"
#include "tests/support/run_program.h"

namespace planner::bench {
namespace {

constexpr double kOneWorker = 1 / 1.25;  // time against one UPDATE of the whole table
constexpr double kTwoWorkers = 1 / 1.5;
constexpr double kPgroll = 0.5;
constexpr double kSqlFile = 1.0;
constexpr double kWal = 0.65;
constexpr double kHeap = 35, kIndexes = 5;  // per cent
constexpr double kMedian = 1.25;            // "unchanged", as far as a shared machine can tell
constexpr double kP99 = 1.0;
constexpr double kLongerThanWithout = 50;  // ms
constexpr const char* kPlan = "rename_name_to_full_name";

long long number_from(const char* variable, long long otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::atoll(text);
}

/// A repository whose rename is split, and a database in which the rows are older than the mirror.
class Stage {
 public:
  Stage(ScratchServer& server, long long rows) : server_(server), rows_(rows) {
    write(
        "prisma/migrations/20240101000000_init/migration.sql",
        "CREATE TABLE events (id bigint PRIMARY KEY, email text NOT NULL, name text NOT NULL, body text NOT "
        "NULL, hits int NOT NULL DEFAULT 0, at timestamptz NOT NULL DEFAULT now());\n"
        "CREATE INDEX events_email ON events (email);\nCREATE INDEX events_at ON events (at);\n");
    write("prisma/migrations/migration_lock.toml", "provider = \"postgresql\"\n");
    write("package.json", R"({"devDependencies": {"prisma": "6.19.3"}})");
    write("prisma/migrations/20240102000000_rename_name_to_full_name/migration.sql",
          "ALTER TABLE events RENAME COLUMN name TO full_name;\n");
    const std::string url = server_.create_database("stage");
    planner({"split", kPlan, "--release"}, url);
    planner({"deploy", "--until", "init"}, url);
    {
      Connection session(url);
      session.exec(fmt::format(
          "INSERT INTO events (id, email, name, body, at) SELECT g, 'user' || g || '@example.org', 'Name ' "
          "|| "
          "g, repeat(md5(g::text), 2), now() - g * interval '1 second' FROM generate_series(1, {}) g",
          rows_));
    }
    planner({"deploy"}, url);
    Connection(url).exec("VACUUM ANALYZE events");
  }

  struct Outcome {
    double seconds = 0, wal = 0, heap_growth = 0, index_growth = 0;
    Load::Felt felt;
  };

  /// One way, in a fresh copy of the database, with the load beside it.
  Outcome run(const std::function<void(const std::string& url)>& way,
              const std::function<void(Connection&)>& prepare = {}) {
    server_.drop_database("copy");
    const std::string url = server_.create_database("copy", "stage");
    Connection session(url);
    if (prepare) prepare(session);
    session.exec("CHECKPOINT");
    const auto sizes = [&] {
      const Result found = session.exec("SELECT pg_relation_size('events'), pg_indexes_size('events')");
      return std::pair(std::stod(*found.rows.front().at(0)), std::stod(*found.rows.front().at(1)));
    };
    const auto [heap, indexes] = sizes();
    Load load(url,
              {"SELECT * FROM events WHERE id = {}", "UPDATE events SET hits = hits + 1 WHERE id = {}",
               "SELECT * FROM events WHERE id = {}",
               "SELECT count(*) FROM events WHERE email = 'user{}@example.org'"},
              rows_, 2, 400);
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    const std::string wal = session.exec("SELECT pg_current_wal_lsn()").text();
    const auto start = std::chrono::steady_clock::now();
    way(url);
    Outcome outcome;
    outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    outcome.felt = load.stop();
    outcome.wal =
        std::stod(session.exec("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '" + wal + "')").text());
    const auto [heap_after, indexes_after] = sizes();
    outcome.heap_growth = 100 * (heap_after / heap - 1);
    outcome.index_growth = 100 * (indexes_after / indexes - 1);
    return outcome;
  }

  /// Throws when a row was left out.
  void expect_filled(const std::string& url) const {
    const std::string left =
        Connection(url).exec("SELECT count(*) FROM events WHERE full_name IS DISTINCT FROM name").text();
    if (left != "0") throw Error(left + " rows were not filled", "");
  }

  std::string planner(std::vector<std::string> arguments, const std::string& url) const {
    test::RunOptions options;
    options.folder = folder_.path();
    options.environment["DATABASE_URL"] = url;
    options.limit = std::chrono::seconds(1800);
    const test::Ran ran = test::run_planner(std::move(arguments), options);
    if (ran.exit_code != 0) throw Error("planner failed: " + ran.out + ran.err, "");
    return ran.out + ran.err;
  }

  std::string phase_sql() const {
    return test::read_file(folder_ / fmt::format("prisma/plans/{}/2_backfill/migration.sql", kPlan));
  }
  long long rows() const { return rows_; }

 private:
  void write(const std::filesystem::path& file, std::string_view text) {
    test::write_file(folder_ / file, text);
  }

  test::TemporaryFolder folder_;
  ScratchServer& server_;
  long long rows_;
};

constexpr const char* kUpdate =
    "UPDATE events SET full_name = name WHERE ROW(full_name)::record *<> ROW(name)::record";

void key_batches(Connection& session, long long rows) {
  for (long long from = 0; from < rows; from += 1000)
    session.exec(fmt::format("{} AND id > {} AND id <= {}", kUpdate, from, from + 1000));
}

/// As pgroll sends it: a marker column, a trigger that fills, 1,000 rows a statement.
void pgroll_prepares(Connection& session) {
  session.exec(
      "DROP TRIGGER zzz_planner_mirror_full_name ON events; ALTER TABLE events DROP CONSTRAINT "
      "planner_sync_full_name, DROP CONSTRAINT planner_not_null_full_name; "
      "ALTER TABLE events ADD COLUMN needs_backfill boolean DEFAULT true; "
      "CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF "
      "current_setting('search_path') <> 'new' THEN NEW.full_name := NEW.name; NEW.needs_backfill := false; "
      "END IF; RETURN NEW; END $$; "
      "CREATE TRIGGER fill BEFORE INSERT OR UPDATE ON events FOR EACH ROW EXECUTE FUNCTION fill()");
}

void pgroll_fills(Connection& session) {
  std::string last = "0";
  while (true) {
    const Result done = session.exec(fmt::format(
        "WITH batch AS (SELECT id FROM events WHERE needs_backfill = true AND id > {} ORDER BY id LIMIT 1000 "
        "FOR NO KEY UPDATE), updated AS (UPDATE events SET id = events.id FROM batch WHERE events.id = "
        "batch.id RETURNING events.id) SELECT max(id) FROM updated",
        last));
    if (done.empty() || !done.value()) return;
    last = *done.value();
  }
}

double middle(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

void measure_backfill(Results& results) {
  const long long rows = number_from("PLANNER_BENCH_ROWS", 2'000'000);
  const auto rounds = static_cast<int>(number_from("PLANNER_BENCH_ROUNDS", 3));
  results.heading(
      fmt::format("Filling a column of {} rows beside 400 requests a second, against one UPDATE of all rows "
                  "(median of {} rounds)",
                  rows, rounds));
  ScratchServer::Options options;
  options.settings = {{"shared_buffers", "512MB"},
                      {"max_wal_size", "16GB"},
                      {"checkpoint_timeout", "1h"},
                      {"autovacuum", "on"},
                      {"maintenance_work_mem", "128MB"}};
  ScratchServer server(options);
  Stage stage(server, rows);
  const auto session_of = [](const std::string& url) { return Connection(url); };
  std::string said;
  struct Way {
    std::string name;
    std::function<void(const std::string&)> run;
    std::function<void(Connection&)> prepare;
  };
  const std::vector<Way> ways{
      {"nothing", [](const std::string&) { std::this_thread::sleep_for(std::chrono::seconds(3)); }, {}},
      {"update", [&](const std::string& url) { session_of(url).exec(kUpdate); }, {}},
      {"one",
       [&](const std::string& url) {
         said = stage.planner({"backfill", "run", kPlan}, url);
       },
       {}},
      {"two",
       [&](const std::string& url) {
         (void)stage.planner({"backfill", "run", kPlan, "--workers", "2"}, url);
       },
       {}},
      {"keys",
       [&](const std::string& url) {
         Connection session(url);
         key_batches(session, rows);
       },
       {}},
      {"pgroll",
       [&](const std::string& url) {
         Connection session(url);
         pgroll_fills(session);
       },
       pgroll_prepares},
      {"file", [&](const std::string& url) { session_of(url).exec(stage.phase_sql()); }, {}},
  };
  std::map<std::string, std::vector<Stage::Outcome>> outcomes;
  for (int round = 0; round < rounds; ++round) {
    for (const Way& way : ways) {
      outcomes[way.name].push_back(stage.run([&](const std::string& url) { way.run(url); }, way.prepare));
      if (way.name != "nothing") stage.expect_filled(server.url("copy"));
    }
  }
  const auto figure = [&](const std::string& way, double Stage::Outcome::*field) {
    std::vector<double> values;
    for (const Stage::Outcome& outcome : outcomes.at(way)) values.push_back(outcome.*field);
    return middle(values);
  };
  const auto felt = [&](const std::string& way, double Load::Felt::*field) {
    std::vector<double> values;
    for (const Stage::Outcome& outcome : outcomes.at(way)) values.push_back(outcome.felt.*field);
    return middle(values);
  };
  /// Paired by round: what else the machine does changes from minute to minute.
  const auto against = [&](const std::string& way, const std::string& other, double Stage::Outcome::*field) {
    std::vector<double> values;
    for (std::size_t i = 0; i < outcomes.at(way).size(); ++i)
      values.push_back(outcomes.at(way)[i].*field / outcomes.at(other)[i].*field);
    return middle(values);
  };
  for (const Way& way : ways) {
    results.note(fmt::format(
        "{:<8} {:>8.0f} rows/s, WAL {:>5.0f} MB, heap {:+4.0f} %, indexes {:+4.0f} %; requests: median "
        "{:.2f} "
        "ms, p99 {:.1f} ms, worst {:.0f} ms",
        way.name, static_cast<double>(rows) / figure(way.name, &Stage::Outcome::seconds),
        figure(way.name, &Stage::Outcome::wal) / 1e6, figure(way.name, &Stage::Outcome::heap_growth),
        figure(way.name, &Stage::Outcome::index_growth), felt(way.name, &Load::Felt::median_ms),
        felt(way.name, &Load::Felt::p99_ms), felt(way.name, &Load::Felt::worst_ms)));
  }
  if (const std::size_t at = said.find("filling "); at != std::string::npos)
    results.note("planner: " + said.substr(at, said.find('\n', at) - at));
  results.ratio("  one worker: time / one UPDATE", against("one", "update", &Stage::Outcome::seconds),
                kOneWorker);
  results.ratio("  two workers: time / one UPDATE", against("two", "update", &Stage::Outcome::seconds),
                kTwoWorkers);
  results.ratio("  one worker: time / pgroll's statement", against("one", "pgroll", &Stage::Outcome::seconds),
                kPgroll);
  results.ratio("  SQL file alone: time / one UPDATE", against("file", "update", &Stage::Outcome::seconds),
                kSqlFile);
  results.ratio("  one worker: WAL / one UPDATE", against("one", "update", &Stage::Outcome::wal), kWal);
  results.figure("  one worker: heap growth", figure("one", &Stage::Outcome::heap_growth), "%", kHeap);
  results.figure("  one worker: index growth", figure("one", &Stage::Outcome::index_growth), "%", kIndexes);
  results.ratio("  one worker: requests' median / without a backfill",
                felt("one", &Load::Felt::median_ms) / felt("nothing", &Load::Felt::median_ms), kMedian);
  results.ratio("  one worker: requests' p99 / beside batches of 1,000 keys",
                felt("one", &Load::Felt::p99_ms) / felt("keys", &Load::Felt::p99_ms), kP99);
}

void measure_locks(Results& results) {
  const long long rows = std::min(200'000LL, number_from("PLANNER_BENCH_ROWS", 200'000));
  results.heading(fmt::format(
      "The longest request while a whole rename is deployed on {} rows, beside a reader's transaction "
      "of five seconds before every phase that locks",
      rows));
  ScratchServer server(ScratchServer::Options{});
  Stage stage(server, rows);
  const auto whole_plan = [&](const std::string& url) {
    for (int phase = 0; phase < 4; ++phase) {
      (void)stage.planner({"next", kPlan, "--deployed", "v2"}, url);
      std::thread reader([&] {
        Connection session(url);
        session.exec("BEGIN; SELECT * FROM events LIMIT 1");
        std::this_thread::sleep_for(std::chrono::seconds(5));
        session.exec("COMMIT");
      });
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      try {
        (void)stage.planner({"deploy"}, url);
      } catch (...) {
        reader.join();
        throw;
      }
      reader.join();
    }
  };
  const auto nothing = [](const std::string&) { std::this_thread::sleep_for(std::chrono::seconds(20)); };
  const Stage::Outcome without = stage.run(nothing);
  const Stage::Outcome with = stage.run(whole_plan);
  results.note(fmt::format("without: median {:.2f} ms, p99 {:.1f} ms, worst {:.0f} ms of {} requests",
                           without.felt.median_ms, without.felt.p99_ms, without.felt.worst_ms,
                           without.felt.requests));
  results.note(fmt::format(
      "with:    median {:.2f} ms, p99 {:.1f} ms, worst {:.0f} ms of {} requests in {:.0f} s",
      with.felt.median_ms, with.felt.p99_ms, with.felt.worst_ms, with.felt.requests, with.seconds));
  results.figure("  requests that failed", static_cast<double>(with.felt.failed), "", 0);
  results.figure("  the longest request, longer than without the plan by",
                 std::max(0.0, with.felt.worst_ms - without.felt.worst_ms), "ms", kLongerThanWithout);
}

}  // namespace planner::bench
