#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "planner/engine.h"
#include "planner/error.h"
#include "planner/schema_diff.h"
#include "plans/registry.h"
#include "plans/schema_script.h"
#include "rules/registry.h"
#include "src/commands/commands.h"
#include "src/commands/schema_source.h"
#include "src/report/schema_report.h"
#include "version.h"

namespace planner::commands {
namespace {

struct Options {
  std::string a, b;
  bool script = false;
  std::string format = "text";
};

/// What planner says of its own script, as comments behind it.
std::string own_analysis(const std::string& script, const Schema& before) {
  History history;
  Migration migration;
  migration.name = "script";
  migration.path = "the script";
  migration.text = script;
  migration.pending = true;
  history.migrations.push_back(migration);
  AnalyzeOptions options;
  options.base = &before;
  options.recipes = &all_recipes();
  const Analysis analysis = analyze(history, all_rules(), options);
  std::string out = "\n-- What planner analyze says of this script:\n";
  std::size_t said = 0;
  for (const JudgedMigration& judged : analysis.judged) {
    for (const Finding& finding : judged.findings) {
      out += report::sql_comment(fmt::format("{} ({}, line {}): {}", severity_name(finding.severity),
                                             finding.rule, finding.start.line, finding.message));
      ++said;
    }
  }
  return said == 0 ? out + "-- nothing\n" : out;
}

std::string script_text(const SchemaSource& a, const SchemaSource& b) {
  const plans::SchemaScript script = plans::script_between(a.schema, b.schema);
  std::string text = report::sql_comment(fmt::format("Turns {} into {}.", a.described, b.described));
  for (const std::string& note : script.notes) text += report::sql_comment(note);
  if (script.outside_transaction)
    text += report::sql_comment(
        "Run it outside a transaction: values added to an enum cannot be used before they are committed.");
  if (!script.statements.empty()) text += "\n";
  for (const Sql& statement : script.statements) text += statement.str() + ";\n";
  return text + own_analysis(text, a.schema);
}

void run(const Options& options, Context& context) {
  if (options.format != "text" && options.format != "json") {
    throw Error(fmt::format("--format does not know \"{}\"", options.format), "use text or json");
  }
  const SchemaSource a = schema_named(options.a);
  const SchemaSource b = schema_named(options.b);
  for (const SchemaSource* source : {&a, &b}) {
    for (const std::string& gap : source->gaps) context.warn("not understood: " + gap);
  }
  CompareOptions compare_options;
  compare_options.name_a = a.described;
  compare_options.name_b = b.described;
  const std::vector<SchemaDifference> differences = compare(a.schema, b.schema, compare_options);
  if (options.script) {
    context.write(script_text(a, b));
  } else if (options.format == "json") {
    context.write(report::differences_as_json(differences, a.described, b.described, kPlannerVersion));
  } else {
    for (const SchemaDifference& difference : differences)
      context.print(report::printable(difference.sentence) + "\n");
    if (differences.empty()) context.say(fmt::format("{} and {} are the same", a.described, b.described));
  }
  if (!differences.empty()) context.exit_code = kExitFindings;
}

}  // namespace

void add_diff(CLI::App& program, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      program.add_subcommand("diff", "Compare two schemas, or print the SQL that turns one into the other");
  command
      ->add_option("A", options->a,
                   "history[@MIGRATION], FOLDER[@MIGRATION], a database URL, an SQL file, or empty")
      ->required();
  command->add_option("B", options->b, "The same")->required();
  command->add_flag("--script", options->script,
                    "Print the SQL that turns A into B, with what planner says of it");
  command->add_option("--format", options->format, "text (default) or json")->type_name("NAME");
  command->footer(
      "Exit codes: 0 the same; 1 they differ; 2 it could not run.\n\n"
      "Examples:\n"
      "  planner diff history postgresql://localhost/app\n"
      "  planner diff history@20240101000000_init history    what the migrations behind it changed\n"
      "  planner diff empty history --script                 one script for the whole schema\n"
      "  planner diff postgresql://localhost/app wanted.sql --script");
  command->callback([options, &context] { run(*options, context); });
}

}  // namespace planner::commands
