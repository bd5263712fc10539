#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>

#include "planner/engine.h"
#include "planner/error.h"
#include "planner/replay/replay.h"
#include "planner/sql/parse.h"
#include "rules/registry.h"
#include "src/commands/commands.h"
#include "src/commands/settings.h"
#include "src/database/connection.h"
#include "src/database/live_schema.h"
#include "src/database/url.h"
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
  std::optional<std::string> database;
  std::string format = "text";
};

/// The schema a statement meets when it is deployed after everything that lies here.
struct Surroundings {
  Schema schema;
  EffectsSettings settings;
  std::string described = "without a schema: no history was found here (name one, or give --database)";
  bool known = false;
  std::optional<Tool> tool;
  std::string tool_evidence;
};

Surroundings of_history(const std::string& path) {
  Surroundings around;
  project::Project project;
  try {
    project =
        project::open_project(path.empty() ? std::vector<std::string>{} : std::vector<std::string>{path});
  } catch (const Error&) {
    if (!path.empty()) throw;
    return around;
  }
  around.settings = rule_settings(project.config).effects;
  if (project.services.size() != 1) {
    if (!path.empty())
      throw Error(fmt::format("{}: holds {} histories", path, project.services.size()),
                  "name the migrations folder of one service");
    around.described =
        fmt::format("without a schema: {} histories were found here; name one", project.services.size());
    return around;
  }
  const project::Service& service = project.services.front();
  const project::LoadedHistory loaded = project::load_history(service);
  around.schema = analyze(loaded.history, {}, {}).end;
  around.described =
      fmt::format("after the {} of {}", report::counted(loaded.history.migrations.size(), "migration"),
                  project::shown(service.folder.path));
  around.known = true;
  around.tool = service.tool;
  around.tool_evidence = service.tool_evidence;
  return around;
}

void read_database(Surroundings& around, const std::string& given) {
  const std::optional<std::string> url = given.empty() ? environment("DATABASE_URL") : given;
  if (!url)
    throw Error("no database was named: there is no --database URL and $DATABASE_URL is not set",
                "write --database postgresql://..., or set the variable");
  Connection connection(*url);
  around.schema = read_schema(connection);
  around.settings.server_version = connection.server_version();
  around.settings.time_zone = connection.parameter("TimeZone");
  around.settings.time_zone_known = !around.settings.time_zone.empty();
  around.described = fmt::format("on the schema of {}", parse_database_url(*url).described());
  around.known = true;
}

/// Without a schema nothing can be missing: what is only said because nothing is known is left out.
void forget_absence(Effects& effects) {
  std::erase_if(effects.failures, [](const Failure& failure) {
    return failure.sqlstate == "42P01" || failure.sqlstate == "42704" || failure.sqlstate == "42703" ||
           failure.sqlstate == "3F000" || failure.sqlstate == "42883";
  });
}

/// How long the locks of a statement last that stands in a file with others.
std::string lasting(const Surroundings& around, const std::string& sql) {
  if (!around.tool)
    return "to the end of its transaction: in a file that is sent as one, until the last statement of the "
           "file is done";
  const std::string text = sql + ";\n" + sql + ";\n";
  bool together = false;
  bool apart = false;
  for (const Delivered& way : deliveries(parse_file(text), text, *around.tool)) {
    (way.groups.size() == 1 ? together : apart) = true;
  }
  const std::string who = around.tool_evidence.empty() ? "" : fmt::format(" ({})", around.tool_evidence);
  if (together && apart)
    return fmt::format(
        "to the end of its transaction, which may be the whole file: it depends on the version of the tool{}",
        who);
  if (together) return fmt::format("until the last statement of its file is done{}", who);
  return fmt::format("until it is done: every statement of a file is a transaction of its own{}", who);
}

void explain_rule(const Rule& rule, Context& context) {
  const std::string_view page = rule_page(rule.id);
  if (page.empty()) {
    context.print(fmt::format("{}: {}\n", rule.id, rule.summary));
    return;
  }
  context.print(report::page_as_text(page, context.out_style()));
}

void explain_statements(const Options& options, Context& context) {
  const ParsedFile file = parse_file(options.what);
  for (const Statement& statement : file.statements) {
    if (statement.problem == ParseProblem::None) continue;
    if (statement.problem == ParseProblem::NewerSyntax)
      throw Error(
          fmt::format("newer than the syntax planner reads, which is PostgreSQL 15's: {}", options.what),
          statement.error);
    throw Error(fmt::format("not SQL that planner reads: {}", options.what), statement.error);
  }
  if (file.statements.empty()) throw Error("there is no statement to explain", "put one in quotes");
  if (options.format == "json" && file.statements.size() > 1)
    throw Error("--format json explains one statement at a time", "give them one by one");
  Surroundings around = of_history(options.path);
  if (options.database) read_database(around, *options.database);
  for (std::size_t i = 0; i < file.statements.size(); ++i) {
    Statement each = file.statements[i];
    // Where nothing is known, IF EXISTS is taken to have found its relation.
    for (Operation& operation : each.operations) operation.if_exists = operation.if_exists && around.known;
    report::ExplainedStatement statement;
    statement.sql = options.what.substr(each.span.begin, each.span.end - each.span.begin);
    statement.server_version = around.settings.server_version;
    statement.context = i == 0 ? around.described : "after the statement before";
    statement.effects = effects_of_statement(each.operations, around.schema, around.settings);
    if (!around.known) forget_absence(statement.effects);
    statement.delivery = lasting(around, statement.sql);
    statement.schema = around.schema;
    if (options.format == "json") {
      context.write(report::effects_as_json(statement, kPlannerVersion));
    } else {
      context.print((i == 0 ? "" : "\n") + report::effects_as_text(statement, context.out_style()));
    }
    replay_statement(around.schema, each.operations);
  }
}

bool is_url(const std::string& text) {
  return text.find("://") != std::string::npos || text.find('=') != std::string::npos;
}

void run(const Options& options, Context& context) {
  if (options.format != "text" && options.format != "json") {
    throw Error(fmt::format("--format does not know \"{}\"", options.format), "use text or json");
  }
  if (const Rule* rule = find_rule(options.what)) {
    explain_rule(*rule, context);
    return;
  }
  if (options.database && options.path.empty() && !options.database->empty() && !is_url(*options.database)) {
    // `--database PATH`: the URL is in the environment, and the word is the history.
    Options meant = options;
    meant.path = *options.database;
    meant.database = "";
    explain_statements(meant, context);
    return;
  }
  // One word is meant as a rule: no statement that does anything to a schema is a single word.
  if (options.what.find_first_of(" \t\n") == std::string::npos) {
    std::vector<std::string> known;
    for (const Rule* rule : all_rules()) known.emplace_back(rule->id);
    std::string near;
    for (const std::string& id : project::nearest(options.what, known))
      near += (near.empty() ? "" : ", ") + id;
    throw Error(fmt::format("there is no rule `{}`", options.what),
                fmt::format("nearest: {}; `planner rules` lists them all", near));
  }
  explain_statements(options, context);
}

}  // namespace

void add_explain(CLI::App& program, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      program.add_subcommand("explain", "Explain a rule, or what PostgreSQL does for one SQL statement");
  command->add_option("RULE|SQL", options->what, "A rule's id, or one statement in quotes")->required();
  command->add_option(
      "PATH", options->path,
      "The history whose schema the statement meets (default: the one below the current folder)");
  command
      ->add_option("--database", options->database,
                   "Take the schema, sizes and version of this database; without a URL: $DATABASE_URL")
      ->expected(0, 1)
      ->type_name("[URL]");
  command->add_option("--format", options->format, "text (default) or json (for a statement)")
      ->type_name("NAME");
  command->footer(
      "Examples:\n"
      "  planner explain set-not-null\n"
      "  planner explain 'ALTER TABLE \"Student\" ALTER COLUMN email SET NOT NULL'\n"
      "  planner explain 'CREATE INDEX ON orders (customer_id)' services/shop/migrations\n"
      "  planner explain 'ALTER TABLE orders ALTER id TYPE bigint' --database postgresql://localhost/shop");
  command->callback([options, &context] { run(*options, context); });
}

}  // namespace planner::commands
