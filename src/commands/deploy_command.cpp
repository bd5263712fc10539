#include "src/commands/deploy_command.h"

#include <fmt/core.h>

#include "planner/error.h"
#include "planner/shell_word.h"
#include "src/database/deploy_table.h"
#include "src/project/files.h"

namespace planner::commands {
namespace {

/// Why planner does not write this tool's table.
std::string_view reason_against(project::Layout layout) {
  switch (layout) {
    case project::Layout::Flyway:
      return "flyway_schema_history holds checksums and ranks that only Flyway makes alike";
    case project::Layout::Drizzle:
      return "drizzle-kit applies all pending files in one transaction, so that one that waits for a lock "
             "holds "
             "those of every other";
    default:
      return "nothing records which of these files were applied";
  }
}

}  // namespace

std::string deploy_command(const project::Service& service) {
  switch (service.tool) {
    case Tool::Flyway:
      return "flyway migrate";
    case Tool::GolangMigrate:
      return "migrate up";
    case Tool::Dbmate:
      return "dbmate up";
    case Tool::Diesel:
      return "diesel migration run";
    case Tool::Sqlx:
      return "sqlx migrate run";
    case Tool::Drizzle:
      return "drizzle-kit migrate";
    case Tool::Goose:
      return "goose up";
    case Tool::Psql:
    case Tool::PlainSql:
      return "psql --file=FILE for each file";
    default:
      return planner_deploy_command(service);
  }
}

std::string planner_deploy_command(const project::Service& service) {
  // One of several services: without its folder the others' migrations would be deployed too.
  return service.name.empty() ? "planner deploy"
                              : "planner deploy " + shell_word(project::shown(service.folder.path));
}

bool is_deployable(const project::Service& service) {
  return service.folder.layout == project::Layout::Prisma ||
         (is_deployed_by_planner(service.tool) && project::layout_of(service.tool) == service.folder.layout);
}

void require_deployable(const project::Service& service) {
  if (is_deployable(service)) return;
  throw Error(
      fmt::format("{}: planner does not apply the migrations of a {} history: {}; nothing was changed",
                  project::shown(service.folder.path), project::facts_of(service.folder.layout).name,
                  reason_against(service.folder.layout)),
      fmt::format("deploy it with its own tool, {}: every phase is an ordinary migration of it; `planner "
                  "status`, `next`, `gate` and `backfill` work as they do for Prisma",
                  deploy_command(service)));
}

std::string mending_of(const project::Service& service) {
  const std::string look = "look at what it left and put that right, then ";
  switch (service.tool) {
    case Tool::Flyway:
      return look + "flyway repair";
    case Tool::Psql:
    case Tool::PlainSql:
      return look + "give its file to psql again, or put the rest of it there by hand";
    default:
      return look + "tell the tool so";
  }
}

}  // namespace planner::commands
