#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "planner/error.h"
#include "planner/schema_diff.h"
#include "src/commands/commands.h"
#include "src/commands/schema_source.h"
#include "src/commands/select.h"
#include "src/report/schema_report.h"
#include "version.h"

namespace planner::commands {
namespace {

struct Options {
  std::vector<std::string> paths;
  std::optional<std::string> database;
  std::string format = "text";
};

bool has_part(const Table& table, const SchemaDifference& difference) {
  const auto named = [&](const auto& parts, const auto& name) {
    return std::any_of(parts.begin(), parts.end(),
                       [&](const auto& part) { return name(part) == difference.part; });
  };
  if (difference.kind == "column") return table.column(difference.part) != nullptr;
  if (difference.kind == "constraint") return table.constraint(difference.part) != nullptr;
  if (difference.kind == "index") return table.index(difference.part) != nullptr;
  if (difference.kind == "trigger")
    return named(table.triggers, [](const Trigger& t) { return t.definition.name; });
  if (difference.kind == "policy")
    return named(table.policies, [](const Policy& p) { return p.definition.name; });
  return difference.part.empty();
}

bool is_there(const Schema& schema, const SchemaDifference& difference) {
  if (const Table* table = schema.tables.find(difference.object)) return has_part(*table, difference);
  return schema.views.contains(difference.object) || schema.enums.contains(difference.object) ||
         schema.sequences.contains(difference.object) || schema.domains.contains(difference.object) ||
         schema.types.contains(difference.object) || schema.functions.contains(difference.object);
}

/// The migration that made it; empty when none did.
std::string made_by(const std::vector<SchemaStep>& steps, const SchemaDifference& difference) {
  for (std::size_t i = steps.size(); i > 0; --i) {
    if (!is_there(steps[i - 1].after, difference))
      return i < steps.size() ? steps[i].migration : std::string();
  }
  return steps.empty() ? std::string() : steps.front().migration;
}

bool invalid_in_database(const Schema& live, const SchemaDifference& difference) {
  const Table* table = live.tables.find(difference.object);
  const Index* index =
      table == nullptr || difference.kind != "index" ? nullptr : table->index(difference.part);
  return index != nullptr && (!index->valid || !index->ready);
}

std::string explanation(const SchemaDifference& difference, const std::vector<SchemaStep>& steps,
                        const Schema& live) {
  const std::string maker = made_by(steps, difference);
  if (invalid_in_database(live, difference)) {
    return "The index is INVALID: CREATE INDEX CONCURRENTLY failed or was killed. Nothing reads it and every "
           "write maintains it; "
           "drop it (DROP INDEX CONCURRENTLY) and build it again.";
  }
  switch (difference.change) {
    case SchemaDifference::Change::OnlyInA:
      return (maker.empty() ? std::string("The history makes it") : maker + " makes it") +
             ", and the database does not have it: it was dropped or renamed by hand, or the migration was "
             "marked as applied without being run.";
    case SchemaDifference::Change::OnlyInB:
      return "No migration here makes it: it was made by hand or by another tool. Write a migration that "
             "makes it, or drop it.";
    case SchemaDifference::Change::Differs:
      break;
  }
  if (difference.what == "validated") {
    return "The constraint is NOT VALID on one side: old rows were not checked there. ALTER TABLE .. "
           "VALIDATE CONSTRAINT checks them.";
  }
  return (maker.empty() ? std::string("The history") : "It comes from " + maker + ", and the history") +
         " says one thing and the database another: it was changed by hand, or an applied migration was "
         "edited afterwards.";
}

void run(const Options& given, Context& context) {
  Options options = given;
  if (options.format != "text" && options.format != "json") {
    throw Error(fmt::format("--format does not know \"{}\"", options.format), "use text or json");
  }
  if (!options.database)
    throw Error("drift compares with a database",
                "write --database postgresql://..., or --database alone for $DATABASE_URL");
  SelectionOptions selection;
  selection.paths = options.paths;
  selection.database = options.database;
  settle(selection);
  const project::Service service = only_service(selection.paths);
  const std::string url = database_url(selection.database, service);

  // A folder of plain files is recorded nowhere: what lies here counts as applied.
  const bool recorded = service.tool != Tool::PlainSql && service.tool != Tool::Psql;
  const project::LoadedHistory loaded = project::load_history(service);
  PendingOnes pending;
  if (recorded) {
    pending = pending_in_database(url, service, loaded);
  } else {
    pending.pending.assign(loaded.history.migrations.size(), true);
  }
  for (const std::string& warning : pending.warnings) context.warn(warning);
  std::vector<bool> applied(pending.pending.size());
  std::transform(pending.pending.begin(), pending.pending.end(), applied.begin(),
                 [](bool one) { return !one; });
  const bool none = std::find(applied.begin(), applied.end(), true) == applied.end();
  // Whoever records nothing (a folder of plain files) has applied what lies here.
  if (none) applied.assign(applied.size(), true);
  std::vector<SchemaStep> steps;
  const SchemaSource history = schema_of_history(service, "", &applied, &steps);
  const SchemaSource database = schema_of_database(url);
  const auto counted = std::count(applied.begin(), applied.end(), true);
  context.say(
      !recorded ? fmt::format(
                      "comparing with the whole history: nothing records which of its {} files were applied",
                      applied.size())
      : none
          ? fmt::format(
                "comparing with the whole history: the database records none of its {} migrations as applied",
                applied.size())
          : fmt::format("comparing with the {} of {} migrations that the database has applied", counted,
                        applied.size()));
  for (const SchemaSource* source : {&history, &database}) {
    for (const std::string& gap : source->gaps) context.warn("not understood: " + gap);
  }

  CompareOptions compare_options;
  const std::vector<SchemaDifference> differences = compare(history.schema, database.schema, compare_options);
  std::vector<std::string> explained;
  for (const SchemaDifference& difference : differences)
    explained.push_back(explanation(difference, steps, database.schema));
  if (options.format == "json") {
    context.write(report::differences_as_json(differences, history.described, database.described,
                                              kPlannerVersion, explained));
  } else {
    const report::TextStyle style = context.out_style();
    for (std::size_t i = 0; i < differences.size(); ++i) {
      context.print(report::painted(style, report::Ink::Strong, report::printable(differences[i].sentence)) +
                    "\n    " + report::wrapped(report::printable(explained[i]), style.width, 4, 4) + "\n");
    }
    if (differences.empty()) context.say("no drift: history and database have the same schema");
  }
  if (!differences.empty()) context.exit_code = kExitFindings;
}

}  // namespace

void add_drift(CLI::App& program, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      program.add_subcommand("drift", "Compare a history with the database it was applied to");
  command->add_option("PATH", options->paths, "The history (default: the one below the current folder)");
  command->add_option("--database", options->database, "The database; without a URL: $DATABASE_URL")
      ->expected(0, 1)
      ->type_name("[URL]");
  command->add_option("--format", options->format, "text (default) or json")->type_name("NAME");
  command->footer(
      "Compares tables, columns, types, defaults, constraints with validity, indexes with INVALID ones, "
      "enums, sequences, views, triggers and functions"
      ". Only migrations that the database records as applied count.\n\n"
      "Exit codes: 0 no difference; 1 they differ; 2 it could not run.\n\n"
      "Examples:\n"
      "  planner drift --database postgresql://localhost/app\n"
      "  planner drift prisma/migrations --database --format json");
  command->callback([options, &context] { run(*options, context); });
}

}  // namespace planner::commands
