#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "planner/plan.h"
#include "src/project/services.h"

/// A plan as files: written in one step, read back, and checked for changes by hand.
namespace planner::project {

/// What a plan.toml says beside the plan itself.
struct PlanFacts {
  std::string planner_version;
  std::string service;               ///< empty: the repository has one
  std::string layout;                ///< `prisma`
  std::string tool;                  ///< `prisma-7.4`
  std::string history;               ///< the migrations folder, relative to the plan's folder
  std::string original_file;         ///< file name of the original in its tool's layout: `migration.sql`
  std::vector<std::string> options;  ///< the answers and options it was made with, as on the command line
  std::vector<std::string> commit;   ///< what to commit, one sentence each
};

/// A plan read from its folder.
struct StoredPlan {
  std::filesystem::path folder;
  PlanFacts facts;
  /// As it was made, with two differences: a phase's `migration` and `rollback` are the whole files, headers
  /// included, and sources name statements only.
  Plan plan;
  std::map<std::string, std::string>
      checksums;                    ///< file relative to the plan's folder -> SHA-256 when planner wrote it
  std::vector<std::string> edited;  ///< files that are gone or differ from their checksum
};

/// Every file of a plan, by its path relative to the plan's folder (`plan.toml`, `original.sql`,
/// `1_add/migration.sql`, ...).
std::map<std::string, std::string> plan_file_texts(const Plan& plan, const PlanFacts& facts);

/// Reads plan.toml and every file it names. Throws Error when the folder holds no plan planner understands.
StoredPlan load_plan(const std::filesystem::path& folder);

/// Throws Error naming the changed files when the plan was edited by hand.
void require_unedited(const StoredPlan& plan);

/// Plans in a folder of plans, by name. Folders without plan.toml are passed over.
std::vector<std::filesystem::path> plans_in(const std::filesystem::path& folder);

/// Removes what a stopped run left beside a plan's folder (`.NAME.planner-...`), unless the process that made
/// it still runs.
void remove_leftovers(const std::filesystem::path& plan_folder);

/// What `write_plan` found and did.
enum class Written {
  Whole,     ///< the plan was written and the original moved into it
  Finished,  ///< an earlier run had written the same plan and was stopped before it moved the original
};

/// Writes the plan's folder in one step (a temporary sibling, then a rename) and then takes the original out
/// of the history. Stopped at any point, the same call finishes the work. Throws Error, leaving nothing
/// behind, when the target cannot be written or holds another plan.
Written write_plan(const Plan& plan, const PlanFacts& facts, const std::filesystem::path& folder,
                   const Service& service, const MigrationFile& original);

}  // namespace planner::project
