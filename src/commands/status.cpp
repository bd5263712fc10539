#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "planner/error.h"
#include "planner/own_names.h"
#include "planner/shell_word.h"
#include "src/commands/commands.h"
#include "src/commands/deploy_command.h"
#include "src/commands/environments.h"
#include "src/commands/gates.h"
#include "src/commands/neighbours.h"
#include "src/commands/pending_risks.h"
#include "src/database/leftovers.h"
#include "src/database/url.h"
#include "src/project/files.h"
#include "src/project/plan_files.h"
#include "src/project/release.h"
#include "src/report/status_report.h"
#include "version.h"

namespace planner::commands {
namespace {

struct Options {
  std::vector<std::string> paths, databases;
  std::string format = "text";
  bool all = false;
};

/// What is known about a service without asking any database.
struct Known {
  const project::Service* service = nullptr;
  std::vector<std::string> texts;
  std::vector<project::StoredPlan> plans;
  Neighbours others;
};

std::vector<project::StoredPlan> plans_of(const project::Service& service, std::vector<std::string>& notes) {
  std::vector<project::StoredPlan> plans;
  for (const project::fs::path& folder : project::plans_in(service.plans)) {
    try {
      plans.push_back(project::load_plan(folder));
    } catch (const Error& error) {
      notes.push_back(error.what());
    }
  }
  return plans;
}

/// Plan and phase of every file that is a released phase.
std::map<std::size_t, std::pair<std::string, std::string>> phases_among(const Known& known) {
  std::map<std::size_t, std::pair<std::string, std::string>> phases;
  for (const project::StoredPlan& stored : known.plans) {
    for (const Phase& phase : stored.plan.phases) {
      if (const auto index = project::released_as(*known.service, stored.plan, phase))
        phases[*index] = {stored.plan.name, phase.folder};
    }
  }
  return phases;
}

std::string state_word(const Environment& environment, const JudgedFile& file) {
  if (file.edited) return "edited";
  switch (file.state) {
    case MigrationState::Applied:
      return "applied";
    case MigrationState::RolledBack:
      return "rolled-back";
    case MigrationState::Failed:
      return is_running(environment, *file.record) ? "running" : "failed";
    case MigrationState::Pending:
      break;
  }
  return "pending";
}

void fill(report::StatusMigration& migration, const RecordedMigration* record) {
  if (record == nullptr) return;
  migration.started_at = record->started_at;
  migration.finished_at = record->finished_at;
  if (migration.state == "failed") migration.logs = redact(record->logs);
}

std::vector<report::StatusMigration> migrations_of(const Known& known, const Environment& environment) {
  const auto phases = phases_among(known);
  std::vector<report::StatusMigration> migrations;
  for (std::size_t i = 0; i < environment.judged.files.size(); ++i) {
    report::StatusMigration migration;
    migration.name = known.service->folder.files[i].name;
    migration.state = state_word(environment, environment.judged.files[i]);
    fill(migration, environment.judged.files[i].record);
    if (const auto phase = phases.find(i); phase != phases.end())
      std::tie(migration.plan, migration.phase) = phase->second;
    migrations.push_back(std::move(migration));
  }
  for (const RecordedMigration* record : environment.judged.missing) {
    if (known.others.migrations.count(record->name) > 0) continue;
    report::StatusMigration migration;
    migration.name = record->name.empty() ? record->version : record->name;
    migration.state = record->state == RecordedState::Failed
                          ? (is_running(environment, *record) ? "running" : "failed")
                          : "missing";
    fill(migration, record);
    migrations.push_back(std::move(migration));
  }
  return migrations;
}

bool plan_names(const Plan& plan, const Identifier& name) {
  return std::any_of(plan.phases.begin(), plan.phases.end(), [&](const Phase& phase) {
    return phase.migration.str().find(quoted(name)) != std::string::npos;
  });
}

/// Something of the plan is in the database, and something is not yet.
bool under_way(const report::StatusPlan& plan) {
  const auto applied =
      std::count_if(plan.phases.begin(), plan.phases.end(),
                    [](const report::StatusPhase& phase) { return phase.state == "applied"; });
  const bool begun = applied > 0 || std::any_of(plan.phases.begin(), plan.phases.end(),
                                                [](const report::StatusPhase& phase) {
                                                  return phase.state == "failed" || phase.state == "running";
                                                });
  return begun && static_cast<std::size_t>(applied) < plan.phases.size();
}

std::string kind_word(LeftObject::Kind kind) {
  switch (kind) {
    case LeftObject::Kind::InvalidIndex:
      return "invalid-index";
    case LeftObject::Kind::BuildingIndex:
      return "building-index";
    case LeftObject::Kind::NotValidConstraint:
      return "not-valid-constraint";
    case LeftObject::Kind::PlannerObject:
      break;
  }
  return "planner-object";
}

std::vector<report::StatusObject> objects_of(const Known& known, Environment& environment,
                                             const std::vector<report::StatusPlan>& plans) {
  std::vector<report::StatusObject> objects;
  for (const LeftObject& left : unfinished_objects(*environment.session)) {
    // Another service's plan needs it, or that service's own status says that it is left over.
    if (std::any_of(known.others.plans.begin(), known.others.plans.end(),
                    [&](const project::StoredPlan& other) { return plan_names(other.plan, left.name); }))
      continue;
    report::StatusObject object;
    object.kind = kind_word(left.kind);
    object.type = left.type;
    object.name = left.name.str();
    object.table = left.table.name.empty() ? "" : display(left.table);
    object.remove = left.remove;
    for (std::size_t i = 0; i < plans.size(); ++i) {
      if (!plan_names(known.plans[i].plan, left.name)) continue;
      (under_way(plans[i]) ? object.plan : object.left_by) = plans[i].name;
    }
    object.leftover = left.kind == LeftObject::Kind::PlannerObject && object.plan.empty();
    // A constraint of planner's that nobody works on appears once, as what it is: left over.
    if (left.kind == LeftObject::Kind::NotValidConstraint && is_planners(left.name)) continue;
    objects.push_back(std::move(object));
  }
  // From top to bottom they can be removed: triggers and constraints call functions.
  const auto rank = [](const report::StatusObject& object) {
    return !object.leftover ? 0 : object.type == "trigger" ? 1 : object.type == "constraint" ? 2 : 3;
  };
  std::stable_sort(objects.begin(), objects.end(),
                   [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  return objects;
}

std::vector<report::StatusPlan> plan_states(const Known& known, const Environment* environment) {
  std::vector<report::StatusPlan> plans;
  for (const project::StoredPlan& stored : known.plans) {
    report::StatusPlan plan;
    plan.name = stored.plan.name;
    plan.folder = project::shown(stored.folder);
    plan.edited = stored.edited;
    for (const Phase& phase : stored.plan.phases) {
      report::StatusPhase state;
      state.folder = phase.folder;
      state.kind = std::string(phase_name(phase.kind));
      state.title = phase.title;
      state.window = std::string(window_name(phase.window));
      state.reversible = phase.reversible;
      const std::optional<std::size_t> index = project::released_as(*known.service, stored.plan, phase);
      if (index) state.migration = known.service->folder.files[*index].name;
      if (environment != nullptr) {
        state.state =
            std::string(phase_state_name(phase_state(*environment, *known.service, stored.plan, phase)));
        if (index && environment->judged.files[*index].record != nullptr)
          state.finished_at = environment->judged.files[*index].record->finished_at;
      } else {
        state.state = index ? "released" : "waiting";
      }
      plan.phases.push_back(std::move(state));
    }
    plans.push_back(std::move(plan));
  }
  return plans;
}

/// What was filled before its phase was taken back says nothing about the next time.
bool is_taken_back(const Known& known, const BackfillProgress& progress) {
  for (const project::StoredPlan& stored : known.plans) {
    for (const Phase& phase : stored.plan.phases) {
      if (stored.plan.name == progress.plan && phase.folder == progress.phase)
        return !project::find_phase(*known.service, stored.plan, phase).way_back.empty();
    }
  }
  return false;
}

void add_backfills(const Known& known, Environment& environment, std::vector<report::StatusPlan>& plans) {
  for (const BackfillProgress& progress : backfills_in(*environment.session)) {
    for (report::StatusPlan& plan : plans) {
      if (plan.name != progress.plan) continue;
      if (!progress.alive && is_taken_back(known, progress)) continue;
      report::StatusBackfill backfill;
      backfill.phase = progress.phase;
      backfill.relation = progress.relation;
      backfill.way = progress.way;
      backfill.state =
          progress.state == "running" && !progress.alive && !environment.standby ? "stopped" : progress.state;
      backfill.reason = progress.reason;
      backfill.updated_at = progress.updated_at;
      backfill.rows_done = progress.rows_done;
      backfill.rows_left = std::max(
          0LL, static_cast<long long>(static_cast<double>(progress.rows_total) * (1 - progress.share)));
      backfill.share = progress.share;
      backfill.rows_per_second = progress.rows_per_second;
      backfill.seconds_left = progress.seconds_left;
      plan.backfills.push_back(std::move(backfill));
    }
  }
}

const report::StatusMigration* first_in(const report::StatusEnvironment& environment,
                                        std::string_view state) {
  for (const report::StatusMigration& migration : environment.migrations) {
    if (migration.state == state) return &migration;
  }
  return nullptr;
}

/// Deploying applies everything that is pending, so the riskiest of it decides. Phases of plans and their
/// ways back are what the risk was taken out of.
bool say_risk(const Known& known, const project::Config& config, Environment& database,
              report::StatusEnvironment& environment) {
  std::vector<bool> judged(known.service->folder.files.size(), true);
  for (const auto& [file, phase] : phases_among(known)) judged[file] = false;
  for (std::size_t i = 0; i < judged.size(); ++i) {
    const std::string& name = known.service->folder.files[i].name;
    if (std::any_of(known.plans.begin(), known.plans.end(), [&](const project::StoredPlan& stored) {
          return project::taken_back_by(stored.plan, name) != nullptr;
        }))
      judged[i] = false;
  }
  const std::optional<PendingRisk> risk = first_risk(database, *known.service, config, judged);
  if (!risk) return false;
  environment.situation = report::Situation::PendingRisk;
  environment.next = fmt::format("planner {} {}", risk->splits ? "split" : "analyze", risk->migration);
  environment.next_why = fmt::format("{} is pending, and a deploy would run it as it is written: {}",
                                     risk->migration, risk->message);
  return true;
}

/// Nothing is left to deploy or release; what differs from what was written is still to be put right.
bool say_difference(report::StatusEnvironment& environment) {
  using report::Situation;
  for (const report::StatusPlan& plan : environment.plans) {
    if (plan.edited.empty()) continue;
    environment.situation = Situation::PlanEdited;
    environment.next_why = fmt::format(
        "files of plan {} are not as planner wrote them: restore them from version control, or look at them "
        "and go on with planner next {} --accept-edits",
        plan.name, shell_word(plan.name));
    return true;
  }
  if (const auto* edited = first_in(environment, "edited")) {
    environment.situation = Situation::Edited;
    environment.next_why = fmt::format(
        "restore {} from version control: the database applied another text; what is to change belongs into "
        "a new migration",
        edited->name);
    return true;
  }
  if (const auto* missing = first_in(environment, "missing")) {
    environment.situation = Situation::Missing;
    environment.next_why = fmt::format(
        "restore {}, or merge the branch it came from: the database applied it, and the folder does not have "
        "it",
        missing->name);
    return true;
  }
  for (const report::StatusObject& object : environment.objects) {
    if (!object.leftover) continue;
    environment.situation = Situation::LeftOver;
    environment.next_why =
        object.left_by.empty()
            ? "if no other repository works on this database, remove what is said to be left, from top to "
              "bottom"
            : "remove what is said to be left over, from top to bottom: no plan needs it any more";
    return true;
  }
  return false;
}

/// One step, and only one that is safe now.
void say_next(const Known& known, const project::Config& config, Environment& database,
              report::StatusEnvironment& environment) {
  using report::Situation;
  environment.situation = Situation::Done;
  if (environment.standby) {
    environment.situation = Situation::Standby;
    environment.next_why = "this database is a read-only standby: look at the primary, where deploys go";
    return;
  }
  if (!environment.deployer.empty()) {
    environment.situation = Situation::DeployRunning;
    environment.next_why = "wait: a deploy is running; nothing is to be started beside it";
    return;
  }
  if (const auto* failed = first_in(environment, "failed")) {
    const bool way_back =
        std::any_of(known.plans.begin(), known.plans.end(), [&](const project::StoredPlan& stored) {
          return project::taken_back_by(stored.plan, failed->name) != nullptr;
        });
    const bool mends = is_deployable(*known.service);
    if (mends && (way_back || !failed->phase.empty())) {
      environment.situation = Situation::FailedPhase;
      environment.next = planner_deploy_command(*known.service);
      environment.next_why =
          fmt::format("{} is a phase{} of a plan: planner looks at what it left and goes on from there",
                      failed->name, way_back ? "'s way back" : "");
    } else if (!mends) {
      environment.situation = Situation::FailedMigration;
      environment.next_why = fmt::format("{} failed: {}", failed->name, mending_of(*known.service));
    } else {
      environment.situation = Situation::FailedMigration;
      environment.next = "planner resolve " + shell_word(failed->name);
      environment.next_why = fmt::format(
          "it looks at the database and says whether the failed migration took effect; every deploy is "
          "refused until then{}",
          known.service->folder.layout == project::Layout::Prisma ? " (P3009)" : "");
    }
    return;
  }
  for (const project::StoredPlan& stored : known.plans) {
    for (const Phase& phase : stored.plan.phases) {
      if (!project::is_way_back_cut_short(*known.service, stored, phase)) continue;
      environment.situation = Situation::WayBackCutShort;
      environment.next = "planner rollback " + shell_word(stored.plan.name);
      environment.next_why = fmt::format(
          "the way back of {} is several migrations, and not all of them are in the history: the run that "
          "wrote them was stopped",
          phase.folder);
      return;
    }
  }
  for (const report::StatusObject& object : environment.objects) {
    if (object.kind != "invalid-index" || !object.plan.empty() || object.remove.empty()) continue;
    environment.situation = Situation::InvalidIndex;
    environment.next = object.remove;
    environment.next_why = "the index costs every write and serves no query; build it again afterwards";
    return;
  }
  if (first_in(environment, "pending") != nullptr || first_in(environment, "rolled-back") != nullptr) {
    if (say_risk(known, config, database, environment)) return;
    environment.situation = Situation::Pending;
    environment.next = deploy_command(*known.service);
    return;
  }
  for (std::size_t i = 0; i < environment.plans.size(); ++i) {
    const report::StatusPlan& plan = environment.plans[i];
    if (!plan.edited.empty()) continue;
    for (std::size_t p = 0; p < plan.phases.size(); ++p) {
      const report::StatusPhase& phase = plan.phases[p];
      if (phase.state != "waiting") continue;
      if (needs_release(known.plans[i].plan, p)) {
        environment.situation = Situation::ReleaseNeeded;
        environment.next = fmt::format("planner gate {} {}", shell_word(plan.name), shell_word(phase.folder));
        environment.next_why =
            fmt::format("{} Then: planner next {} --deployed RELEASE",
                        known.plans[i].plan.phases[p].deploy_before, shell_word(plan.name));
      } else {
        environment.situation = Situation::PhaseReady;
        environment.next = "planner next " + shell_word(plan.name);
        environment.next_why = fmt::format("releases {}: {}", phase.folder, phase.title);
      }
      return;
    }
  }
  if (!say_difference(environment)) environment.next_why = "nothing is to be done";
}

report::StatusEnvironment look(const NamedUrl& url, const Known& known, const project::Config& config) {
  report::StatusEnvironment status;
  status.name = url.name.empty() ? parse_database_url(url.url).described() : url.name;
  try {
    Environment environment = open_environment(url, *known.service, known.texts);
    status.standby = environment.standby;
    status.table = environment.recorded.table;
    status.table_exists = environment.recorded.exists;
    if (environment.unrecorded) {
      status.note = "nothing records what was applied: this is told from what the database holds";
      for (const std::string& name : environment.untold)
        status.note += fmt::format(
            "{} {}",
            name == environment.untold.front() ? "; not to be told, because only rows are changed:" : ",",
            name);
    }
    if (environment.deployer) status.deployer = environment.deployer->described();
    status.migrations = migrations_of(known, environment);
    status.plans = plan_states(known, &environment);
    add_backfills(known, environment, status.plans);
    status.objects = objects_of(known, environment, status.plans);
    say_next(known, config, environment, status);
  } catch (const Error& error) {
    status.error =
        redact(error.hint.empty() ? error.what() : std::string(error.what()) + " (" + error.hint + ")");
  }
  return status;
}

report::StatusEnvironment look_at_files(const Known& known) {
  report::StatusEnvironment status;
  status.plans = plan_states(known, nullptr);
  for (const auto& [file, phase] : phases_among(known)) {
    report::StatusMigration migration;
    migration.name = known.service->folder.files[file].name;
    migration.state = "pending";
    std::tie(migration.plan, migration.phase) = phase;
    status.migrations.push_back(std::move(migration));
  }
  status.situation = report::Situation::NoDatabase;
  status.next_why = fmt::format("name a database to see more: planner status --database URL, or set ${}",
                                known.service->database_env);
  return status;
}

/// A phase is released for every environment at once: none is, before the one in front of it is applied in
/// all of them. And a command that is copied must reach the databases that were looked at.
void mind_the_others(report::StatusService& service, const std::vector<NamedUrl>& given, bool deploys) {
  using report::Situation;
  if (given.size() < 2) return;
  std::string databases;
  for (const NamedUrl& url : given)
    databases += fmt::format(" --database {}URL", url.name.empty() ? "" : url.name + "=");
  for (report::StatusEnvironment& environment : service.environments) {
    if (deploys &&
        (environment.situation == Situation::Pending || environment.situation == Situation::FailedPhase))
      environment.next += " --database URL";
    if (environment.situation != Situation::PhaseReady && environment.situation != Situation::ReleaseNeeded)
      continue;
    const auto behind = [&](const report::StatusEnvironment& other) -> const report::StatusPhase* {
      for (std::size_t plan = 0; plan < std::min(environment.plans.size(), other.plans.size()); ++plan) {
        const auto& phases = environment.plans[plan].phases;
        for (std::size_t i = 0; i < phases.size(); ++i) {
          if (phases[i].state == "applied" && other.plans[plan].phases[i].state != "applied")
            return &other.plans[plan].phases[i];
        }
      }
      return nullptr;
    };
    const auto slow = std::find_if(service.environments.begin(), service.environments.end(),
                                   [&](const report::StatusEnvironment& other) {
                                     return other.error.empty() && behind(other) != nullptr;
                                   });
    if (slow != service.environments.end()) {
      environment.next_why =
          fmt::format("wait: {} is not applied in {} yet", behind(*slow)->folder, slow->name);
      environment.next.clear();
    } else {
      environment.next += databases;
    }
  }
}

void run(const Options& options, Context& context) {
  if (options.format != "text" && options.format != "json")
    throw Error(fmt::format("--format does not know \"{}\"", options.format), "use text or json");
  const project::Project project = project::open_project(options.paths);
  const std::vector<NamedUrl> given = named_urls(options.databases);
  report::StatusReport report;
  report.version = kPlannerVersion;
  report.every_migration = options.all;
  bool unreadable = false;
  for (const project::Service& service : project.services) {
    report::StatusService status;
    status.name = service.name;
    status.folder = project::shown(service.folder.path);
    status.layout = std::string(project::facts_of(service.folder.layout).name);
    status.tool = std::string(tool_name(service.tool));
    for (const Finding& finding : service.folder.findings) status.notes.push_back(finding.message);
    Known known;
    known.service = &service;
    known.texts = texts_on_disk(service);
    known.plans = plans_of(service, status.notes);
    known.others = neighbours_of(project, service);
    for (const NamedUrl& url : urls_for(given, service)) {
      status.environments.push_back(look(url, known, project.config));
      unreadable = unreadable || !status.environments.back().error.empty();
    }
    if (status.environments.empty()) status.environments.push_back(look_at_files(known));
    mind_the_others(status, given, service.folder.layout == project::Layout::Prisma);
    report.services.push_back(std::move(status));
  }
  if (options.format == "json") {
    context.write(report::status_as_json(report));
  } else {
    context.print(report::status_as_text(report, context.out_style()));
  }
  context.exit_code = unreadable ? kExitError : report::needs_attention(report) ? kExitFindings : kExitOk;
}

}  // namespace

void add_status(CLI::App& program, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand(
      "status", "Show where every migration and plan stands in each database, and the next safe step");
  command->add_option("PATH", options->paths,
                      "Repository or migrations folder; default: planner.toml's services, else every history "
                      "below the current folder");
  add_database_option(*command, options->databases);
  command->add_option("--format", options->format, "text (default) or json")->type_name("NAME");
  command->add_flag("--all", options->all, "List every migration, the applied ones too");
  command->footer(
      "It only looks; no lock is taken.\n"
      "Exit codes: 0 everything is applied and clean; 1 something is pending, failed, edited, missing or "
      "left over; 2 it could not run.\n\n"
      "Examples:\n"
      "  planner status\n"
      "  planner status --database staging=$STAGING_URL --database production=$PRODUCTION_URL\n"
      "  planner status services/billing --format json");
  command->callback([options, &context] { run(*options, context); });
}

}  // namespace planner::commands
