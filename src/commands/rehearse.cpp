#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "planner/error.h"
#include "src/commands/commands.h"
#include "src/commands/plan_under_proof.h"
#include "src/proof/rehearse.h"
#include "version.h"

namespace planner::commands {
namespace {

struct Options {
  std::string plan, scratch;
  std::string format = "text";
  RehearseOptions rehearse;
};

std::string as_json(const std::string& plan, const Rehearsal& rehearsal) {
  nlohmann::ordered_json json{
      {"format", "planner-rehearsal"}, {"version", 1},
      {"planner", kPlannerVersion},    {"plan", plan},
      {"ok", rehearsal.ok()},          {"longest_wait_bound_ms", rehearsal.longest_wait_bound_ms}};
  json["phases"] = nlohmann::ordered_json::array();
  for (const PhaseRehearsal& phase : rehearsal.phases) {
    nlohmann::ordered_json one{{"phase", phase.phase},
                               {"running", phase.running},
                               {"requests", phase.traffic.requests},
                               {"writes", phase.traffic.writes},
                               {"failed", phase.traffic.failed()},
                               {"failures", phase.traffic.failures},
                               {"changed_at_once", phase.traffic.changed_at_once},
                               {"p50_ms", phase.traffic.p50_ms},
                               {"p99_ms", phase.traffic.p99_ms},
                               {"longest_ms", phase.traffic.longest_ms},
                               {"deploy_ms", phase.deploy_ms},
                               {"wal_bytes", phase.wal_bytes},
                               {"growth_bytes", phase.growth_bytes},
                               {"problem", phase.problem}};
    one["differences"] = nlohmann::ordered_json::array();
    for (const RowDifference& difference : phase.differences)
      one["differences"].push_back(
          {{"where", difference.where}, {"expected", difference.expected}, {"found", difference.found}});
    json["phases"].push_back(std::move(one));
  }
  json["notes"] = rehearsal.notes;
  return json.dump(2) + "\n";
}

/// Which bounds hold, or which do not.
std::string conclusion(const Rehearsal& rehearsal) {
  std::size_t failed = 0, lost = 0, stopped = 0;
  double longest = 0;
  for (const PhaseRehearsal& phase : rehearsal.phases) {
    failed += phase.traffic.failed();
    lost += phase.differences.size() + phase.traffic.changed_at_once;
    stopped += phase.problem.empty() ? 0 : 1;
    longest = std::max(longest, phase.traffic.longest_ms);
  }
  const double bound = rehearsal.longest_wait_bound_ms;
  if (rehearsal.ok())
    return fmt::format("no failed request, no lost value, no request longer than {:.0f} ms", bound);
  std::vector<std::string> broken;
  if (stopped > 0) broken.push_back("a phase did not apply");
  if (failed > 0)
    broken.push_back(failed == 1 ? "1 request failed" : fmt::format("{} requests failed", failed));
  if (lost > 0)
    broken.push_back(lost == 1 ? "1 value is lost or differs"
                               : fmt::format("{} values are lost or differ", lost));
  if (longest > bound)
    broken.push_back(
        fmt::format("a request took {:.0f} ms, more than the {:.0f} ms allowed", longest, bound));
  return fmt::format("BROKEN: {}", fmt::join(broken, "; "));
}

void print_text(const std::string& plan, const Rehearsal& rehearsal, Context& context) {
  std::vector<std::vector<std::string>> rows{
      {"phase", "then running", "requests", "failed", "lost", "p99 ms", "longest ms", "deploy ms", "WAL kB"}};
  for (const PhaseRehearsal& phase : rehearsal.phases) {
    rows.push_back({phase.phase, phase.running, std::to_string(phase.traffic.requests),
                    std::to_string(phase.traffic.failed()),
                    std::to_string(phase.differences.size() + phase.traffic.changed_at_once),
                    fmt::format("{:.1f}", phase.traffic.p99_ms),
                    fmt::format("{:.1f}", phase.traffic.longest_ms), fmt::format("{:.0f}", phase.deploy_ms),
                    fmt::format("{:.0f}", phase.wal_bytes / 1024)});
  }
  context.print(report::table(rows, context.out_style()));
  for (const PhaseRehearsal& phase : rehearsal.phases) {
    if (!phase.problem.empty())
      context.print(fmt::format("{} did not apply: {}\n", phase.phase, report::printable(phase.problem)));
    for (const auto& [failure, times] : phase.traffic.failures)
      context.print(fmt::format("{}: {} times {}\n", phase.phase, times, report::printable(failure)));
    for (const std::string& sample : phase.traffic.changed_samples)
      context.print(fmt::format("{}: {}\n", phase.phase, report::printable(sample)));
    for (const RowDifference& difference : phase.differences) {
      context.print(report::printable(fmt::format("{}: {} should hold {} and holds {}", phase.phase,
                                                  difference.where, difference.expected, difference.found)) +
                    "\n");
    }
  }
  for (const std::string& note : rehearsal.notes) context.print("note: " + report::printable(note) + "\n");
  context.print(fmt::format("\n{}: {}\n", plan, conclusion(rehearsal)));
}

void run(const Options& options, Context& context) {
  PlanUnderProof plan(options.plan, options.scratch, options.format);
  plan.input().rows = options.rehearse.rows;
  const Rehearsal rehearsal = rehearse(plan.server(), plan.input(), options.rehearse);
  if (options.format == "json") {
    context.write(as_json(plan.name(), rehearsal));
  } else {
    print_text(plan.name(), rehearsal, context);
  }
  if (!rehearsal.ok()) context.exit_code = kExitFindings;
}

}  // namespace

void add_rehearse(CLI::App& program, Context& context) {
  auto options = std::make_shared<Options>();
  RehearseOptions& rehearse = options->rehearse;
  CLI::App* command = program.add_subcommand(
      "rehearse",
      "Deploy a plan on a scratch PostgreSQL while generated clients of both releases read and write");
  command->add_option("PLAN", options->plan, "The plan's name or folder")->required();
  command
      ->add_option("--scratch", options->scratch,
                   "A server to rehearse on, never the one the plan is for; default: one started for it and "
                   "removed again")
      ->type_name("URL");
  command->add_option("--rows", rehearse.rows, "Generated rows in each table (default 1000)")
      ->type_name("N")
      ->check(CLI::Range(1, 100000000));
  command
      ->add_option("--clients", rehearse.workload.clients_per_release, "Clients of each release (default 2)")
      ->type_name("N")
      ->check(CLI::Range(1, 200));
  command
      ->add_option("--rate", rehearse.workload.requests_per_second,
                   "Requests a second of each client (default 100)")
      ->type_name("N")
      ->check(CLI::Range(0.1, 100000.0));
  command
      ->add_option("--seconds", rehearse.seconds_between,
                   "How long the clients run after each phase (default 1)")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.0, 86400.0));
  command
      ->add_option("--longest-wait", rehearse.longest_wait_ms,
                   "Bound: no request may take longer (default 1000)")
      ->type_name("MS")
      ->check(CLI::Range(1.0, 1e9));
  command
      ->add_option("--seed", rehearse.workload.seed,
                   "Of the generated requests: the same seed, the same requests (default 1)")
      ->type_name("N");
  command->add_flag("--original", rehearse.original_instead,
                    "Deploy the original migration in one piece instead, for comparison");
  command->add_option("--format", options->format, "text (default) or json")->type_name("NAME");
  command->footer(
      "Exit codes: 0 no bound broken; 1 a bound broken; 2 it could not run.\n\nExamples:\n  planner rehearse "
      "rename_name_to_fullname --rows 100000 --rate 200\n  planner rehearse rename_name_to_fullname "
      "--original");
  command->callback([options, &context] { run(*options, context); });
}

}  // namespace planner::commands
