#pragma once

#include <filesystem>
#include <string>
#include <vector>

/// What people said about a plan and no database can show: which release is deployed, and gates that were
/// overridden. Kept beside the plan as `evidence.toml`, committed with the phase it let through.
namespace planner::project {

struct Deployment {
  std::string phase;    ///< the phase it was said for
  std::string service;  ///< empty: the plan's only one
  std::string release;
  std::string at, by;
};

struct OverriddenGate {
  std::string phase, gate, reason;
  std::string found;  ///< what the gate had found
  std::string at, by;
};

struct Evidence {
  std::vector<Deployment> deployments;
  std::vector<OverriddenGate> overridden;
};

/// Empty when nothing was said yet. Throws Error (with line) for a file that planner did not write so.
Evidence read_evidence(const std::filesystem::path& plan_folder);

/// Replaces the file in one step.
void write_evidence(const std::filesystem::path& plan_folder, const Evidence& evidence);

/// Forgets what was said for these phases: a phase that is taken back is not let through again by it. False:
/// nothing was said.
bool forget_evidence(const std::filesystem::path& plan_folder, const std::vector<std::string>& phases);

}  // namespace planner::project
