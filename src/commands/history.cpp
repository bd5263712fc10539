#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "planner/error.h"
#include "src/commands/commands.h"
#include "src/commands/environments.h"
#include "src/database/prisma_table.h"
#include "src/database/url.h"
#include "src/project/files.h"
#include "src/report/terminal.h"
#include "version.h"

namespace planner::commands {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::vector<std::string> paths, databases;
  std::string format = "text";
};

std::string state_of(const PrismaRow& row) {
  if (!row.rolled_back_at.empty()) return "rolled-back";
  if (row.finished_at.empty()) return "unfinished";
  return row.steps == 0 ? "baselined" : "applied";
}

std::vector<PrismaRow> rows_of(Connection& session, const NamedUrl& url, const project::Service& service) {
  if (service.folder.layout == project::Layout::Prisma) {
    use_prisma_schema(session, url.url, false);
    return PrismaTable(session).rows();
  }
  // The other tools' tables are read for what they all have.
  std::vector<PrismaRow> rows;
  for (const RecordedMigration& record : read_recorded_history(session, service.tool).migrations) {
    PrismaRow row;
    row.name = record.name.empty() ? record.version : record.name;
    row.steps = 1;
    row.started_at = record.started_at;
    row.finished_at =
        record.state == RecordedState::Applied ? (record.finished_at.empty() ? "-" : record.finished_at) : "";
    row.rolled_back_at = record.state == RecordedState::RolledBack ? "-" : "";
    rows.push_back(std::move(row));
  }
  return rows;
}

void run(const Options& options, Context& context) {
  if (options.format != "text" && options.format != "json")
    throw Error(fmt::format("--format does not know \"{}\"", options.format), "use text or json");
  const project::Project project = project::open_project(options.paths);
  const std::vector<NamedUrl> given = named_urls(options.databases);
  Json json{{"format", "planner-history"},
            {"version", 1},
            {"planner", kPlannerVersion},
            {"databases", Json::array()}};
  bool asked = false;
  for (const project::Service& service : project.services) {
    for (const NamedUrl& url : urls_for(given, service)) {
      asked = true;
      Connection session(url.url);
      const std::string name = url.name.empty() ? parse_database_url(url.url).described() : url.name;
      const std::vector<PrismaRow> rows = rows_of(session, url, service);
      std::vector<std::vector<std::string>> table{{"started (UTC)", "seconds", "state", "migration"}};
      Json list = Json::array();
      for (const PrismaRow& row : rows) {
        const bool timed = !row.finished_at.empty() && row.finished_at != "-";
        table.push_back({row.started_at, timed ? fmt::format("{:.3f}", row.seconds) : "", state_of(row),
                         report::printable(row.name)});
        list.push_back({{"name", row.name},
                        {"state", state_of(row)},
                        {"started_at", row.started_at.empty() ? Json(nullptr) : Json(row.started_at)},
                        {"finished_at", timed ? Json(row.finished_at) : Json(nullptr)},
                        {"seconds", timed ? Json(row.seconds) : Json(nullptr)}});
      }
      json["databases"].push_back(
          {{"name", name}, {"folder", project::shown(service.folder.path)}, {"migrations", std::move(list)}});
      if (options.format == "text") {
        context.print(fmt::format("{}, {}: {}\n", project::shown(service.folder.path), name,
                                  report::counted(rows.size(), "row")));
        if (!rows.empty()) context.print(report::table(table, context.out_style()));
      }
    }
  }
  if (!asked) throw Error("no database was named", "planner history --database URL, or set $DATABASE_URL");
  if (options.format == "json")
    context.write(json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace

void add_history(CLI::App& program, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      program.add_subcommand("history", "Print what was applied to a database, when, and how long it took");
  command->add_option("PATH", options->paths,
                      "Repository or migrations folder; default: every history below the current folder");
  add_database_option(*command, options->databases);
  command->add_option("--format", options->format, "text (default) or json")->type_name("NAME");
  command->footer(
      "Exit codes: 0 printed; 2 it could not run.\n\nExamples:\n  planner history\n  planner history "
      "--database production=$PRODUCTION_URL --format json");
  command->callback([options, &context] { run(*options, context); });
}

}  // namespace planner::commands
