#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "planner/engine.h"
#include "planner/error.h"
#include "rules/registry.h"
#include "src/commands/commands.h"
#include "src/commands/settings.h"
#include "src/project/files.h"
#include "src/project/services.h"
#include "src/report/effects_report.h"
#include "src/report/page.h"
#include "version.h"

namespace planner::commands {
namespace {

struct Options {
  std::string what;
  std::string path;
  std::string format = "text";
};

/// The schema a statement meets when it is deployed after everything that lies here.
struct Surroundings {
  Schema schema;
  EffectsSettings settings;
  std::string described = "without a schema: no history was found here";
};

Surroundings surroundings(const std::string& path) {
  Surroundings around;
  project::Project project;
  try {
    project = project::open_project(path.empty() ? std::vector<std::string>{} : std::vector<std::string>{path});
  } catch (const Error&) {
    if (!path.empty()) throw;
    return around;
  }
  around.settings = rule_settings(project.config).effects;
  if (project.services.size() != 1) {
    if (!path.empty()) throw Error(fmt::format("{}: holds {} histories", path, project.services.size()), "name the migrations folder of one service");
    around.described = fmt::format("without a schema: {} histories were found here; name one", project.services.size());
    return around;
  }
  const project::LoadedHistory loaded = project::load_history(project.services.front());
  around.schema = analyze(loaded.history, {}, {}).end;
  around.described = fmt::format("after the {} of {}", report::counted(loaded.history.migrations.size(), "migration"),
                                 project::shown(project.services.front().folder.path));
  return around;
}

void explain_rule(const Rule& rule, Context& context) {
  const std::string_view page = rule_page(rule.id);
  if (page.empty()) {
    context.print(fmt::format("{}: {}\n", rule.id, rule.summary));
    return;
  }
  context.print(report::page_as_text(page, context.out_style()));
}

void explain_statement(const Options& options, Context& context) {
  const std::vector<Operation> operations = parse_statement(options.what);
  const Surroundings around = surroundings(options.path);
  report::ExplainedStatement statement;
  statement.sql = options.what;
  statement.server_version = around.settings.server_version;
  statement.context = around.described;
  statement.effects = effects_of_statement(operations, around.schema, around.settings);
  context.print(options.format == "json" ? report::effects_as_json(statement, kPlannerVersion) : report::effects_as_text(statement, context.out_style()));
}

void run(const Options& options, Context& context) {
  if (options.format != "text" && options.format != "json") {
    throw Error(fmt::format("--format does not know \"{}\"", options.format), "use text or json");
  }
  if (const Rule* rule = find_rule(options.what)) {
    explain_rule(*rule, context);
    return;
  }
  // One word is meant as a rule: no statement that does anything to a schema is a single word.
  if (options.what.find_first_of(" \t\n") == std::string::npos) {
    std::vector<std::string> known;
    for (const Rule* rule : all_rules()) known.emplace_back(rule->id);
    std::string near;
    for (const std::string& id : project::nearest(options.what, known)) near += (near.empty() ? "" : ", ") + id;
    throw Error(fmt::format("there is no rule `{}`", options.what), fmt::format("nearest: {}; `planner rules` lists them all", near));
  }
  explain_statement(options, context);
}

}  // namespace

void add_explain(CLI::App& program, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand("explain", "Explain a rule, or what PostgreSQL does for one SQL statement");
  command->add_option("RULE|SQL", options->what, "A rule's id, or one statement in quotes")->required();
  command->add_option("PATH", options->path, "The history whose schema the statement meets (default: the one below the current folder)");
  command->add_option("--format", options->format, "text (default) or json (for a statement)")->type_name("NAME");
  command->footer(
      "Examples:\n"
      "  planner explain set-not-null\n"
      "  planner explain 'ALTER TABLE \"Student\" ALTER COLUMN email SET NOT NULL'");
  command->callback([options, &context] { run(*options, context); });
}

}  // namespace planner::commands
