#pragma once

#include <map>
#include <string>

#include "src/project/plan_files.h"

/// plan.toml <-> plan.
namespace planner::project {

/// `files` are the plan's other files; their checksums are recorded.
std::string plan_toml_text(const Plan& plan, const PlanFacts& facts,
                           const std::map<std::string, std::string>& files);

/// Fills everything but the texts of the files. Throws Error (with line) for anything that is not as
/// plan_toml_text writes it.
StoredPlan plan_from_toml(const std::string& text, const std::string& shown_name);

}  // namespace planner::project
