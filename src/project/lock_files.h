#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What package managers wrote down about what they installed.
namespace planner::project {

struct LockedVersions {
  std::string file;                   ///< its name: `pnpm-lock.yaml`
  std::vector<std::string> versions;  ///< each once, in the file's order
};

/// The versions of a package that the folder's lock file names (package-lock.json, npm-shrinkwrap.json,
/// yarn.lock of yarn 1 and later, pnpm-lock.yaml, bun.lock); nullopt: there is no lock file, or it does not
/// name the package.
std::optional<LockedVersions> locked_versions(const std::filesystem::path& folder, std::string_view package);

}  // namespace planner::project
