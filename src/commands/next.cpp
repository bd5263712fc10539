#include <fmt/chrono.h>
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>

#include "planner/error.h"
#include "planner/shell_word.h"
#include "src/commands/commands.h"
#include "src/commands/deploy_command.h"
#include "src/commands/gates.h"
#include "src/project/evidence.h"
#include "src/project/files.h"
#include "src/project/release.h"
#include "version.h"

namespace planner::commands {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::string plan, phase;
  std::vector<std::string> databases, deployed, force;
  std::string reason, old_application, format = "text";
  int watch = 0;
  bool accept_edits = false, dry_run = false;
};

std::string now_text() { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr))); }
std::string who() { return environment("USER").value_or(environment("LOGNAME").value_or("somebody")); }

std::string joined(const std::vector<std::string>& lines, const char* between) {
  std::string out;
  for (const std::string& line : lines) out += (out.empty() ? "" : between) + line;
  return out;
}

/// `v42`, or `billing=v42` where several services live in the database.
void take_deployments(const Options& options, const ChosenPlan& chosen, const Phase& phase,
                      project::Evidence& evidence) {
  std::vector<std::string> services;
  for (const project::Service& service : chosen.project.services) services.push_back(service.name);
  for (const std::string& text : options.deployed) {
    const std::size_t equals = text.find('=');
    project::Deployment deployment{phase.folder, chosen.service().name, text, now_text(), who()};
    if (equals != std::string::npos &&
        std::find(services.begin(), services.end(), text.substr(0, equals)) != services.end()) {
      deployment.service = text.substr(0, equals);
      deployment.release = text.substr(equals + 1);
    } else if (equals != std::string::npos && services.size() > 1) {
      // A misspelt name must not confirm another service's release.
      throw Error(fmt::format("--deployed: there is no service \"{}\"", text.substr(0, equals)),
                  "the services are: " + joined(services, ", "));
    }
    if (deployment.release.empty())
      throw Error("--deployed needs the name of a release",
                  "write --deployed v42, or --deployed SERVICE=v42");
    std::erase_if(evidence.deployments, [&](const project::Deployment& old) {
      return old.phase == deployment.phase && old.service == deployment.service;
    });
    evidence.deployments.push_back(std::move(deployment));
  }
}

/// Only what does not hold can be overridden, and the reason is kept.
void take_overrides(const Options& options, const Phase& phase, const std::vector<Gate>& gates,
                    project::Evidence& evidence) {
  if (!options.force.empty() && options.reason.empty()) {
    throw Error("--force needs a --reason",
                "write --reason \"why it is safe\"; it is kept in the plan's evidence.toml");
  }
  for (const std::string& id : options.force) {
    const auto found =
        std::find_if(gates.begin(), gates.end(), [&](const Gate& gate) { return gate.id == id; });
    if (found == gates.end()) {
      std::vector<std::string> known;
      for (const Gate& gate : gates) known.push_back(gate.id);
      throw Error(fmt::format("{} has no gate \"{}\"", phase.folder, id),
                  known.empty() ? "it has none at all" : "its gates: " + joined(known, ", "));
    }
    if (found->passes()) continue;
    evidence.overridden.push_back(
        {phase.folder, id, options.reason, joined(found->found, "; "), now_text(), who()});
  }
}

ChosenPlan chosen_plan(const Options& options, Context& context) {
  ChosenPlan chosen = choose_plan(options.plan);
  if (options.accept_edits && !chosen.stored.edited.empty()) {
    context.warn(fmt::format("{} was edited by hand since planner wrote it: {}; accepted as it is",
                             chosen.stored.plan.name, joined(chosen.stored.edited, ", ")));
    chosen.stored.edited.clear();
  }
  project::require_unedited(chosen.stored);
  return chosen;
}

std::vector<Environment> environments_of(const Options& options, const ChosenPlan& chosen,
                                         const std::vector<std::string>& texts) {
  std::vector<Environment> environments;
  for (const NamedUrl& url : urls_for(named_urls(options.databases), chosen.service())) {
    environments.push_back(open_environment(url, chosen.service(), texts));
    require_primary(environments.back(), "gates be looked at: a standby does not see itself lag");
  }
  return environments;
}

Json as_json(const Gate& gate) {
  return {{"gate", gate.id},
          {"what", gate.what},
          {"state", gate_state_name(gate.state)},
          {"found", gate.found},
          {"remedy", gate.remedy.empty() ? Json(nullptr) : Json(gate.remedy)}};
}

void print_gates(const std::vector<Gate>& gates, Context& context) {
  const report::TextStyle style = context.out_style();
  for (const Gate& gate : gates) {
    const report::Ink ink = gate.state == GateState::Holds ? report::Ink::Good
                            : gate.passes()                ? report::Ink::Warning
                                                           : report::Ink::Error;
    context.print(fmt::format("{}  {}: {}\n",
                              report::painted(style, ink, fmt::format("{:<10}", gate_state_name(gate.state))),
                              gate.id, gate.what));
    for (const std::string& line : gate.found)
      context.print(
          fmt::format("            {}\n", report::wrapped(report::printable(line), style.width, 12, 12)));
    if (!gate.passes() && !gate.remedy.empty())
      context.print(fmt::format("            -> {}\n", report::printable(gate.remedy)));
  }
}

Json gates_json(const ChosenPlan& chosen, const Phase& phase, const std::vector<Gate>& gates) {
  Json json{{"format", "planner-gates"},       {"version", 1},          {"planner", kPlannerVersion},
            {"plan", chosen.stored.plan.name}, {"phase", phase.folder}, {"title", phase.title},
            {"passes", all_pass(gates)},       {"gates", Json::array()}};
  for (const Gate& gate : gates) json["gates"].push_back(as_json(gate));
  return json;
}

/// `4_enforce`, `enforce` or `4`.
std::size_t phase_called(const Plan& plan, const std::string& name) {
  std::vector<std::string> known;
  for (std::size_t i = 0; i < plan.phases.size(); ++i) {
    const Phase& phase = plan.phases[i];
    if (phase.folder == name) return i;
    known.push_back(phase.folder);
  }
  for (std::size_t i = 0; i < plan.phases.size(); ++i) {
    const Phase& phase = plan.phases[i];
    if (phase.part.empty() && (phase_name(phase.kind) == name || std::to_string(phase.number) == name))
      return i;
  }
  throw Error(fmt::format("{} has no phase \"{}\"", plan.name, name), "its phases: " + joined(known, ", "));
}

void check_format(const Options& options) {
  if (options.format != "text" && options.format != "json")
    throw Error(fmt::format("--format does not know \"{}\"", options.format), "use text or json");
}

void run_gate(const Options& options, Context& context) {
  check_format(options);
  const ChosenPlan chosen = chosen_plan(options, context);
  const std::size_t phase = phase_called(chosen.stored.plan, options.phase);
  std::vector<Environment> environments = environments_of(options, chosen, texts_on_disk(chosen.service()));
  GateInput input{&chosen,
                  phase,
                  &environments,
                  project::read_evidence(chosen.stored.folder),
                  options.old_application,
                  options.watch};
  const std::vector<Gate> gates = gates_of(input);
  const Phase& asked = chosen.stored.plan.phases[phase];
  if (options.format == "json") {
    context.write(gates_json(chosen, asked, gates).dump(2) + "\n");
  } else {
    context.print(fmt::format("{} {}: {}\n\n", chosen.stored.plan.name, asked.folder, asked.title));
    print_gates(gates, context);
    if (gates.empty()) context.print("It is the first phase: nothing has to hold before it.\n");
    const std::optional<std::size_t> there =
        project::released_as(chosen.service(), chosen.stored.plan, asked);
    context.print(fmt::format(
        "\n{}\n",
        there ? fmt::format("It is released already, as {}.", chosen.service().folder.files[*there].name)
        : all_pass(gates) ? "It may be released: planner next " + shell_word(chosen.stored.plan.name)
                          : std::string("It must not be released yet.")));
  }
  if (!all_pass(gates)) context.exit_code = kExitFindings;
}

void say_all_released(const ChosenPlan& chosen, const std::vector<Environment>& environments,
                      Context& context) {
  const Plan& plan = chosen.stored.plan;
  bool pending = false;
  for (const Environment& environment : environments) {
    for (const Phase& phase : plan.phases) {
      const PhaseState state = phase_state(environment, chosen.service(), plan, phase);
      if (state == PhaseState::Applied) continue;
      pending = true;
      context.print(fmt::format("{}: {} is {}\n", environment.name, phase.folder, phase_state_name(state)));
    }
  }
  context.print(pending
                    ? fmt::format("Every phase is released; deploy: {}\n", deploy_command(chosen.service()))
                    : fmt::format("Every phase of {} is released{}.\n", plan.name,
                                  environments.empty() ? "" : " and applied: the plan is done"));
}

void run_next(const Options& options, Context& context) {
  check_format(options);
  const ChosenPlan chosen = chosen_plan(options, context);
  const Plan& plan = chosen.stored.plan;
  for (const Phase& each : plan.phases) {
    if (!project::is_way_back_cut_short(chosen.service(), chosen.stored, each)) continue;
    throw Error(fmt::format("the way back of {} is in the history in part: a rollback was stopped there",
                            each.folder),
                "planner rollback " + shell_word(plan.name) + " writes the rest");
  }
  std::size_t phase = 0;
  while (phase < plan.phases.size() && project::released_as(chosen.service(), plan, plan.phases[phase]))
    ++phase;
  std::vector<Environment> environments = environments_of(options, chosen, texts_on_disk(chosen.service()));
  if (phase == plan.phases.size()) {
    if (options.format == "json") {
      context.write(Json{{"format", "planner-gates"},
                         {"version", 1},
                         {"planner", kPlannerVersion},
                         {"plan", plan.name},
                         {"released", nullptr},
                         {"gates", Json::array()}}
                        .dump(2) +
                    "\n");
    } else {
      say_all_released(chosen, environments, context);
    }
    return;
  }
  const Phase& next = plan.phases[phase];
  if (environments.empty() && phase > 0) {
    throw Error(fmt::format("{} follows {}: planner must see in the database that it is applied", next.folder,
                            plan.phases[phase - 1].folder),
                fmt::format("name each environment: planner next {} --database postgresql://..., or set ${}",
                            plan.name, chosen.service().database_env));
  }
  GateInput input{&chosen,
                  phase,
                  &environments,
                  project::read_evidence(chosen.stored.folder),
                  options.old_application,
                  options.watch};
  const std::size_t deployments = input.evidence.deployments.size(),
                    overridden = input.evidence.overridden.size();
  take_deployments(options, chosen, next, input.evidence);
  std::vector<Gate> gates = gates_of(input);
  if (!options.force.empty()) {
    take_overrides(options, next, gates, input.evidence);
    gates = gates_of(input);
  }
  const bool passes = all_pass(gates);
  const bool said = !options.deployed.empty() || input.evidence.deployments.size() != deployments ||
                    input.evidence.overridden.size() != overridden;
  project::ReleasedPhase released;
  if (!options.dry_run) {
    // What was said is kept even when another gate still fails, so that nobody has to say it twice.
    if (said) project::write_evidence(chosen.stored.folder, input.evidence);
    if (passes)
      released = project::release_phase(behind_everything(chosen.service(), environments), chosen.stored,
                                        next, std::time(nullptr));
  }
  if (!released.warning.empty()) context.warn(released.warning);
  if (options.format == "json") {
    Json json = gates_json(chosen, next, gates);
    json["released"] = released.name.empty() ? Json(nullptr) : Json(released.name);
    json["files"] = Json::array();
    for (const project::fs::path& file : released.files) json["files"].push_back(project::shown(file));
    context.write(json.dump(2) + "\n");
  } else {
    context.print(fmt::format("{} {}: {}\n\n", plan.name, next.folder, next.title));
    print_gates(gates, context);
    if (!gates.empty()) context.print("\n");
    if (!passes) {
      context.print(fmt::format(
          "{} is not released: {} not hold.\n", next.folder,
          report::counted(static_cast<std::size_t>(std::count_if(
                              gates.begin(), gates.end(), [](const Gate& gate) { return !gate.passes(); })),
                          "gate does", "gates do")));
    } else if (options.dry_run) {
      context.print(fmt::format("{} would be released now.\n", next.folder));
    } else {
      context.print(fmt::format("released {} as {}\n", next.folder, released.name));
      for (const project::fs::path& file : released.files) context.print("  " + project::shown(file) + "\n");
      for (const PrismaAdvice& advice : next.prisma) {
        if (!advice.model.empty())
          context.print(fmt::format("  schema.prisma, {}: {}\n", advice.model, advice.text));
      }
      if (!next.application.empty())
        context.print(
            "  " + report::wrapped("The application: " + next.application, context.out_style().width, 2, 2) +
            "\n");
      context.print(fmt::format("\nNext: git add --all {} {}, commit, then deploy: {}\n",
                                shell_word(project::shown(chosen.service().folder.path)),
                                shell_word(project::shown(chosen.stored.folder)),
                                deploy_command(chosen.service())));
    }
  }
  if (!passes) context.exit_code = kExitFindings;
}

void add_common(CLI::App& command, Options& options) {
  add_database_option(command, options.databases);
  command
      .add_option("--old-application", options.old_application,
                  "application_name of the old release's sessions: none may be connected")
      ->type_name("NAME");
  command
      .add_option("--watch", options.watch,
                  "Look at pg_stat_statements this long for statements that still name what goes")
      ->type_name("SECONDS")
      ->check(CLI::Range(0, 86400));
  command.add_flag("--accept-edits", options.accept_edits,
                   "Take a plan whose files were edited by hand as it is");
  command.add_option("--format", options.format, "text (default) or json")->type_name("NAME");
}

}  // namespace

void add_next(CLI::App& program, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      program.add_subcommand("next", "Release a plan's next phase into the history when its gates hold");
  command->add_option("PLAN", options->plan, "The plan's name or folder")->required();
  add_common(*command, *options);
  command
      ->add_option(
          "--deployed", options->deployed,
          "The new release runs everywhere and the old one is gone; kept in the plan's evidence.toml")
      ->type_name("[SERVICE=]RELEASE")
      ->allow_extra_args(false);
  command->add_option("--force", options->force, "Go on although this gate does not hold; needs --reason")
      ->type_name("GATE")
      ->allow_extra_args(false);
  command->add_option("--reason", options->reason, "Why it is safe; kept in the plan's evidence.toml")
      ->type_name("TEXT");
  command->add_flag("--dry-run", options->dry_run, "Show the gates and write nothing");
  command->footer(
      "Name every environment that must have applied the previous phase.\n"
      "Exit codes: 0 released, or nothing left to release; 1 a gate does not hold; 2 it could not run.\n\n"
      "Examples:\n"
      "  planner next rename_name_to_fullname\n"
      "  planner next rename_name_to_fullname --database staging=$STAGING_URL --database "
      "production=$PRODUCTION_URL\n"
      "  planner next rename_name_to_fullname --deployed v42\n"
      "  planner next rename_name_to_fullname --force replicas --reason \"the reporting replica is being "
      "rebuilt\"");
  command->callback([options, &context] { run_next(*options, context); });
}

void add_gate(CLI::App& program, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      program.add_subcommand("gate", "Show what must hold before a phase is released, with the evidence");
  command->add_option("PLAN", options->plan, "The plan's name or folder")->required();
  command->add_option("PHASE", options->phase, "The phase: 4_enforce, enforce or 4")->required();
  add_common(*command, *options);
  command->footer(
      "Nothing is written.\nExit codes: 0 every gate holds; 1 one does not; 2 it could not run.\n\n"
      "Examples:\n"
      "  planner gate rename_name_to_fullname 4_enforce\n"
      "  planner gate rename_name_to_fullname drop --old-application school-v41 --format json");
  command->callback([options, &context] { run_gate(*options, context); });
}

}  // namespace planner::commands
