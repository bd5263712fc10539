#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "planner/error.h"
#include "planner/shell_word.h"
#include "src/commands/commands.h"
#include "src/commands/deploy_command.h"
#include "src/commands/deployer.h"
#include "src/commands/hooks.h"
#include "src/commands/interrupt.h"
#include "src/commands/neighbours.h"
#include "src/commands/select.h"
#include "src/database/url.h"
#include "src/project/files.h"
#include "src/project/release.h"
#include "src/report/terminal.h"

namespace planner::commands {
namespace {

struct Options {
  std::vector<std::string> paths;
  std::optional<std::string> database;
  std::string until;
  std::optional<int> wait;
  bool dry_run = false;
};

std::vector<project::StoredPlan> plans_of(const project::Service& service, Context& context) {
  std::vector<project::StoredPlan> plans;
  for (const project::fs::path& folder : project::plans_in(service.plans)) {
    try {
      plans.push_back(project::load_plan(folder));
    } catch (const Error& error) {
      // A broken plan must not keep migrations from being deployed: its phases are ordinary migrations.
      context.warn(fmt::format("{}; its phases are applied like any other migration", error.what()));
    }
  }
  return plans;
}

/// The place in `pending` behind the migration or phase that --until names.
std::size_t end_of(const std::string& until, const std::vector<std::size_t>& pending,
                   const project::Service& service, const Deployer& deployer) {
  if (until.empty()) return pending.size();
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < pending.size(); ++i) {
    const std::string& name = service.folder.files[pending[i]].name;
    const ReleasedPhaseOf* released = deployer.phase_of(pending[i]);
    const bool phase = released != nullptr && !released->way_back &&
                       (released->phase->folder == until ||
                        released->stored->plan.name + "/" + released->phase->folder == until ||
                        phase_name(released->phase->kind) == until);
    if (name == until || purpose_of(name) == until || phase) found = i + 1;
  }
  if (found) return *found;
  const bool here = std::any_of(service.folder.files.begin(), service.folder.files.end(),
                                [&](const project::MigrationFile& file) {
                                  return file.name == until || purpose_of(file.name) == until;
                                });
  if (here) return 0;  // applied already: nothing behind it is wanted
  throw Error(fmt::format("--until: nothing pending is called \"{}\"", until),
              "name a migration, a phase (3_dual_write), or PLAN/PHASE; `planner status` lists them");
}

std::string title_of(const ReleasedPhaseOf& released) {
  return (released.way_back ? "takes back: " : "") + released.phase->title;
}

void show_plan_of_work(const std::vector<std::size_t>& pending, std::size_t end,
                       const project::Service& service, const Deployer& deployer, Context& context) {
  for (std::size_t i = 0; i < end; ++i) {
    std::string how;
    (void)deployer.messages(pending[i], &how);
    const ReleasedPhaseOf* released = deployer.phase_of(pending[i]);
    if (released != nullptr) {
      how = fmt::format("a {}{} ({} of plan {}: {})", released->way_back ? "way back" : "phase",
                        released->commits ? " that commits as it goes; it is stopped and continued at will"
                                          : ": applied and recorded in one transaction",
                        released->phase->folder, released->stored->plan.name, title_of(*released));
    }
    context.print(fmt::format("would apply  {}\n             {}\n", service.folder.files[pending[i]].name,
                              report::wrapped(how, context.out_style().width, 13, 13)));
  }
  context.print(end == 0 ? "Nothing would be applied.\n"
                         : fmt::format("{} would be applied to {}.\n", report::counted(end, "migration"),
                                       deployer.database()));
}

bool deploy(const Options& options, const project::Project& project, const project::Service& service,
            Context& context) {
  const project::Config& config = project.config;
  require_deployable(service);
  const std::string url = database_url(options.database, service);
  if (parse_database_url(url).pgbouncer) {
    throw Error(
        "the database URL leads through PgBouncer: the deploy lock and CREATE INDEX CONCURRENTLY need a "
        "session of their own",
        "give the direct URL (in schema.prisma: directUrl)");
  }
  const std::vector<project::StoredPlan> plans = plans_of(service, context);
  Deployer deployer(url, service, plans, context);
  deployer.of_others = neighbours_of(project, service).migrations;
  context.print(fmt::format("{}{} in {}, database {}\n", service.name.empty() ? "" : service.name + ": ",
                            report::counted(service.folder.files.size(), "migration"),
                            project::shown(service.folder.path), deployer.database()));
  if (options.dry_run) {
    Environment environment = open_environment({"", url}, service, {});
    std::vector<std::size_t> pending;
    for (std::size_t i = 0; i < environment.judged.files.size(); ++i) {
      if (environment.judged.files[i].state != MigrationState::Applied) pending.push_back(i);
    }
    show_plan_of_work(pending, end_of(options.until, pending, service, deployer), service, deployer, context);
    return true;
  }
  if (!deployer.take_lock(options.wait)) {
    throw Error(Interruptible::requested()
                    ? "stopped while waiting for the deploy lock; nothing was changed"
                    : fmt::format("another deploy still runs after {} s; nothing was changed (P1002)",
                                  options.wait.value_or(0)),
                "run the same command again; `planner status` says who deploys");
  }
  const std::vector<std::size_t> pending = deployer.prepare();
  for (const std::string& warning : deployer.warnings()) context.warn(warning);
  const std::size_t end = end_of(options.until, pending, service, deployer);
  if (end == 0) {
    context.print(pending.empty() ? "No pending migrations to apply.\n"
                                  : fmt::format("Nothing to apply up to {}; {} stay pending.\n",
                                                options.until, pending.size()));
    return true;
  }
  HookFacts facts{service.name, url, "", "", ""};
  run_hook("before_deploy", config.hooks.before_deploy, config, facts, context);
  deployer.before_phase = [&](const Plan& plan, const Phase& phase) {
    if (phase.kind != PhaseKind::Drop) return;
    HookFacts drop = facts;
    drop.plan = plan.name;
    drop.phase = phase.folder;
    run_hook("before_drop", config.hooks.before_drop, config, drop, context);
  };
  for (std::size_t i = 0; i < end; ++i) {
    if (Interruptible::requested()) {
      throw Error(fmt::format("stopped before {}; {} applied", service.folder.files[pending[i]].name,
                              report::counted(i, "migration is", "migrations are")),
                  "run the same command again to go on");
    }
    const ReleasedPhaseOf* released = deployer.phase_of(pending[i]);
    context.print(fmt::format("applying {} ({} of {}){}\n", service.folder.files[pending[i]].name, i + 1, end,
                              released == nullptr ? "" : ": " + title_of(*released)));
    if (deployer.apply(pending[i])) continue;
    context.print(fmt::format("{} applied, {} not. Remove the cause, then: {}\n",
                              report::counted(i, "migration"),
                              report::counted(pending.size() - i, "migration"),
                              released == nullptr && deployer.marks_begun()
                                  ? "planner resolve " + shell_word(service.folder.files[pending[i]].name)
                                  : planner_deploy_command(service)));
    facts.result = "failed";
    run_hook("after_deploy", config.hooks.after_deploy, config, facts, context);
    return false;
  }
  facts.result = "applied";
  run_hook("after_deploy", config.hooks.after_deploy, config, facts, context);
  context.print(fmt::format(
      "{} applied{}.\n", report::counted(end, "migration"),
      end < pending.size() ? fmt::format(", {} pending", pending.size() - end) : "; nothing is pending"));
  return true;
}

void run(const Options& options, Context& context) {
  const project::Project project = project::open_project(options.paths);
  if (options.database && project.services.size() > 1) {
    throw Error(
        fmt::format("one database URL was given, but {} histories were found", project.services.size()),
        "name the migrations folder it belongs to, or let planner.toml say `database_env` for each service");
  }
  const Interruptible signals;
  for (const project::Service& service : project.services) {
    if (!deploy(options, project, service, context)) {
      context.exit_code = kExitFindings;
      return;
    }
  }
}

}  // namespace

void add_deploy(CLI::App& program, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand(
      "deploy", "Apply pending migrations as the history's own tool does, and phases of plans better");
  command->add_option("PATH", options->paths,
                      "Migrations folder or repository; default: planner.toml's services, else every history "
                      "below the current folder");
  command
      ->add_option("--database", options->database,
                   "The database; default: $DATABASE_URL, or each service's database_env")
      ->type_name("URL");
  command
      ->add_option("--until", options->until,
                   "Stop behind this migration, phase (3_dual_write) or PLAN/PHASE")
      ->type_name("PHASE");
  command
      ->add_option("--wait", options->wait,
                   "Give up when another deploy holds the lock this long (default: wait until it ends)")
      ->type_name("SECONDS")
      ->check(CLI::Range(0, 1000000));
  command->add_flag("--dry-run", options->dry_run, "Show what would be applied and how; change nothing");
  command->footer(
      "Rows, checksums and the lock are those of the history's own tool (Prisma, golang-migrate, sqlx, "
      "Diesel, "
      "goose, dbmate): either goes on where the other stopped. Stopped at any moment, the same command goes "
      "on "
      "or says what it found. It never asks.\n"
      "Exit codes: 0 everything wanted is applied; 1 a migration failed; 2 it could not run.\n\n"
      "Examples:\n"
      "  planner deploy\n"
      "  planner deploy prisma/migrations --database \"$DATABASE_URL\" --until 3_dual_write\n"
      "  planner deploy --dry-run");
  command->callback([options, &context] { run(*options, context); });
}

}  // namespace planner::commands
