#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "planner/error.h"
#include "planner/shell_word.h"
#include "src/commands/commands.h"
#include "src/commands/deploy_command.h"
#include "src/commands/deployer.h"
#include "src/commands/environments.h"
#include "src/commands/look.h"
#include "src/commands/select.h"
#include "src/database/prisma_table.h"
#include "src/database/url.h"
#include "src/project/files.h"
#include "src/report/terminal.h"

namespace planner::commands {
namespace {

struct Options {
  std::string name;
  std::optional<std::string> database;
  bool applied = false, rolled_back = false, anyway = false;
};

/// The migration in its service; `file` unset: only the database knows it.
struct Named {
  const project::Service* service = nullptr;
  std::optional<std::size_t> file;
  std::string name;
};

Named named(const project::Project& project, const std::string& name) {
  const std::vector<project::MigrationPlace> places = project::migrations_called(project.services, name);
  if (places.size() > 1)
    throw Error(fmt::format("\"{}\" is the name of {} migrations", name, places.size()),
                "give the whole name of its folder");
  if (!places.empty()) {
    const project::Service& service = project.services[places.front().service];
    return {&service, places.front().migration, service.folder.files[places.front().migration].name};
  }
  if (project.services.size() != 1)
    throw Error(fmt::format("no migration is called \"{}\" (P3017)", name),
                "check the name: `planner status` lists them");
  return {&project.services.front(), std::nullopt, name};
}

void say_looked(const Looked& looked, Context& context) {
  context.print(fmt::format("in the database: {}\n", described(looked)));
  for (const std::string& line : looked.there)
    context.print("  there:      " + report::printable(line) + "\n");
  for (const std::string& line : looked.not_there)
    context.print("  not there:  " + report::printable(line) + "\n");
}

void advise(const Looked& looked, const Named& what, Context& context) {
  switch (looked.effect) {
    case Effect::Applied:
      context.print(fmt::format("next: planner resolve {} --applied\n", shell_word(what.name)));
      break;
    case Effect::NotApplied:
      context.print(
          fmt::format("next: planner resolve {} --rolled-back, then planner deploy applies it again\n",
                      shell_word(what.name)));
      break;
    default:
      context.print(fmt::format(
          "Finish or undo by hand what is half done; then: planner resolve {} --applied, or --rolled-back\n",
          shell_word(what.name)));
  }
}

/// Does what was found speak against what was asked for?
bool speaks_against(const Looked& looked, const Options& options) {
  if (looked.effect == Effect::Half) return true;
  return options.applied ? looked.effect == Effect::NotApplied : looked.effect == Effect::Applied;
}

/// What the tool's table says of the migration.
struct Recorded {
  bool known = false, applied = false, unfinished = false;
  bool left_nothing = false;  ///< it was to be recorded in the transaction that did its work
  std::string logs;
};

Recorded recorded_of(const Environment& environment, const project::Service& service, const Named& what) {
  Recorded recorded;
  if (service.folder.layout == project::Layout::Prisma) {
    for (const PrismaRow& row : PrismaTable(*environment.session).rows()) {
      if (row.name != what.name) continue;
      recorded.known = true;
      recorded.applied = recorded.applied || row.applied();
      recorded.unfinished = recorded.unfinished || row.unfinished();
      if (row.unfinished()) recorded.left_nothing = row.all_or_nothing;
      if (row.unfinished() && row.logs) recorded.logs = *row.logs;
    }
  } else if (what.file) {
    const MigrationState state = environment.judged.files[*what.file].state;
    recorded.known = state != MigrationState::Pending;
    recorded.applied = state == MigrationState::Applied;
    recorded.unfinished = state == MigrationState::Failed;
  }
  return recorded;
}

/// A table of one number cannot say that a migration is applied and one before it is not.
void require_next_number(const Environment& environment, const project::Service& service, std::size_t file) {
  if (!environment.recorded.up_to && service.tool != Tool::GolangMigrate) return;
  for (std::size_t i = 0; i < file; ++i) {
    if (environment.judged.files[i].state == MigrationState::Applied) continue;
    throw Error(fmt::format("{} is recorded by its number alone, and {} before it is not applied: it would "
                            "count as applied too",
                            service.folder.files[file].name, service.folder.files[i].name),
                "begin with that one: planner resolve " + service.folder.files[i].name);
  }
}

void run(const Options& options, Context& context) {
  if (options.applied && options.rolled_back)
    throw Error("--applied and --rolled-back exclude each other", "give one of them");
  const project::Project project = project::open_project({});
  const Named what = named(project, options.name);
  const project::Service& service = *what.service;
  if (!is_deployable(service)) {
    throw Error(
        fmt::format("{}: planner does not write the table of a {} history; nothing was changed",
                    project::shown(service.folder.path), project::facts_of(service.folder.layout).name),
        "use the history's own tool");
  }
  const std::string url = database_url(options.database, service);
  Environment environment = open_environment({"", url}, service, {});
  Connection& session = *environment.session;
  require_primary(environment, "a migration be recorded");
  const DeployLock lock = deploy_lock_of(service.tool, session);
  if (!try_deploy_lock(session, lock)) {
    const std::optional<SessionSeen> holder = deploy_lock_holder(session, lock);
    throw Error(fmt::format("a deploy is running: {}", holder ? holder->described() : "it has just begun"),
                "wait until it has ended; it may be applying this very migration");
  }
  refresh(environment, service, {});

  const auto [known, applied, unfinished, left_nothing, logs] = recorded_of(environment, service, what);
  context.print(fmt::format("{}: {}\n", what.name,
                            unfinished ? "started and not finished"
                            : applied  ? "recorded as applied"
                            : known    ? "recorded as rolled back"
                                       : "not recorded"));
  if (!logs.empty()) {
    context.print(
        "  " +
        report::wrapped(report::printable(redact(logs.substr(0, 600))), context.out_style().width, 2, 2) +
        "\n");
  }
  if (options.applied && applied && !unfinished)
    throw Error(fmt::format("{} is already recorded as applied (P3008)", what.name),
                "nothing is to be resolved");
  if (options.applied && !what.file)
    throw Error(fmt::format("no migration is called \"{}\" (P3017)", what.name),
                "its file is needed for the checksum: restore it from version control");
  if (options.rolled_back && !known)
    throw Error(fmt::format("{} was never applied to this database (P3011)", what.name),
                "nothing is to be resolved");
  if (options.rolled_back && !unfinished)
    throw Error(fmt::format("{} is not in a failed state (P3012)", what.name), "nothing is to be resolved");

  Looked looked;
  if (what.file) {
    looked = look_for(environment, service, *what.file);
    say_looked(looked, context);
  } else {
    context.print("its file is not here: what it did cannot be looked for\n");
  }
  if (!options.applied && !options.rolled_back) {
    if (left_nothing) {
      context.print(
          "planner began it, and records it in the transaction that does its work: nothing of it is there\n");
      context.print(fmt::format("next: {}\n", deploy_command(service)));
    } else if (unfinished) {
      advise(looked, what, context);
    }
    context.exit_code = unfinished ? kExitFindings : kExitOk;
    return;
  }
  if (what.file && speaks_against(looked, options) && !options.anyway) {
    context.print(
        fmt::format("Not recorded: the database speaks against it. Look again, or add --anyway.\n"));
    context.exit_code = kExitFindings;
    return;
  }
  const std::unique_ptr<DeployTable> table = open_deploy_table(
      service.folder.layout == project::Layout::Prisma ? Tool::PrismaUnknown : service.tool, session);
  const MigrationIdentity identity =
      what.file ? identity_of_migration(service, *what.file,
                                        project::read_file(service.folder.files[*what.file].file))
                : MigrationIdentity{what.name, "", "", ""};
  if (options.applied) {
    require_next_number(environment, service, *what.file);
    if (!table->exists()) table->create();
    table->mark_applied(identity);
    context.print(fmt::format("{} is recorded as applied.\n", what.name));
  } else {
    table->roll_back(identity,
                     !what.file || *what.file == 0 ? "" : service.folder.files[*what.file - 1].version);
    context.print(
        fmt::format("{} is recorded as rolled back; the next deploy applies it again.\n", what.name));
  }
}

}  // namespace

void add_resolve(CLI::App& program, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand(
      "resolve", "Look at what a failed migration left, and record it as applied or rolled back");
  command->add_option("NAME", options->name, "The migration")->required();
  command->add_flag("--applied", options->applied,
                    "Its work is done: record it so (also to baseline a database)");
  command->add_flag("--rolled-back", options->rolled_back,
                    "Its work is undone: the next deploy applies it again");
  command->add_flag("--anyway", options->anyway, "Even if what is in the database speaks against it");
  command
      ->add_option("--database", options->database,
                   "The database; default: $DATABASE_URL, or the service's database_env")
      ->type_name("URL");
  command->footer(
      "Without --applied and --rolled-back it only looks. The rows are those that `prisma migrate resolve` "
      "writes, or those of the history's own tool.\n"
      "Exit codes: 0 recorded, or nothing to resolve; 1 undecided, or the database speaks against it; 2 it "
      "could not run.\n\n"
      "Examples:\n"
      "  planner resolve 20240102000000_add_email\n"
      "  planner resolve 20240102000000_add_email --rolled-back\n"
      "  planner resolve 20230101000000_init --applied --database \"$PRODUCTION_URL\"");
  command->callback([options, &context] { run(*options, context); });
}

}  // namespace planner::commands
