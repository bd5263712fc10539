#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "planner/error.h"
#include "src/commands/commands.h"
#include "src/commands/plan_under_proof.h"
#include "src/commands/verify.h"
#include "src/project/files.h"
#include "version.h"

namespace planner::commands {
namespace {

std::string as_json(const std::string& plan, const VerifyReport& report) {
  nlohmann::ordered_json json{{"format", "planner-verify"},
                              {"version", 1},
                              {"planner", kPlannerVersion},
                              {"plan", plan},
                              {"proven", report.ok()}};
  json["checks"] = nlohmann::ordered_json::array();
  for (const ProofCheck& check : report.checks)
    json["checks"].push_back(
        {{"phase", check.phase}, {"what", check.what}, {"ok", check.ok}, {"details", check.details}});
  json["locks"] = nlohmann::ordered_json::array();
  for (const PhaseLocks& phase : report.locks) {
    for (const StepLock& lock : phase.taken)
      json["locks"].push_back(
          {{"phase", phase.phase}, {"relation", display(lock.relation)}, {"lock", lock.how_long}});
  }
  json["waits"] = nlohmann::ordered_json::array();
  for (const PhaseWaits& phase : report.waits)
    json["waits"].push_back(
        {{"phase", phase.phase}, {"reader_ms", phase.waits.reader_ms}, {"writer_ms", phase.waits.writer_ms}});
  json["notes"] = report.notes;
  return json.dump(2) + "\n";
}

std::string as_text(const std::string& plan, const VerifyReport& report, const Context& context) {
  const report::TextStyle style = context.out_style();
  std::map<std::string, std::string> locks;
  for (const PhaseLocks& phase : report.locks) {
    for (const StepLock& lock : phase.taken) {
      std::string& text = locks[phase.phase];
      text += (text.empty() ? "" : ", ") + display(lock.relation) + " " + lock.how_long;
    }
  }
  std::vector<std::vector<std::string>> rows{{"phase", "check", ""}};
  std::string last;
  for (const ProofCheck& check : report.checks) {
    rows.push_back({check.phase == last ? "" : check.phase, check.what, check.ok ? "ok" : "FAILED"});
    last = check.phase;
  }
  std::string text = report::table(rows, style);
  std::vector<std::vector<std::string>> held{
      {"phase", "reader waited", "writer waited", "locks held at commit"}};
  for (const PhaseWaits& phase : report.waits)
    held.push_back({phase.phase, fmt::format("{:.0f} ms", phase.waits.reader_ms),
                    fmt::format("{:.0f} ms", phase.waits.writer_ms), locks[phase.phase]});
  if (held.size() > 1) text += "\n" + report::table(held, style);
  for (const ProofCheck& check : report.checks) {
    if (check.ok) continue;
    text += fmt::format("\n{} {}:\n", check.phase, check.what);
    for (const std::string& line : check.details) text += "  " + report::printable(line) + "\n";
  }
  for (const std::string& note : report.notes) text += "note: " + report::printable(note) + "\n";
  return text + fmt::format("\n{}: {}\n", plan, report.ok() ? "proven" : "NOT proven");
}

std::vector<ReleaseFile> read_files(const std::vector<std::string>& paths) {
  std::vector<ReleaseFile> files;
  for (const std::string& path : paths) files.push_back({path, project::read_file(path)});
  return files;
}

}  // namespace

PlanProof verify_plan(const VerifyOptions& options, const Context& context) {
  const ReleaseStatements releases{true, read_files(options.old_release), read_files(options.new_release)};
  PlanUnderProof plan(options.plan, options.scratch, options.format);
  plan.input().rows = options.rows;
  plan.input().releases = releases;
  plan.input().measure_waits = true;
  const VerifyReport report = verify(plan.server(), plan.input());
  return {options.format == "json" ? as_json(plan.name(), report) : as_text(plan.name(), report, context),
          report.ok()};
}

void add_verify(CLI::App& program, Context& context) {
  auto options = std::make_shared<VerifyOptions>();
  CLI::App* command = program.add_subcommand(
      "verify", "Prove a plan on a scratch PostgreSQL: same end state, no row lost, every rollback returns");
  command->add_option("PLAN", options->plan, "The plan's name or folder")->required();
  command
      ->add_option("--scratch", options->scratch,
                   "A server to prove on; default: one started for the proof and removed again")
      ->type_name("URL");
  command->add_option("--rows", options->rows, "Generated rows in each table (default 100)")
      ->type_name("N")
      ->check(CLI::Range(0, 10000000));
  command
      ->add_option(
          "--old-release", options->old_release,
          "SQL that the old release sends, tried beside generated statements in every phase in which it "
          "may run; each statement in a transaction that is rolled back")
      ->type_name("FILE");
  command->add_option("--new-release", options->new_release, "SQL that the new release sends, likewise")
      ->type_name("FILE");
  command->add_option("--format", options->format, "text (default) or json")->type_name("NAME");
  command->footer(
      "Exit codes: 0 proven; 1 not proven; 2 it could not run.\n\nExamples:\n  planner verify "
      "rename_name_to_fullname\n  planner verify plans/rename_name_to_fullname --rows 10000 --format json\n"
      "  planner verify rename_name_to_fullname --old-release queries.sql");
  command->callback([options, &context] {
    const PlanProof proof = verify_plan(*options, context);
    if (options->format == "json") {
      context.write(proof.text);
    } else {
      context.print(proof.text);
    }
    if (!proof.proven) context.exit_code = kExitFindings;
  });
}

}  // namespace planner::commands
