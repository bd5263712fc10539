#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "planner/error.h"
#include "planner/sql/sql.h"
#include "src/commands/commands.h"
#include "src/commands/deployer.h"
#include "src/commands/environments.h"
#include "src/commands/interrupt.h"
#include "src/commands/select.h"
#include "src/database/prisma_table.h"
#include "src/database/url.h"
#include "src/project/files.h"
#include "src/report/terminal.h"

namespace planner::commands {
namespace {

/// A development database is small; one with more rows than this is somebody's data.
constexpr long long kMostRows = 1'000'000;

struct Options {
  std::string path;
  std::optional<std::string> database;
  bool yes = false;
};

bool is_here(const std::string& host) {
  return host.empty() || host.front() == '/' || host == "localhost" || host == "127.0.0.1" || host == "::1" ||
         host == "host.docker.internal";
}

/// Everything that says that this database may not be emptied.
std::vector<std::string> objections(Connection& session, const DatabaseUrl& url) {
  std::vector<std::string> found;
  if (!is_here(url.host)) found.push_back(fmt::format("its server is {}, not this machine", url.host));
  std::string name = url.database;
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const char* word : {"prod", "live", "stag"}) {
    if (name.find(word) != std::string::npos)
      found.push_back(fmt::format("it is called \"{}\"", url.database));
  }
  const Result others = session.exec(
      "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
      "AND backend_type = 'client backend'");
  if (others.number() > 0)
    found.push_back(
        fmt::format("{} connected to it", report::counted(static_cast<std::size_t>(others.number()),
                                                          "other session is", "other sessions are")));
  if (session.exec("SELECT pg_is_in_recovery() OR EXISTS (SELECT 1 FROM pg_stat_replication)").truth())
    found.emplace_back("it is replicated");
  const Result rows = session.exec(
      "SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint FROM pg_class c WHERE c.relkind IN ('r', "
      "'m') AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())");
  if (rows.number() > kMostRows) found.push_back(fmt::format("it holds about {} rows", rows.number()));
  return found;
}

std::string what_is_lost(Connection& session) {
  std::string text;
  const Result tables = session.exec(
      "SELECT c.oid::regclass::text, greatest(c.reltuples, 0)::bigint FROM pg_class c WHERE c.relkind IN "
      "('r', 'p') AND c.relnamespace = "
      "(SELECT oid FROM pg_namespace WHERE nspname = current_schema()) ORDER BY 2 DESC, 1");
  const std::size_t shown = std::min<std::size_t>(tables.size(), 10);
  for (std::size_t i = 0; i < shown; ++i) {
    const std::string rows =
        session
            .exec(fmt::format("SELECT count(*) FROM (SELECT 1 FROM {} LIMIT 100001) AS counted",
                              *tables.rows[i].at(0)))
            .text();
    text +=
        fmt::format("  {}: {} rows\n", *tables.rows[i].at(0), rows == "100001" ? "more than 100000" : rows);
  }
  if (tables.size() > shown) text += fmt::format("  and {} more tables\n", tables.size() - shown);
  return text;
}

void run(const Options& options, Context& context) {
  const project::Project project = project::open_project(
      options.path.empty() ? std::vector<std::string>{} : std::vector<std::string>{options.path});
  if (project.services.size() != 1)
    throw Error(fmt::format("there are {} histories here", project.services.size()),
                "name the folder of the one to reset");
  const project::Service& service = project.services.front();
  if (service.folder.layout != project::Layout::Prisma)
    throw Error("`planner reset` knows Prisma's history table only", "use the history's own tool");
  const std::string url = database_url(options.database, service);
  const DatabaseUrl parsed = parse_database_url(url);
  {
    Connection session(url);
    require_primary(session, url, "a database be emptied");
    use_prisma_schema(session, url, false);
    if (session.exec("SELECT current_schema() IS NULL").truth())
      throw Error(fmt::format("{}: the schema does not exist", parsed.described()),
                  "planner deploy creates it");
    const std::vector<std::string> against = objections(session, parsed);
    if (!against.empty()) {
      std::string reasons;
      for (const std::string& reason : against) reasons += (reasons.empty() ? "" : "; ") + reason;
      throw Error(fmt::format("{} may not be a development database: {}", parsed.described(), reasons),
                  "reset is for development only, and there is no way around this; drop the database by hand "
                  "if you are sure");
    }
    context.print(fmt::format("{}: everything in schema {} goes:\n{}", parsed.described(),
                              session.exec("SELECT current_schema()").text(), what_is_lost(session)));
    bool yes = options.yes;
    if (!yes && context.can_ask()) {
      const std::optional<std::string> answer =
          context.ask(fmt::format("Type the database's name ({}) to empty it:", parsed.database));
      yes = answer && *answer == parsed.database;
    }
    if (!yes) {
      context.print("Nothing was changed. Add --yes to do it.\n");
      context.exit_code = kExitFindings;
      return;
    }
    if (!try_deploy_lock(session)) throw Error("a deploy is running", "wait until it has ended");
    const Identifier schema(session.exec("SELECT current_schema()").text());
    session.exec(
        sql("BEGIN; DROP SCHEMA IF EXISTS planner CASCADE; DROP SCHEMA {} CASCADE; CREATE SCHEMA {}; COMMIT",
            schema, schema)
            .str());
  }
  const Interruptible signals;
  const std::vector<project::StoredPlan> plans;
  Deployer deployer(url, service, plans, context);
  if (!deployer.take_lock(std::nullopt))
    throw Error("stopped while waiting for the deploy lock", "planner deploy goes on");
  for (const std::size_t file : deployer.prepare()) {
    if (deployer.apply(file)) continue;
    context.exit_code = kExitFindings;
    return;
  }
  context.print("The database is as the history says.\n");
}

}  // namespace

void add_reset(CLI::App& program, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand(
      "reset", "Development only: empty the database and apply the whole history again");
  command->add_option("PATH", options->path, "The migrations folder, where there are several");
  command->add_option("--database", options->database, "The database; default: $DATABASE_URL")
      ->type_name("URL");
  command->add_flag("--yes", options->yes, "Do not ask");
  command->footer(
      "Refused for a server elsewhere, a name like production or staging, other connected sessions, "
      "replication, or more than a million rows.\n"
      "Exit codes: 0 done; 1 not confirmed, or a migration failed; 2 it was refused or could not "
      "run.\n\nExamples:\n  planner reset\n  planner reset --database postgresql://localhost/app_dev --yes");
  command->callback([options, &context] { run(*options, context); });
}

}  // namespace planner::commands
