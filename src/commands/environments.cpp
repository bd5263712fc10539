#include "src/commands/environments.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>

#include "planner/error.h"
#include "src/commands/context.h"
#include "src/commands/look.h"
#include "src/database/deploy_table.h"
#include "src/database/limits.h"
#include "src/database/prisma_table.h"
#include "src/database/url.h"
#include "src/project/files.h"
#include "src/project/release.h"

namespace planner::commands {
namespace {

bool is_word(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_';
  });
}

[[noreturn]] void refuse_standby(const std::string& name, const char* what) {
  throw Error(fmt::format("{} is a read-only standby", name),
              fmt::format("give the primary's URL: only there can {}", what));
}

bool is_prisma(const project::Service& service) { return service.folder.layout == project::Layout::Prisma; }

}  // namespace

void add_database_option(CLI::App& command, std::vector<std::string>& given) {
  command
      .add_option("--database", given,
                  "A database to look at, once per environment; NAME=URL gives it a name. Default: "
                  "$DATABASE_URL, or each service's database_env")
      ->type_name("[NAME=]URL")
      ->allow_extra_args(false);
}

std::vector<NamedUrl> named_urls(const std::vector<std::string>& given) {
  std::vector<NamedUrl> urls;
  for (const std::string& text : given) {
    const std::size_t equals = text.find('=');
    const std::string name = text.substr(0, std::min(equals, text.size()));
    // `host=db dbname=app` is libpq's own form; a name is followed by a URL.
    const bool named = equals != std::string::npos && is_word(name) &&
                       text.find("://", equals) != std::string::npos &&
                       text.find("://") == text.find("://", equals) && text.find(' ') == std::string::npos &&
                       name != "host" && name != "dbname";
    NamedUrl url = named ? NamedUrl{name, text.substr(equals + 1)} : NamedUrl{"", text};
    if (url.url.empty())
      throw Error("--database needs a URL",
                  "write --database postgresql://..., or leave it out and set $DATABASE_URL");
    (void)parse_database_url(url.url);
    urls.push_back(std::move(url));
  }
  return urls;
}

std::vector<NamedUrl> urls_for(const std::vector<NamedUrl>& given, const project::Service& service) {
  if (!given.empty()) return given;
  if (const std::optional<std::string> url = environment(service.database_env)) return {{"", *url}};
  return {};
}

std::vector<std::string> texts_on_disk(const project::Service& service) {
  std::vector<std::string> texts;
  texts.reserve(service.folder.files.size());
  for (const project::MigrationFile& file : service.folder.files) {
    texts.push_back(project::is_file(file.file) ? project::read_file(file.file) : std::string());
  }
  return texts;
}

void refresh(Environment& environment, const project::Service& service,
             const std::vector<std::string>& texts) {
  environment.unrecorded = service.tool == Tool::Psql || service.tool == Tool::PlainSql;
  environment.recorded = environment.unrecorded ? seen_in_database(environment, service)
                                                : read_recorded_history(*environment.session, service.tool);
  environment.judged = judge_history(environment.recorded, service, texts);
  environment.deployer =
      is_prisma(service) || is_deployed_by_planner(service.tool)
          ? deploy_lock_holder(*environment.session, deploy_lock_of(service.tool, *environment.session))
          : std::nullopt;
}

Environment open_environment(const NamedUrl& url, const project::Service& service,
                             const std::vector<std::string>& texts) {
  Environment environment;
  environment.url = url.url;
  environment.name = url.name.empty() ? parse_database_url(url.url).described() : url.name;
  environment.session = std::make_unique<Connection>(url.url);
  lift_timeouts(*environment.session);
  if (is_prisma(service)) use_prisma_schema(*environment.session, url.url, false);
  environment.standby = environment.session->exec("SELECT pg_is_in_recovery()").truth();
  refresh(environment, service, texts);
  return environment;
}

void require_primary(const Environment& environment, const char* what) {
  if (environment.standby) refuse_standby(environment.name, what);
}

void require_primary(Connection& session, const std::string& url, const char* what) {
  if (session.exec("SELECT pg_is_in_recovery()").truth())
    refuse_standby(parse_database_url(url).described(), what);
}

bool is_running(const Environment& environment, const RecordedMigration& record) {
  if (record.state != RecordedState::Failed || !environment.deployer || !record.logs.empty()) return false;
  // Whoever deploys has started the newest unfinished one; older ones failed before.
  const auto& all = environment.recorded.migrations;
  return std::none_of(all.begin(), all.end(), [&](const RecordedMigration& other) {
    return other.state == RecordedState::Failed && other.started_at > record.started_at;
  });
}

std::string_view phase_state_name(PhaseState state) {
  switch (state) {
    case PhaseState::Waiting:
      return "waiting";
    case PhaseState::Released:
      return "released";
    case PhaseState::Running:
      return "running";
    case PhaseState::Failed:
      return "failed";
    case PhaseState::Applied:
      break;
  }
  return "applied";
}

PhaseState phase_state(const Environment& environment, const project::Service& service, const Plan& plan,
                       const Phase& phase) {
  const std::optional<std::size_t> index = project::released_as(service, plan, phase);
  if (!index) return PhaseState::Waiting;
  const JudgedFile& file = environment.judged.files.at(*index);
  switch (file.state) {
    case MigrationState::Applied:
      return PhaseState::Applied;
    case MigrationState::Failed:
      return is_running(environment, *file.record) ? PhaseState::Running : PhaseState::Failed;
    case MigrationState::RolledBack:
    case MigrationState::Pending:
      break;
  }
  return PhaseState::Released;
}

project::Service behind_everything(const project::Service& service,
                                   const std::vector<Environment>& environments) {
  project::Service behind = service;
  for (const Environment& environment : environments) {
    for (const RecordedMigration* missing : environment.judged.missing) {
      project::MigrationFile file;
      file.name = missing->name.empty() ? missing->version : missing->name;
      file.version = missing->version.empty() ? file.name.substr(0, file.name.find_first_not_of("0123456789"))
                                              : missing->version;
      behind.folder.files.push_back(std::move(file));
    }
  }
  return behind;
}

}  // namespace planner::commands
