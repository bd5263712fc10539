#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>

/// What git knows, asked through the `git` executable.
namespace planner::project {

struct GitRepository {
  std::filesystem::path top;  ///< canonical path of the work tree
  bool shallow = false;
};

/// The repository that holds the path. When there is none, `why_not` says so (no git program, no repository,
/// git's own words).
std::optional<GitRepository> git_repository(const std::filesystem::path& inside,
                                            std::string* why_not = nullptr);

/// The branch others start from: origin's HEAD, else origin/main, origin/master, main, master.
std::optional<std::string> default_branch(const GitRepository& repository);

/// Files that existed where the work branched off.
struct BaseFiles {
  std::set<std::string> paths;  ///< relative to the repository's top, forward slashes
  std::string described;        ///< `origin/main`, or `the tip of origin/main (the clone is shallow: ...)`
};

/// Files below `folder` at the merge base of `ref` and HEAD; at the tip of `ref` when a shallow clone does
/// not hold the merge base. Throws Error when `ref` is not known here.
BaseFiles files_at_base(const GitRepository& repository, const std::string& ref,
                        const std::filesystem::path& folder);

/// The folder in which the base has what `folder` holds now, relative to the repository's top: it was moved
/// since. nullopt when nothing in it came from another folder.
std::optional<std::string> moved_from(const GitRepository& repository, const std::string& ref,
                                      const std::filesystem::path& folder);

/// What happened since the base to the files that were there.
struct BaseChanges {
  std::set<std::string> edited, came,
      removed;  ///< relative to the repository's top; edited: as it is called now
  std::map<std::string, std::string> renamed;  ///< old path -> new path, the text (nearly) the same
};
/// `before`: the folder's place at the base, when it was moved since.
BaseChanges changes_since_base(const GitRepository& repository, const std::string& ref,
                               const std::filesystem::path& folder,
                               const std::optional<std::string>& before = std::nullopt);

/// Text of a file at the base as `files_at_base` chose it; nullopt when it is not there.
std::optional<std::string> file_at_base(const GitRepository& repository, const std::string& ref,
                                        const std::filesystem::path& file);

/// `path` relative to the repository's top, or nullopt when it lies outside.
std::optional<std::string> path_in(const GitRepository& repository, const std::filesystem::path& path);

}  // namespace planner::project
