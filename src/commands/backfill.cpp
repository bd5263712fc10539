#include <fmt/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "planner/error.h"
#include "planner/shell_word.h"
#include "src/commands/backfill_runner.h"
#include "src/commands/commands.h"
#include "src/commands/deploy_command.h"
#include "src/commands/environments.h"
#include "src/commands/interrupt.h"
#include "src/commands/plan_choice.h"
#include "src/commands/select.h"
#include "src/database/leftovers.h"
#include "src/project/release.h"
#include "src/report/terminal.h"
#include "version.h"

namespace planner::commands {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::string plan, phase, way = "auto", format = "text";
  std::optional<std::string> database;
  BackfillOptions run;
  double replica_mb = 256, slot_mb = 0, wal_mb = 0;
  std::optional<int> target_ms, pause_ms, most_rows;
  bool accept_edits = false;
};

struct Target {
  ChosenPlan chosen;
  std::size_t phase = 0;
  std::string url;

  const Phase& chosen_phase() const { return chosen.stored.plan.phases[phase]; }
};

Target target_of(const Options& options) {
  Target target;
  target.chosen = choose_plan(options.plan);
  if (options.accept_edits) target.chosen.stored.edited.clear();
  project::require_unedited(target.chosen.stored);
  target.url = database_url(options.database, target.chosen.service());
  const auto& phases = target.chosen.stored.plan.phases;
  std::vector<std::size_t> candidates;
  for (std::size_t i = 0; i < phases.size(); ++i) {
    if (phases[i].backfill && (options.phase.empty() || phases[i].folder == options.phase))
      candidates.push_back(i);
  }
  if (candidates.empty()) {
    throw Error(
        options.phase.empty()
            ? fmt::format("{} has no backfill that planner can run in batches of its own", options.plan)
            : fmt::format("{} is no backfill of {}", options.phase, options.plan),
        fmt::format("its phases run as they are: {}", deploy_command(target.chosen.service())));
  }
  target.phase = candidates.front();
  if (candidates.size() > 1) {
    // The first one that is not applied is the one people mean.
    const Environment environment = open_environment({"", target.url}, target.chosen.service(), {});
    for (const std::size_t candidate : candidates) {
      target.phase = candidate;
      if (phase_state(environment, target.chosen.service(), target.chosen.stored.plan, phases[candidate]) !=
          PhaseState::Applied)
        break;
    }
  }
  return target;
}

/// Before the phases in front of it are there, nothing would keep later writes equal.
void require_ready(const Target& target) {
  const Environment environment = open_environment({"", target.url}, target.chosen.service(), {});
  require_primary(environment, "rows be written");
  for (std::size_t i = 0; i < target.phase; ++i) {
    const Phase& before = target.chosen.stored.plan.phases[i];
    const PhaseState state =
        phase_state(environment, target.chosen.service(), target.chosen.stored.plan, before);
    if (state == PhaseState::Applied) continue;
    throw Error(fmt::format("{} comes before {} and is {} in {}", before.folder, target.chosen_phase().folder,
                            phase_state_name(state), environment.name),
                state == PhaseState::Waiting ? "planner next " + shell_word(target.chosen.stored.plan.name)
                                             : deploy_command(target.chosen.service()));
  }
}

void run(Options options, Context& context) {
  if (options.way == "keys") options.run.way = BackfillWay::Keys;
  if (options.way == "ranges") options.run.way = BackfillWay::Ranges;
  if (options.way == "interleaved") options.run.way = BackfillWay::Interleaved;
  if (options.way != "auto" && options.run.way == BackfillWay::Auto)
    throw Error(fmt::format("--way does not know \"{}\"", options.way),
                "use auto, keys, ranges or interleaved");
  constexpr double kMega = 1024 * 1024;
  options.run.replica_bytes = static_cast<long long>(options.replica_mb * kMega);
  options.run.slot_bytes = static_cast<long long>(options.slot_mb * kMega);
  options.run.wal_bytes_per_second = static_cast<long long>(options.wal_mb * kMega);
  options.run.target_ms = options.target_ms.value_or(0);
  options.run.pause_ms = options.pause_ms.value_or(0);
  const Target target = target_of(options);
  require_ready(target);
  const Interruptible signals;
  const BackfillReport report =
      run_backfill(target.url, target.chosen.stored.plan, target.chosen_phase(), options.run, context);
  switch (report.end) {
    case BackfillReport::End::Done:
      context.print(fmt::format(
          "done: {} rows written in {:.1f} s; no row is left. Next: {}\n", report.rows, report.seconds,
          project::released_as(target.chosen.service(), target.chosen.stored.plan, target.chosen_phase())
              ? deploy_command(target.chosen.service())
              : "planner next " + shell_word(target.chosen.stored.plan.name)));
      return;
    case BackfillReport::End::Stopped:
      context.print(
          fmt::format("stopped at {:.0f} % with {} rows written; everything done is committed. Go on with: "
                      "planner backfill run {}\n",
                      report.share * 100, report.rows, shell_word(target.chosen.stored.plan.name)));
      break;
    case BackfillReport::End::Failed:
      context.print(
          fmt::format("failed: {}\n{} rows were written and stay. Go on with: planner backfill run {}\n",
                      report.error, report.rows, shell_word(target.chosen.stored.plan.name)));
  }
  context.exit_code = kExitFindings;
}

void status(const Options& options, Context& context) {
  if (options.format != "text" && options.format != "json")
    throw Error(fmt::format("--format does not know \"{}\"", options.format), "use text or json");
  const Target target = target_of(options);
  Connection session(target.url);
  require_primary(session, target.url, "be seen who fills the rows");
  Json json{{"format", "planner-backfill"},
            {"version", 1},
            {"planner", kPlannerVersion},
            {"plan", target.chosen.stored.plan.name},
            {"backfills", Json::array()}};
  bool any = false;
  for (const BackfillProgress& progress : backfills_in(session)) {
    if (progress.plan != target.chosen.stored.plan.name) continue;
    any = true;
    const std::string state = progress.state == "running" && !progress.alive ? "stopped" : progress.state;
    json["backfills"].push_back(
        {{"phase", progress.phase},
         {"relation", progress.relation},
         {"way", progress.way},
         {"state", state},
         {"reason", progress.reason},
         {"rows_done", progress.rows_done},
         {"rows_total", progress.rows_total},
         {"share", progress.share},
         {"rows_per_second", progress.rows_per_second},
         {"seconds_left", progress.seconds_left < 0 ? Json(nullptr) : Json(progress.seconds_left)}});
    if (options.format == "json") continue;
    context.print(fmt::format("{} of {}: {}{}, {:.1f} %, {} rows written ({})\n", progress.phase,
                              progress.relation, state,
                              progress.reason.empty() ? "" : " (" + progress.reason + ")",
                              progress.share * 100, progress.rows_done, progress.way));
    if (state == "running" || state == "throttled" || state == "paused") {
      context.print(fmt::format("  {:.0f} rows/s, {}\n", progress.rows_per_second,
                                progress.seconds_left < 0
                                    ? "time left not known yet"
                                    : fmt::format("about {:.0f} s left", progress.seconds_left)));
    }
  }
  if (options.format == "json") {
    context.write(json.dump(2) + "\n");
  } else if (!any) {
    context.print(fmt::format("No backfill of {} was ever run by planner in this database.\n",
                              target.chosen.stored.plan.name));
  }
}

void set(const Options& options, std::optional<bool> pause, Context& context) {
  const Target target = target_of(options);
  Connection session(target.url);
  require_primary(session, target.url, "a running backfill be told");
  BackfillState state(session, target.chosen.stored.plan.name, target.chosen_phase().folder);
  if (!state.set(pause, options.target_ms, options.pause_ms, options.most_rows)) {
    throw Error(fmt::format("no backfill of {} was ever run by planner in this database",
                            target.chosen.stored.plan.name),
                fmt::format("planner backfill run {}", shell_word(target.chosen.stored.plan.name)));
  }
  context.print(
      pause ? (*pause ? "It pauses after the batches that run now; planner backfill resume lets it go on.\n"
                      : "It goes on within a second, if it runs.\n")
            : "It changes within a second, if it runs.\n");
}

void add_target(CLI::App& command, Options& options) {
  command.add_option("PLAN", options.plan, "The plan's name or folder")->required();
  command.add_option("--phase", options.phase, "The phase, when the plan has several backfills")
      ->type_name("PHASE");
  command
      .add_option("--database", options.database,
                  "The database; default: $DATABASE_URL, or the service's database_env")
      ->type_name("URL");
}

void add_pace(CLI::App& command, Options& options) {
  command
      .add_option("--target-ms", options.target_ms,
                  "How long one batch should take (default: 100, 20 for interleaved passes)")
      ->type_name("MS")
      ->check(CLI::Range(0, 60000));
  command.add_option("--pause-ms", options.pause_ms, "Rest between two batches (default: 0)")
      ->type_name("MS")
      ->check(CLI::Range(0, 600000));
}

}  // namespace

void add_backfill(CLI::App& program, Context& context) {
  CLI::App* command = program.add_subcommand(
      "backfill", "Fill a plan's rows in batches from here: run, status, pause, resume, tune");
  command->require_subcommand(1);
  command->footer(
      "The phase's SQL file does the same work: either finishes what the other began.\n\n"
      "Examples:\n"
      "  planner backfill run rename_name_to_fullname --workers 2\n"
      "  planner backfill tune rename_name_to_fullname --target-ms 10 --pause-ms 100\n"
      "  planner backfill pause rename_name_to_fullname");

  auto of_run = std::make_shared<Options>();
  CLI::App* go = command->add_subcommand("run", "Fill the rows; stopped anywhere, the same command goes on");
  add_target(*go, *of_run);
  add_pace(*go, *of_run);
  go->add_option("--workers", of_run->run.workers, "Connections that write (default 1)")
      ->type_name("N")
      ->check(CLI::Range(1, 16));
  go->add_option("--batch-rows", of_run->run.batch_rows,
                 "Rows of the first batch (default 5000); then the time decides")
      ->type_name("N")
      ->check(CLI::Range(1, 1000000));
  go->add_option("--way", of_run->way, "auto (default), keys, ranges or interleaved")->type_name("WAY");
  go->add_option("--replica-lag-mb", of_run->replica_mb,
                 "Wait while a replica is further behind (default 256; 0: never)")
      ->type_name("MB")
      ->check(CLI::NonNegativeNumber);
  go->add_option("--slot-lag-mb", of_run->slot_mb, "Wait while a replication slot is further behind")
      ->type_name("MB")
      ->check(CLI::NonNegativeNumber);
  go->add_option("--wal-mb-per-second", of_run->wal_mb, "Wait while the server writes more WAL than this")
      ->type_name("MB")
      ->check(CLI::NonNegativeNumber);
  go->add_option("--archive-segments", of_run->run.archive_segments,
                 "Wait while more WAL segments wait to be archived (default 42; 0: never)")
      ->type_name("N")
      ->check(CLI::Range(0, 1000000));
  go->add_option("--active-sessions", of_run->run.active_sessions, "Wait while more sessions are active")
      ->type_name("N")
      ->check(CLI::Range(0, 100000));
  go->add_option("--snapshot-seconds", of_run->run.snapshot_seconds, "Wait while a transaction is older")
      ->type_name("S")
      ->check(CLI::NonNegativeNumber);
  go->add_flag("--yield-to-vacuum", of_run->run.autovacuum, "Wait while the table is being vacuumed");
  go->add_option("--throttle-query", of_run->run.query,
                 "Wait while this query returns true or a number above 0")
      ->type_name("SQL");
  go->add_option("--vacuum-every", of_run->run.vacuum_share,
                 "VACUUM the table whenever this share of it is done (0.2)")
      ->type_name("SHARE")
      ->check(CLI::Range(0.0, 1.0));
  go->add_flag("--accept-edits", of_run->accept_edits,
               "Take a plan whose files were edited by hand as it is");
  go->footer(
      "Ctrl-C stops after the batch. Exit codes: 0 no row is left; 1 stopped or failed, the same command "
      "goes on; 2 it could not run.\n\n"
      "Examples:\n"
      "  planner backfill run rename_name_to_fullname\n"
      "  planner backfill run rename_name_to_fullname --workers 2 --replica-lag-mb 64 --throttle-query "
      "'SELECT count(*) > 50 FROM jobs'");
  go->callback([of_run, &context] { run(*of_run, context); });

  auto of_status = std::make_shared<Options>();
  CLI::App* look = command->add_subcommand("status", "How far it is, how fast, and what it waits for");
  add_target(*look, *of_status);
  look->add_option("--format", of_status->format, "text (default) or json")->type_name("NAME");
  look->callback([of_status, &context] { status(*of_status, context); });

  for (const bool pause : {true, false}) {
    auto options = std::make_shared<Options>();
    CLI::App* switched = command->add_subcommand(
        pause ? "pause" : "resume", pause ? "Let a running backfill wait" : "Let a paused backfill go on");
    add_target(*switched, *options);
    switched->callback([options, pause, &context] { set(*options, pause, context); });
  }

  auto of_tune = std::make_shared<Options>();
  CLI::App* tune = command->add_subcommand("tune", "Change the pace of a running backfill");
  add_target(*tune, *of_tune);
  add_pace(*tune, *of_tune);
  tune->add_option("--most-rows", of_tune->most_rows, "At most this many rows in a batch (0: no limit)")
      ->type_name("N")
      ->check(CLI::Range(0, 1000000));
  tune->callback([of_tune, &context] { set(*of_tune, std::nullopt, context); });
}

}  // namespace planner::commands
