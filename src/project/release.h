#pragma once

#include <ctime>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "src/project/plan_files.h"
#include "src/project/services.h"

/// Putting a phase into the history, in the form its tool wants.
namespace planner::project {

/// `rename_name_to_fullname_1_add`: what follows the timestamp in a released phase's name.
std::string release_slug(const Plan& plan, const Phase& phase);

/// `rename_name_to_fullname_1_add_rollback`; further migrations of the same way back end in `_2`, `_3`, ...
std::string rollback_slug(const Plan& plan, const Phase& phase);

/// The phase of the plan that a migration is by its name, in force or taken back; null: none.
const Phase* phase_released_as(const Plan& plan, const std::string& migration);

/// Is that migration the plan's way back of this phase, or a further piece of it?
bool is_way_back(const Plan& plan, const Phase& phase, const std::string& migration);

/// The phase of the plan that a migration takes back; null: it is none of the plan's ways back.
const Phase* taken_back_by(const Plan& plan, const std::string& migration);

/// A phase in the history: what it was last released as, and what takes that back.
struct PhaseInHistory {
  std::optional<std::size_t> released;  ///< also when it was taken back
  std::vector<std::size_t> way_back;    ///< in order; empty: the phase is in force
};
PhaseInHistory find_phase(const Service& service, const Plan& plan, const Phase& phase);

/// Some pieces of the way back are in the history and some are not: whoever wrote them was stopped.
bool is_way_back_cut_short(const Service& service, const StoredPlan& plan, const Phase& phase);

/// The history's migration that is this phase; nullopt: not released yet, or taken back by a later migration.
std::optional<std::size_t> released_as(const Service& service, const Plan& plan, const Phase& phase);

/// Does that migration still hold what releasing the phase puts there?
bool is_released_text(const Service& service, const StoredPlan& plan, const Phase& phase,
                      std::size_t migration);

/// Is that migration, one of the phase's ways back by its name, as planner wrote it?
bool is_way_back_text(const Service& service, const StoredPlan& plan, const Phase& phase,
                      std::size_t migration);

/// Version and name of a new last migration: a 14-digit timestamp (UTC) greater than everything there, or the
/// next number where the history counts.
struct NewName {
  std::string version;  ///< `20240102030405`, `0191`
  std::string name;     ///< `20240102030405_rename_name_to_fullname_1_add`
  std::string warning;  ///< set when a folder there would sort behind any timestamp
};
NewName next_migration_name(const MigrationFolder& folder, const std::string& slug, std::time_t now);

struct ReleasedPhase {
  std::string name;
  std::vector<std::filesystem::path> files;
  bool was_released = false;  ///< it stood in the history already, unchanged
  std::string warning;
};

/// Writes the phase into the history in one step. Throws Error when it cannot be written, stands there with
/// another text, or when its tool could not deploy it.
ReleasedPhase release_phase(const Service& service, const StoredPlan& plan, const Phase& phase,
                            std::time_t now);

/// Writes the phase's way back into the history, behind everything: one migration per statement, because some
/// of them cannot share one. Pieces that a stopped run wrote stay; what is missing follows them.
std::vector<ReleasedPhase> release_rollback(const Service& service, const StoredPlan& plan,
                                            const Phase& phase, std::time_t now);

/// Takes a released phase out of the history again. Only for one that no database has applied.
void withdraw_phase(const Service& service, const StoredPlan& plan, const Phase& phase);

/// An empty migration in the layout's form, behind everything.
ReleasedPhase new_migration(const Service& service, const std::string& slug, const std::string& text,
                            std::time_t now);

}  // namespace planner::project
