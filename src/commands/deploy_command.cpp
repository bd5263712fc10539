#include "src/commands/deploy_command.h"
#include "planner/shell_word.h"

#include "src/project/files.h"

namespace planner::commands {

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
      // One of several services: without its folder the others' migrations would be deployed too.
      return service.name.empty() ? "planner deploy"
                                  : "planner deploy " + shell_word(project::shown(service.folder.path));
  }
}

std::string mending_of(const project::Service& service) {
  const std::string look = "look at what it left and put that right, then ";
  switch (service.tool) {
    case Tool::Flyway:
      return look + "flyway repair";
    case Tool::GolangMigrate:
      return look + "migrate force VERSION with the version that is true";
    case Tool::Sqlx:
      return look + "delete its row from _sqlx_migrations, or set success to true";
    case Tool::Psql:
    case Tool::PlainSql:
      return look + "give its file to psql again, or put the rest of it there by hand";
    default:
      return look + "tell the tool so";
  }
}

}  // namespace planner::commands
