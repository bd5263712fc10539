#include "src/commands/select.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <iterator>

#include "planner/error.h"
#include "src/commands/migration_states.h"
#include "src/database/connection.h"
#include "src/database/history_table.h"
#include "src/database/url.h"
#include "src/project/files.h"
#include "src/project/git.h"
#include "src/project/history_checks.h"
#include "src/project/plan_files.h"
#include "src/project/release.h"

namespace planner::commands {
namespace {

std::string failed_warning(const std::string& name, const project::Service& service,
                           const RecordedMigration& record, const RecordedHistory& recorded) {
  if (recorded.up_to)
    return fmt::format("the database is marked dirty at version {}: it failed there", record.version);
  if (service.folder.layout != project::Layout::Prisma)
    return fmt::format("{} failed in the database; it is judged as pending", name);
  return fmt::format(
      "{} was started in the database and never finished: it failed, was killed or is running; it is judged "
      "as pending. Every later "
      "deploy stops (P3009) until it is resolved: `planner status` says more",
      name);
}

void mark(SelectedService& selected, const std::vector<bool>& pending) {
  for (std::size_t i = 0; i < pending.size(); ++i) selected.loaded.history.migrations[i].pending = pending[i];
}

void mark_all(SelectedService& selected) {
  mark(selected, std::vector<bool>(selected.loaded.history.migrations.size(), true));
  selected.every = true;
}

std::string choice(const SelectedService& selected, const std::string& why) {
  const auto& migrations = selected.loaded.history.migrations;
  const auto judged = std::count_if(migrations.begin(), migrations.end(),
                                    [](const Migration& migration) { return migration.pending; });
  return fmt::format("judging {} of {} migrations in {}: {}", judged, migrations.size(),
                     project::shown(selected.service.folder.path), why);
}

/// Released phases of plans are planner's own work, proven when the plan was made; judging them again would
/// only report the locks they take on purpose. One that was edited since is judged like any other.
void leave_out_phases(SelectedService& selected, Context& context) {
  std::size_t left_out = 0;
  for (const project::fs::path& folder : project::plans_in(selected.service.plans)) {
    const project::StoredPlan stored = project::load_plan(folder);
    for (const Phase& phase : stored.plan.phases) {
      const std::optional<std::size_t> index = project::released_as(selected.service, stored.plan, phase);
      if (!index || !selected.loaded.history.migrations[*index].pending) continue;
      if (!project::is_released_text(selected.service, stored, phase, *index)) {
        context.warn(fmt::format(
            "{} is phase {} of plan {}, edited since planner wrote it: it is judged like any other migration",
            selected.service.folder.files[*index].name, phase.folder, stored.plan.name));
        continue;
      }
      selected.loaded.history.migrations[*index].pending = false;
      ++left_out;
    }
  }
  if (left_out > 0)
    selected.reason += fmt::format("; {} left out", report::counted(left_out, "released phase"));
}

/// What the base has is taken as deployed: it must not be edited, removed, renamed or overtaken.
void find_base_faults(SelectedService& selected, const project::GitRepository& repository,
                      const std::string& ref, const project::NewOnes& fresh) {
  selected.findings = project::check_against_base(selected.service, repository, ref, fresh);
  for (Finding& finding : project::check_order(selected.service, fresh.is_new, ref))
    selected.findings.push_back(std::move(finding));
}

/// Nothing was asked for: what is new on this branch, where git can tell.
void choose_by_default(SelectedService& selected, const project::Config& config) {
  std::string why_not;
  const std::optional<project::GitRepository> repository =
      project::git_repository(selected.service.folder.path, &why_not);
  if (!repository) {
    mark_all(selected);
    selected.reason = choice(selected, fmt::format("all, because {}", why_not));
    return;
  }
  const std::optional<std::string> branch =
      config.base.empty() ? project::default_branch(*repository) : std::optional(config.base);
  if (!branch) {
    mark_all(selected);
    selected.reason = choice(
        selected,
        repository->shallow
            ? "all, because the clone is shallow and holds no other branch to compare with (`git fetch "
              "--depth=1 origin main:refs/remotes/origin/main`, then --base origin/main)"
            : "all, because git has no default branch here to compare with (--base names one)");
    return;
  }
  const project::NewOnes fresh = project::new_against(*repository, *branch, selected.service);
  mark(selected, fresh.is_new);
  find_base_faults(selected, *repository, *branch, fresh);
  const bool none = std::find(fresh.is_new.begin(), fresh.is_new.end(), true) == fresh.is_new.end();
  selected.reason = choice(
      selected, fmt::format("new against {}{}", fresh.described, none ? " (--all judges every one)" : ""));
}

}  // namespace

void add_selection_options(CLI::App& command, SelectionOptions& options) {
  command.add_option("PATH", options.paths,
                     "Repository, migrations folder, migration or name of a migration; default: "
                     "planner.toml's services, else every history below the current folder");
  command
      .add_option("--database", options.database,
                  "Judge what is pending in this database; without a URL: in $DATABASE_URL")
      ->expected(0, 1)
      ->type_name("[URL]");
  command.add_option("--base", options.base, "Judge what is new against this branch, tag or commit")
      ->type_name("REF");
  command.add_flag("--all", options.all, "Judge every migration");
}

void settle(SelectionOptions& options) {
  if (!options.database || options.database->empty()) return;
  const bool is_url =
      options.database->find("://") != std::string::npos || options.database->find('=') != std::string::npos;
  if (is_url) return;
  options.paths.insert(options.paths.begin(), *options.database);
  options.database = "";
}

std::string database_url(const std::optional<std::string>& given, const project::Service& service) {
  if (given && !given->empty()) return *given;
  if (std::optional<std::string> url = environment(service.database_env)) return *url;
  throw Error(fmt::format("no database was named: there is no --database URL and ${} is not set",
                          service.database_env),
              "write --database postgresql://..., or set the variable");
}

PendingOnes pending_in_database(const std::string& url, const project::Service& service,
                                const project::LoadedHistory& loaded) {
  Connection connection(url);
  const RecordedHistory recorded = read_recorded_history(connection, service.tool);
  PendingOnes answer;
  answer.described = fmt::format("pending in {}", parse_database_url(url).described());
  if (!recorded.exists) {
    answer.described += fmt::format(" (which has no {}: nothing was applied by this tool)", recorded.table);
  }
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < loaded.shown.size(); ++i) {
    texts.push_back(loaded.shown[i].empty() ? loaded.history.migrations[i].text : loaded.shown[i]);
  }
  const JudgedHistory judged = judge_history(recorded, service, texts);
  for (std::size_t i = 0; i < judged.files.size(); ++i) {
    const std::string& name = service.folder.files[i].name;
    answer.pending.push_back(judged.files[i].state != MigrationState::Applied);
    if (judged.files[i].state == MigrationState::Failed)
      answer.warnings.push_back(failed_warning(name, service, *judged.files[i].record, recorded));
    if (judged.files[i].edited)
      answer.findings.push_back(project::edited_after_applied(service.folder.files[i], "the database"));
  }
  for (const RecordedMigration* missing : judged.missing) {
    if (missing->name.empty() || missing->state != RecordedState::Applied) continue;
    answer.findings.push_back(project::missing_here(service, missing->name, "the database"));
  }
  if (recorded.exists) {
    for (Finding& finding : project::check_order(service, answer.pending, "the database"))
      answer.findings.push_back(std::move(finding));
  }
  return answer;
}

Selection select_migrations(SelectionOptions options, Context& context) {
  settle(options);
  const int ways = static_cast<int>(options.database.has_value()) + static_cast<int>(!options.base.empty()) +
                   static_cast<int>(options.all);
  if (ways > 1) throw Error("--database, --base and --all exclude each other", "give one of them");

  project::Project project;
  if (options.unsaved) {
    if (ways > 0 || !options.paths.empty())
      throw Error("--stdin judges one file", "leave out --database, --base, --all and paths");
    project = project::open_project_around(*options.unsaved,
                                           std::string(std::istreambuf_iterator<char>(std::cin), {}));
  } else {
    project = project::open_project(options.paths);
  }
  if (!project.named.empty() && (!options.base.empty() || options.all)) {
    throw Error(
        fmt::format("{} cannot be combined with the name of a migration", options.all ? "--all" : "--base"),
        "give one of them");
  }
  Selection selection;
  selection.config = project.config;
  if (options.database && !options.database->empty() && project.services.size() > 1 &&
      project.named.empty()) {
    throw Error(
        fmt::format("one database URL was given, but {} histories were found", project.services.size()),
        "name the migrations folder it belongs to, or give --database bare and let planner.toml say "
        "`database_env` for each service");
  }
  for (std::size_t s = 0; s < project.services.size(); ++s) {
    std::vector<std::size_t> named;
    for (const project::MigrationPlace& place : project.named) {
      if (place.service == s) named.push_back(place.migration);
    }
    if (!project.named.empty() && named.empty()) continue;

    SelectedService selected;
    selected.service = std::move(project.services[s]);
    selected.loaded = project::load_history(selected.service);
    const std::size_t size = selected.loaded.history.migrations.size();
    if (!named.empty()) {
      std::vector<bool> pending(size, false);
      for (const std::size_t index : named) pending[index] = true;
      mark(selected, pending);
      selected.reason = choice(selected, options.unsaved ? "standard input" : "named");
    } else if (options.database) {
      const PendingOnes pending = pending_in_database(database_url(options.database, selected.service),
                                                      selected.service, selected.loaded);
      mark(selected, pending.pending);
      selected.reason = choice(selected, pending.described);
      for (const std::string& warning : pending.warnings) context.warn(warning);
      selected.findings = pending.findings;
    } else if (!options.base.empty()) {
      std::string why_not;
      const std::optional<project::GitRepository> repository =
          project::git_repository(selected.service.folder.path, &why_not);
      if (!repository)
        throw Error(fmt::format("--base {}: {}", options.base, why_not),
                    "name the migrations, or use --all or --database");
      const project::NewOnes fresh = project::new_against(*repository, options.base, selected.service);
      mark(selected, fresh.is_new);
      selected.reason = choice(selected, fmt::format("new against {}", fresh.described));
      find_base_faults(selected, *repository, options.base, fresh);
    } else if (options.all) {
      mark_all(selected);
      selected.reason = choice(selected, "all");
    } else {
      choose_by_default(selected, project.config);
    }
    if (named.empty()) {
      leave_out_phases(selected, context);
      std::vector<bool> pending;
      for (const Migration& migration : selected.loaded.history.migrations)
        pending.push_back(migration.pending);
      for (Finding& finding : project::check_names(selected.service, pending))
        selected.findings.push_back(std::move(finding));
    }
    if (!options.reports_history) {
      for (const Finding& finding : selected.findings) {
        if (finding.severity >= Severity::Warning) context.warn(finding.message);
      }
    }
    context.say(selected.reason);
    selection.services.push_back(std::move(selected));
    for (const project::MigrationPlace& place : project.named) {
      if (place.service == s) selection.named.push_back({selection.services.size() - 1, place.migration});
    }
  }
  return selection;
}

}  // namespace planner::commands
