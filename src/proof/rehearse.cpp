#include "src/proof/rehearse.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "src/database/connection.h"
#include "src/database/live_schema.h"
#include "src/proof/apply.h"
#include "src/proof/constraints_to_come.h"
#include "src/proof/generate_data.h"

namespace planner {
namespace {

using Clock = std::chrono::steady_clock;

void sleep_seconds(double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>(seconds)); }

Running running_in(Window window) { return {window != Window::NewRelease, window != Window::OldRelease}; }

std::string words(Running running) {
  if (running.old_release && running.new_release) return "both releases";
  return running.new_release ? "new release" : "old release";
}

double number(Connection& connection, const char* query) {
  return std::stod(connection.exec(query).rows.at(0).at(0).value_or("0"));
}

constexpr const char* kWalPosition = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')";
constexpr const char* kSize =
    "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace "
    "WHERE relkind = 'r' AND nspname !~ '^pg_' "
    "AND nspname NOT IN ('information_schema', 'planner_oracle')";

class Rehearsing {
 public:
  Rehearsing(const ProofServer& server, const ProofInput& input, const RehearseOptions& options)
      : server_(server), input_(input), options_(options) {}

  Rehearsal run_all() {
    rehearsal_.longest_wait_bound_ms = options_.longest_wait_ms;
    const TemporaryDatabase database(server_, "");
    url_ = database.url();
    const Schema start = prepare();
    const Schema end = end_schema();
    const ReleaseMapping mapping = mapping_of(input_.intentions);
    ReleaseModel old_release = release_model(start, Release::Old, mapping);
    ReleaseModel new_release = release_model(end, Release::New, mapping);
    if (!options_.original_instead) {
      note_views(old_release, *input_.plan, start);
      note_views(new_release, *input_.plan, start);
    }
    Workload workload(url_, std::move(old_release), std::move(new_release), options_.workload);
    phase_by_phase(workload);
    return std::move(rehearsal_);
  }

 private:
  Schema prepare() {
    Connection connection(url_);
    apply_history(url_);
    Schema schema = read_schema(connection);
    rehearsal_.notes =
        fill(connection, with_constraints_to_come(fill_schema(schema, input_.intentions), input_),
             options_.rows)
            .problems;
    return schema;
  }

  void apply_history(const std::string& url) const {
    for (std::size_t i = 0; i < input_.history.size(); ++i) {
      const std::string problem = run_migration(url, input_.history[i]);
      if (!problem.empty())
        throw Error("migration " + std::to_string(i + 1) + " of the history does not apply: " + problem,
                    "a plan can only be rehearsed on a history that applies");
    }
  }

  Schema end_schema() const {
    const TemporaryDatabase end(server_, "");
    apply_history(end.url());
    const std::string problem = run_migration(end.url(), input_.plan->original);
    if (!problem.empty())
      throw Error("the original migration does not apply, not even to empty tables: " + problem,
                  "what the new release sends is read from its end");
    Connection connection(end.url());
    return read_schema(connection);
  }

  void phase_by_phase(Workload& workload) {
    Running running{true, false};
    workload.run(running);
    sleep_seconds(options_.quiet_seconds);
    record(workload, "quiet", running, 0, "");
    if (options_.original_instead) {
      workload.run(running);
      deploy(workload, "original", running,
             [&](Connection& connection) { connection.exec(input_.plan->original); });
      return;
    }
    for (const Phase& phase : input_.plan->phases) {
      if (phase.window == Window::NewRelease && running.old_release) {
        // Only the new release remains before such a phase is released; what it needs to be deployed was said
        // by the phase before.
        running = {false, true};
      }
      workload.run(running);
      const Running after = running_in(phase.window);
      deploy(workload, phase.folder, after, [&](Connection& connection) {
        if (options_.interrupt && phase.commits && options_.interrupt(phase, url_))
          rehearsal_.notes.push_back(phase.folder + " was interrupted and run again");
        connection.exec(phase.migration.str());
      });
      running = after;
      if (!rehearsal_.phases.back().problem.empty()) return;
    }
    // Half-way positions matter too: an application rolled back and forth while both may run is covered by
    // `both releases` above.
  }

  template <typename Deploy>
  void deploy(Workload& workload, const std::string& name, Running after, Deploy&& apply) {
    Connection connection(url_);
    const double wal = number(connection, kWalPosition);
    const double size = number(connection, kSize);
    const auto begin = Clock::now();
    std::string problem;
    try {
      apply(connection);
    } catch (const DatabaseError& error) {
      problem = error.sqlstate() + " " + error.what();
    }
    const double milliseconds = std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
    Connection again(url_);
    const double wal_after = number(again, kWalPosition);
    const double size_after = number(again, kSize);
    workload.run(after);
    sleep_seconds(options_.seconds_between);
    record(workload, name, after, milliseconds, problem);
    rehearsal_.phases.back().wal_bytes = wal_after - wal;
    rehearsal_.phases.back().growth_bytes = size_after - size;
  }

  void record(Workload& workload, const std::string& name, Running running, double milliseconds,
              const std::string& problem) {
    workload.pause();
    PhaseRehearsal out;
    out.phase = name;
    out.running = words(running);
    out.deploy_ms = milliseconds;
    out.problem = problem;
    out.traffic = workload.take();
    if (running.old_release) out.differences = workload.check(Release::Old);
    if (running.new_release) {
      for (RowDifference& difference : workload.check(Release::New))
        out.differences.push_back(std::move(difference));
    }
    rehearsal_.phases.push_back(std::move(out));
  }

  const ProofServer& server_;
  const ProofInput& input_;
  const RehearseOptions& options_;
  Rehearsal rehearsal_;
  std::string url_;
};

}  // namespace

bool Rehearsal::ok() const {
  return std::all_of(phases.begin(), phases.end(), [&](const PhaseRehearsal& phase) {
    return phase.problem.empty() && phase.differences.empty() && phase.traffic.failed() == 0 &&
           phase.traffic.changed_at_once == 0 && phase.traffic.longest_ms <= longest_wait_bound_ms;
  });
}

Rehearsal rehearse(const ProofServer& server, const ProofInput& input, const RehearseOptions& options) {
  return Rehearsing(server, input, options).run_all();
}

}  // namespace planner
