#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "planner/error.h"
#include "src/commands/commands.h"
#include "src/commands/environments.h"
#include "src/commands/outputs.h"
#include "src/commands/plan_choice.h"
#include "src/database/url.h"
#include "src/report/plan_page.h"
#include "version.h"

namespace planner::commands {
namespace {

struct Options {
  std::string plan, output, format;
  std::vector<std::string> databases;
};

/// What `planner status` says of the plan, database by database.
std::vector<report::PlanPage::Live> live_states(const Options& options, const ChosenPlan& chosen) {
  std::vector<report::PlanPage::Live> all;
  if (options.databases.empty()) return all;
  const project::Service& service = chosen.service();
  const std::vector<std::string> texts = texts_on_disk(service);
  for (const NamedUrl& url : named_urls(options.databases)) {
    report::PlanPage::Live live;
    live.environment = url.name.empty() ? parse_database_url(url.url).described() : url.name;
    try {
      const Environment environment = open_environment(url, service, texts);
      for (const Phase& phase : chosen.stored.plan.phases)
        live.states.emplace_back(
            phase_state_name(phase_state(environment, service, chosen.stored.plan, phase)));
    } catch (const Error& error) {
      live.error = redact(error.what());
    }
    all.push_back(std::move(live));
  }
  return all;
}

std::string format_of(const Options& options) {
  if (!options.format.empty()) return options.format;
  const std::string ending = std::filesystem::path(options.output).extension().string();
  if (ending == ".md") return "markdown";
  if (ending == ".svg") return "svg";
  return "html";
}

void run(const Options& options, Context& context) {
  const std::string format = format_of(options);
  if (format != "html" && format != "markdown" && format != "svg")
    throw Error(fmt::format("--format does not know \"{}\"", format), "use html, markdown or svg");
  const ChosenPlan chosen = choose_plan(options.plan);
  const report::PlanPage page{&chosen.stored.plan, chosen.service().name, kPlannerVersion,
                              chosen.stored.edited, live_states(options, chosen)};
  std::string text;
  if (format == "html") {
    text = report::plan_as_html(page);
  } else if (format == "markdown") {
    text = report::plan_as_markdown(page);
  } else {
    text = report::plan_as_svg(page);
  }
  deliver(Output{Format::Html, options.output}, text, context);
}

}  // namespace

void add_report(CLI::App& program, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      program.add_subcommand("report", "Show a plan as a page: timeline, locks, SQL, ways back");
  command->add_option("PLAN", options->plan, "The plan's name or folder")->required();
  command->add_option("-o,--output", options->output, "Write it to this file (default: standard output)")
      ->type_name("FILE");
  command
      ->add_option("--format", options->format,
                   "html, markdown or svg (default: by the file's ending, else html)")
      ->type_name("NAME");
  command
      ->add_option(
          "--database", options->databases,
          "Also show where the phases stand in this database, once per environment; not by itself from "
          "$DATABASE_URL: a page is passed on")
      ->type_name("[NAME=]URL");
  command->footer(
      "The page needs no network and no other file. Exit codes: 0 written; 2 it could not run.\n\n"
      "Examples:\n"
      "  planner report rename_name_to_fullname -o plan.html\n"
      "  planner report rename_name_to_fullname -o plan.html --database production=$PRODUCTION_URL\n"
      "  planner report rename_name_to_fullname --format markdown | gh pr comment --body-file -");
  command->callback([options, &context] { run(*options, context); });
}

}  // namespace planner::commands
