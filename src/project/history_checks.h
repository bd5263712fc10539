#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "planner/finding.h"
#include "src/project/git.h"
#include "src/project/services.h"

/// What goes wrong with a history as files: edited, removed, renamed, out of order, twice. Findings of rules
/// whose pages are in rules/.
namespace planner::project {

/// A finding about a file or folder as a whole.
Finding file_finding(std::string rule, Severity severity, const std::filesystem::path& path,
                     std::string object, std::string message, std::string help);

/// Against git: what the base has is taken as deployed.
std::vector<Finding> check_against_base(const Service& service, const GitRepository& repository,
                                        const std::string& ref, const NewOnes& fresh);

/// New migrations that their tool sorts before ones that are applied (or at the base). `where` is `the
/// database` or `origin/main`.
std::vector<Finding> check_order(const Service& service, const std::vector<bool>& pending,
                                 const std::string& where);

/// Two migrations with one timestamp or one purpose, one of them new; and new ones without a way back, where
/// the tool has one.
std::vector<Finding> check_names(const Service& service, const std::vector<bool>& pending);

/// The database ran another text under this name.
Finding edited_after_applied(const MigrationFile& file, const std::string& where);
/// The database has applied a migration that is not here.
Finding missing_here(const Service& service, const std::string& name, const std::string& where);

}  // namespace planner::project
