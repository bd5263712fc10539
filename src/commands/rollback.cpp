#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ctime>
#include <memory>

#include "planner/error.h"
#include "planner/shell_word.h"
#include "src/commands/commands.h"
#include "src/commands/deploy_command.h"
#include "src/commands/deployer.h"
#include "src/commands/interrupt.h"
#include "src/commands/look.h"
#include "src/commands/plan_choice.h"
#include "src/database/prisma_table.h"
#include "src/project/evidence.h"
#include "src/project/files.h"
#include "src/project/release.h"
#include "src/report/terminal.h"

namespace planner::commands {
namespace {

struct Options {
  std::string plan, to, deployed;
  std::vector<std::string> databases;
  bool now = false, dry_run = false, restore = false;
};

struct Seat {
  ChosenPlan chosen;
  std::vector<std::string> texts;
  std::vector<Environment> environments;

  const Plan& plan() const { return chosen.stored.plan; }
  const project::Service& service() const { return chosen.service(); }
};

/// Some phase or way back of it: a database may have applied it.
bool is_in_history(const Plan& plan, const project::Service& service) {
  const std::vector<project::MigrationFile>& files = service.folder.files;
  return std::any_of(files.begin(), files.end(), [&](const project::MigrationFile& file) {
    return project::phase_released_as(plan, file.name) != nullptr ||
           std::any_of(plan.phases.begin(), plan.phases.end(),
                       [&](const Phase& phase) { return project::is_way_back(plan, phase, file.name); });
  });
}

Seat open_seat(const Options& options) {
  Seat seat;
  seat.chosen = choose_plan(options.plan);
  project::require_unedited(seat.chosen.stored);
  if (options.now) require_deployable(seat.service());
  seat.texts = texts_on_disk(seat.service());
  for (const NamedUrl& url : urls_for(named_urls(options.databases), seat.service())) {
    seat.environments.push_back(open_environment(url, seat.service(), seat.texts));
    require_primary(seat.environments.back(), "be seen what is to be taken back");
  }
  if (seat.environments.empty() && is_in_history(seat.plan(), seat.service())) {
    throw Error("what is applied decides how a phase is taken back: a database is needed",
                fmt::format("name each environment: --database postgresql://..., or set ${}",
                            seat.service().database_env));
  }
  return seat;
}

/// Phases that are in the history, newest first, down to the one that is to stay. One whose way back a
/// stopped run wrote in part is among them.
std::vector<std::size_t> phases_to_undo(const Seat& seat, const std::string& to) {
  const auto& phases = seat.plan().phases;
  std::vector<std::size_t> released;
  for (std::size_t i = phases.size(); i-- > 0;) {
    if (project::released_as(seat.service(), seat.plan(), phases[i]) ||
        project::is_way_back_cut_short(seat.service(), seat.chosen.stored, phases[i]))
      released.push_back(i);
  }
  if (released.empty()) return released;
  if (to.empty()) return {released.front()};
  if (to == "start") return released;
  const auto stays = std::find_if(phases.begin(), phases.end(), [&](const Phase& phase) {
    return phase.folder == to ||
           (phase.part.empty() && (phase_name(phase.kind) == to || std::to_string(phase.number) == to));
  });
  if (stays == phases.end()) {
    std::string known;
    for (const Phase& phase : phases) known += phase.folder + ", ";
    throw Error(fmt::format("{} has no phase \"{}\"", seat.plan().name, to),
                "its phases: " + known + "or start");
  }
  const auto index = static_cast<std::size_t>(stays - phases.begin());
  std::erase_if(released, [&](std::size_t phase) { return phase <= index; });
  return released;
}

/// Throws Error unless the phase may be taken back everywhere.
void require_possible(const Seat& seat, std::size_t index, const Options& options) {
  const Phase& phase = seat.plan().phases[index];
  bool applied_somewhere = false;
  for (const Environment& environment : seat.environments) {
    const PhaseState state = phase_state(environment, seat.service(), seat.plan(), phase);
    if (state == PhaseState::Running)
      throw Error(fmt::format("{}: {} is being applied now", environment.name, phase.folder),
                  "wait until it has ended");
    applied_somewhere = applied_somewhere || state == PhaseState::Applied || state == PhaseState::Failed;
  }
  if (applied_somewhere && !phase.reversible) {
    throw Error(fmt::format("{} cannot be taken back: {}", phase.folder,
                            phase.reverse_note.empty() ? "what it removed is gone" : phase.reverse_note),
                "restore a backup beside the database if the rows are needed");
  }
  const Window before = index == 0 ? Window::OldRelease : seat.plan().phases[index - 1].window;
  if (applied_somewhere && phase.window != Window::OldRelease && before == Window::OldRelease &&
      options.deployed.empty() && phase.kind != PhaseKind::Index && phase.kind != PhaseKind::Validate &&
      phase.kind != PhaseKind::Backfill) {
    throw Error(
        fmt::format("before {} only the old release may run, and nobody has said that it is deployed again",
                    phase.folder),
        fmt::format("deploy it, then: planner rollback {} --deployed RELEASE", shell_word(seat.plan().name)));
  }
}

/// A phase that was stopped: nothing of it is there, or what is there is what its way back takes away.
void settle_failed(Environment& environment, const Seat& seat, const Phase& phase, Context& context) {
  const std::size_t file = *project::released_as(seat.service(), seat.plan(), phase);
  const Looked looked = look_for(environment, seat.service(), file);
  const std::unique_ptr<DeployTable> table = open_deploy_table(seat.service().tool, *environment.session);
  const MigrationIdentity identity = identity_of_migration(seat.service(), file, seat.texts[file]);
  context.print(fmt::format("{}: {} was stopped: {}\n", environment.name, phase.folder, described(looked)));
  const bool index = phase.commits && !phase.backfill && looked.effect != Effect::NotApplied &&
                     phase.migration.str().find("CONCURRENTLY") != std::string::npos;
  if (looked.effect == Effect::Applied || index) {
    table->mark_applied(identity);
  } else if (looked.effect == Effect::NotApplied || phase.backfill) {
    table->roll_back(identity, file == 0 ? "" : seat.service().folder.files[file - 1].version);
  } else {
    throw Error(fmt::format("{}: {} is half done and its way back begins where it ends", environment.name,
                            phase.folder),
                "planner deploy finishes it; then roll it back");
  }
}

/// Writes what takes the phase back. False: the phase was only withdrawn.
bool undo(Seat& seat, std::size_t index, const Options& options, Context& context) {
  const Phase& phase = seat.plan().phases[index];
  const project::PhaseInHistory found = project::find_phase(seat.service(), seat.plan(), phase);
  const std::string released = seat.service().folder.files[*found.released].name;
  if (options.dry_run) {
    context.print(fmt::format("would take back {} ({})\n", phase.folder, released));
    return false;
  }
  bool applied = !found.way_back.empty();  // decided by the run that wrote the first piece
  for (Environment& environment : seat.environments) {
    if (phase_state(environment, seat.service(), seat.plan(), phase) == PhaseState::Failed) {
      settle_failed(environment, seat, phase, context);
      refresh(environment, seat.service(), seat.texts);
    }
    applied = applied || phase_state(environment, seat.service(), seat.plan(), phase) == PhaseState::Applied;
  }
  // First, so that no moment exists in which the phase is taken back and let through again.
  std::vector<std::string> from_here;
  for (std::size_t i = index; i < seat.plan().phases.size(); ++i)
    from_here.push_back(seat.plan().phases[i].folder);
  if (project::forget_evidence(seat.chosen.stored.folder, from_here))
    context.print(fmt::format(
        "  what was said about releases for {} and later is forgotten: say it again then\n", phase.folder));
  if (!applied) {
    project::withdraw_phase(seat.service(), seat.chosen.stored, phase);
    context.print(fmt::format("withdrew {} from the history: none of these databases has applied it ({})\n",
                              phase.folder, released));
  } else {
    for (const project::ReleasedPhase& back :
         project::release_rollback(behind_everything(seat.service(), seat.environments), seat.chosen.stored,
                                   phase, std::time(nullptr))) {
      if (!back.warning.empty()) context.warn(back.warning);
      context.print(fmt::format("released the way back of {} as {}\n", phase.folder, back.name));
    }
    if (!phase.reverse_note.empty())
      context.print("  " + report::wrapped(phase.reverse_note, context.out_style().width, 2, 2) + "\n");
  }
  project::Service& service = seat.chosen.project.services[seat.chosen.service_index];
  service.folder = project::list_migrations(service.folder.path, service.folder.layout);
  seat.texts = texts_on_disk(service);
  for (Environment& environment : seat.environments) refresh(environment, service, seat.texts);
  return applied;
}

/// The first way back that is written and that a database has not applied yet.
std::optional<std::size_t> way_back_pending(const Seat& seat) {
  for (std::size_t i = 0; i < seat.service().folder.files.size(); ++i) {
    if (project::taken_back_by(seat.plan(), seat.service().folder.files[i].name) == nullptr) continue;
    for (const Environment& environment : seat.environments) {
      if (environment.judged.files[i].state != MigrationState::Applied) return i;
    }
  }
  return std::nullopt;
}

/// Applies every way back of the plan that is pending, those of an earlier run too: they go in order.
bool apply_now(Seat& seat, Context& context) {
  const Interruptible signals;
  bool whole = true;
  for (const Environment& environment : seat.environments) {
    const std::vector<project::StoredPlan> plans{seat.chosen.stored};
    Deployer deployer(environment.url, seat.service(), plans, context);
    if (!deployer.take_lock(std::nullopt))
      throw Error("stopped while waiting for the deploy lock", "planner deploy applies the way back");
    if (seat.environments.size() > 1) context.print(environment.name + ":\n");
    const Phase* waiting = nullptr;
    for (const std::size_t file : deployer.prepare()) {
      const std::string& name = seat.service().folder.files[file].name;
      if (const Phase* phase = project::phase_released_as(seat.plan(), name); phase != nullptr)
        waiting = phase;
      if (project::taken_back_by(seat.plan(), name) == nullptr) continue;
      if (waiting != nullptr) {
        // Nothing is taken back there that was never done; a deploy does both in order.
        context.print(
            fmt::format("{}: {} is not applied there, so there is nothing to take back yet; a deploy "
                        "applies it and then its way back: {}\n",
                        environment.name, waiting->folder, deploy_command(seat.service())));
        whole = false;
        break;
      }
      if (!deployer.apply(file)) return false;
    }
  }
  return whole;
}

/// True: everything asked for was done.
bool roll_back(Seat& seat, const std::vector<std::size_t>& phases, const Options& options, Context& context) {
  for (const std::size_t phase : phases) require_possible(seat, phase, options);
  bool written = false;
  for (const std::size_t phase : phases) written = undo(seat, phase, options, context) || written;
  if (options.dry_run) return true;
  if (options.now) return !way_back_pending(seat) || apply_now(seat, context);
  if (written)
    context.print(fmt::format("\nNext: commit, then deploy: {}\n", deploy_command(seat.service())));
  return true;
}

/// A run that was stopped behind its writing, or one whose migrations wait for a deploy: that is finished
/// before another phase is taken back. True: there was such a one.
bool finish_earlier(Seat& seat, const Options& options, Context& context) {
  const std::optional<std::size_t> pending = way_back_pending(seat);
  if (!pending) return false;
  const std::string& name = seat.service().folder.files[*pending].name;
  if (options.now && !options.dry_run) {
    if (!apply_now(seat, context)) context.exit_code = kExitFindings;
  } else {
    context.print(fmt::format(
        "the way back of {} is in the history already, as {}, and not applied yet: {}\n{}",
        project::taken_back_by(seat.plan(), name)->folder, name, deploy_command(seat.service()),
        options.to.empty() ? "To take back more than that, say how far: --to PHASE, or --to start.\n" : ""));
  }
  return true;
}

void run_rollback(const Options& options, Context& context) {
  Seat seat = open_seat(options);
  const std::vector<std::size_t> phases = phases_to_undo(seat, options.to);
  const bool cut_short = std::any_of(phases.begin(), phases.end(), [&](std::size_t phase) {
    return project::is_way_back_cut_short(seat.service(), seat.chosen.stored, seat.plan().phases[phase]);
  });
  if (!cut_short && (phases.empty() || options.to.empty()) && finish_earlier(seat, options, context)) return;
  if (phases.empty()) {
    context.print(fmt::format("No phase of {} is in the history{}: nothing is to be taken back.\n",
                              seat.plan().name, options.to.empty() ? "" : " behind " + options.to));
    return;
  }
  if (!roll_back(seat, phases, options, context)) context.exit_code = kExitFindings;
}

bool applied_anywhere(const Seat& seat) {
  return std::any_of(seat.environments.begin(), seat.environments.end(), [&](const Environment& environment) {
    return std::any_of(seat.plan().phases.begin(), seat.plan().phases.end(), [&](const Phase& phase) {
      const PhaseState state = phase_state(environment, seat.service(), seat.plan(), phase);
      return state != PhaseState::Waiting && state != PhaseState::Released;
    });
  });
}

/// A run that was stopped between the two last steps has put the original back already.
bool is_restored(const Seat& seat) {
  const auto& files = seat.service().folder.files;
  return std::any_of(files.begin(), files.end(), [&](const project::MigrationFile& file) {
    return purpose_of(file.name) == purpose_of(seat.plan().migration) &&
           project::read_file(file.file).find(seat.plan().original) != std::string::npos;
  });
}

void run_abandon(const Options& options, Context& context) {
  Seat seat = open_seat(options);
  for (const Phase& phase : seat.plan().phases) {
    const bool released = project::released_as(seat.service(), seat.plan(), phase).has_value();
    if (released && phase.window != Window::OldRelease && phase.kind != PhaseKind::Index &&
        phase.kind != PhaseKind::Validate) {
      throw Error(
          fmt::format("{} is in the history: the new release may be running, and it needs what the plan made",
                      phase.folder),
          fmt::format("take the phases back one by one: planner rollback {}", shell_word(seat.plan().name)));
    }
  }
  if (!roll_back(seat, phases_to_undo(seat, "start"), options, context)) {
    context.exit_code = kExitFindings;
    return;
  }
  if (options.dry_run) return;
  for (Environment& environment : seat.environments) refresh(environment, seat.service(), seat.texts);
  if (applied_anywhere(seat) || way_back_pending(seat)) {
    context.print(
        fmt::format("Then remove the plan itself: planner abandon {}\n", shell_word(seat.plan().name)));
    return;
  }
  const project::fs::path folder = seat.chosen.stored.folder;
  if (options.restore && !is_restored(seat)) {
    const project::ReleasedPhase again = project::new_migration(
        seat.service(), purpose_of(seat.plan().migration), seat.plan().original, std::time(nullptr));
    context.print(fmt::format("the original is back in the history as {}\n", again.name));
  }
  project::remove_path(folder);
  project::sync_folder(folder.parent_path());
  const std::string left = seat.environments.empty() ? "nothing of it is in the history"
                           : seat.environments.size() == 1
                               ? "nothing of it is left in " + seat.environments.front().name
                               : "nothing of it is left in any of these databases";
  context.print(
      fmt::format("{} is abandoned: {} is gone, and {}\n", seat.plan().name, project::shown(folder), left));
}

}  // namespace

void add_rollback(CLI::App& program, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      program.add_subcommand("rollback", "Take a plan's newest phase back: its way back becomes a migration");
  command->add_option("PLAN", options->plan, "The plan's name or folder")->required();
  command->add_option("--to", options->to, "Take back every phase behind this one; `start`: all of them")
      ->type_name("PHASE");
  command->add_flag("--now", options->now, "Also apply it, to every database named");
  command
      ->add_option("--deployed", options->deployed,
                   "The old release runs everywhere again and the new one is gone")
      ->type_name("RELEASE");
  command->add_flag("--dry-run", options->dry_run, "Show what would be taken back; change nothing");
  add_database_option(*command, options->databases);
  command->footer(
      "A phase that no database named here has applied is taken out of the history again. One that would "
      "lose rows is refused.\n"
      "Exit codes: 0 done; 1 applying the way back failed; 2 it was refused or could not run.\n\n"
      "Examples:\n"
      "  planner rollback rename_name_to_fullname\n"
      "  planner rollback rename_name_to_fullname --to 1_add --now\n"
      "  planner rollback rename_name_to_fullname --deployed v41");
  command->callback([options, &context] { run_rollback(*options, context); });
}

void add_abandon(CLI::App& program, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      program.add_subcommand("abandon", "Give a plan up before its dual-write phase: every trace of it goes");
  command->add_option("PLAN", options->plan, "The plan's name or folder")->required();
  command->add_flag("--now", options->now, "Also apply the ways back, to every database named");
  command->add_flag("--restore", options->restore,
                    "Put the original migration back into the history, behind everything");
  command->add_flag("--dry-run", options->dry_run, "Show what would be taken back; change nothing");
  add_database_option(*command, options->databases);
  command->footer(
      "Exit codes: 0 done; 1 applying a way back failed; 2 it was refused or could not run.\n\n"
      "Examples:\n"
      "  planner abandon rename_name_to_fullname --now\n"
      "  planner abandon rename_name_to_fullname --now --restore");
  command->callback([options, &context] { run_abandon(*options, context); });
}

}  // namespace planner::commands
