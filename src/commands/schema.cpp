#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "planner/error.h"
#include "plans/schema_script.h"
#include "src/commands/commands.h"
#include "src/commands/schema_source.h"
#include "src/commands/select.h"
#include "src/report/schema_report.h"
#include "version.h"

namespace planner::commands {
namespace {

struct Options {
  std::vector<std::string> paths;
  std::string at;
  std::optional<std::string> database;
  std::string format = "sql";
};

SchemaSource source_of(const Options& options) {
  if (!options.database) return schema_of_history(only_service(options.paths), options.at);
  if (!options.at.empty())
    throw Error("--at and --database exclude each other", "a database has only the schema of now");
  if (!options.database->empty()) return schema_of_database(*options.database);
  return schema_of_database(database_url(options.database, only_service(options.paths)));
}

void run(const Options& options, Context& context) {
  if (options.format != "sql" && options.format != "json") {
    throw Error(fmt::format("--format does not know \"{}\"", options.format), "use sql or json");
  }
  const SchemaSource source = source_of(options);
  if (options.format == "json") {
    context.write(report::schema_as_json(source.schema, source.described, source.gaps, kPlannerVersion));
    return;
  }
  std::string text = report::sql_comment("The schema of " + source.described + ".");
  for (const std::string& gap : source.gaps) text += report::sql_comment("not understood: " + gap);
  const plans::SchemaScript script = plans::script_between(Schema(), source.schema);
  for (const std::string& note : script.notes) text += report::sql_comment(note);
  text += "\n";
  for (const Sql& statement : script.statements) text += statement.str() + ";\n";
  context.write(text);
}

}  // namespace

void add_schema(CLI::App& program, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      program.add_subcommand("schema", "Print the schema that a history ends with, or that a database has");
  command->add_option("PATH", options->paths, "The history (default: the one below the current folder)");
  command->add_option("--at", options->at, "Stop behind this migration")->type_name("MIGRATION");
  command
      ->add_option("--database", options->database,
                   "Read the schema from this database; without a URL: from $DATABASE_URL")
      ->expected(0, 1)
      ->type_name("[URL]");
  command->add_option("--format", options->format, "sql (default) or json")->type_name("NAME");
  command->footer(
      "Exit codes: 0 printed; 2 it could not run.\n\n"
      "Examples:\n"
      "  planner schema                                the schema after every migration\n"
      "  planner schema --at 20240101000000_init       as it was behind that one\n"
      "  planner schema prisma/migrations --format json\n"
      "  planner schema --database postgresql://localhost/app");
  command->callback([options, &context] { run(*options, context); });
}

}  // namespace planner::commands
