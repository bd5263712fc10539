#include "src/project/git.h"

#include <fmt/core.h>

#include <algorithm>
#include <system_error>
#include <vector>

#include "planner/error.h"
#include "src/project/files.h"
#include "src/project/process.h"

namespace planner::project {
namespace {

Ran git(const fs::path& folder, const std::vector<std::string>& arguments) {
  std::vector<std::string> words{"git", "-C", folder.string(), "--literal-pathspecs"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return run(words);
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

/// The commit a name stands for. `--end-of-options` keeps a name that starts with a dash from being read as
/// an option.
std::optional<std::string> commit_of(const GitRepository& repository, const std::string& ref) {
  const Ran ran =
      git(repository.top, {"rev-parse", "--verify", "--quiet", "--end-of-options", ref + "^{commit}"});
  if (ran.status != 0) return std::nullopt;
  return first_line(ran.out);
}

struct Base {
  std::string commit;
  std::string described;
};

Base base_of(const GitRepository& repository, const std::string& ref) {
  const std::optional<std::string> tip = commit_of(repository, ref);
  if (!tip) {
    throw Error(
        fmt::format("git does not know the base `{}` in {}", ref, shown(repository.top)),
        repository.shallow
            ? fmt::format("the clone is shallow: fetch it first (`git fetch --depth=1 origin "
                          "{0}:refs/remotes/origin/{0}`, "
                          "then --base origin/{0}), or say `fetch-depth: 0` in the checkout step",
                          ref.substr(0, 7) == "origin/" ? ref.substr(7) : ref)
            : "name a branch, tag or commit that exists here; `git fetch` brings those of the remote");
  }
  const Ran merge_base = git(repository.top, {"merge-base", *tip, "HEAD"});
  if (merge_base.status == 0) return {first_line(merge_base.out), ref};
  if (repository.shallow) {
    return {*tip,
            fmt::format(
                "the tip of {} (the clone is shallow and does not hold the commit where this branch left it)",
                ref)};
  }
  // No common ancestor, or no commit yet on this branch: the tip is all there is to compare with.
  return {*tip, fmt::format("the tip of {} (no common ancestor with HEAD)", ref)};
}

struct Change {
  char status = ' ';      ///< as git shows it: M edited, D removed, R renamed, A added, ...
  bool same_text = true;  ///< of a renamed file
  std::string from, to;   ///< the same unless renamed or copied
};

/// From the commit to the work tree, not to the last commit: what is not committed yet is judged too.
std::vector<Change> changes_between(const GitRepository& repository, const std::string& commit,
                                    const std::vector<std::string>& below) {
  std::vector<std::string> words{"diff", "--name-status", "--no-ext-diff", "-M90%", "-z", commit, "--"};
  words.insert(words.end(), below.begin(), below.end());
  const Ran ran = git(repository.top, words);
  if (ran.status != 0)
    throw Error(fmt::format("git cannot compare with {}: {}", commit, first_line(ran.err)));
  std::vector<std::string> fields;
  for (std::size_t at = 0; at < ran.out.size();) {
    const std::size_t end = std::min(ran.out.find('\0', at), ran.out.size());
    fields.push_back(ran.out.substr(at, end - at));
    at = end + 1;
  }
  std::vector<Change> changes;
  for (std::size_t i = 0; i + 1 < fields.size();) {
    const std::string& word = fields[i];
    const char status = word.empty() ? ' ' : word.front();
    const std::size_t names = (status == 'R' || status == 'C') && i + 2 < fields.size() ? 2 : 1;
    changes.push_back({status, word == "R100" || word == "C100", fields[i + 1], fields[i + names]});
    i += 1 + names;
  }
  return changes;
}

}  // namespace

std::optional<GitRepository> git_repository(const fs::path& inside, std::string* why_not) {
  const auto no = [&](std::string text) {
    if (why_not != nullptr) *why_not = std::move(text);
    return std::optional<GitRepository>();
  };
  const fs::path folder = is_folder(inside) ? inside : inside.parent_path();
  const Ran ran = git(folder.empty() ? fs::path(".") : folder,
                      {"rev-parse", "--show-toplevel", "--is-shallow-repository"});
  if (!ran.started) return no("there is no git program on this machine");
  if (ran.status != 0) {
    if (ran.err.find("not a git repository") != std::string::npos) return no("this is not a git repository");
    return no("git says: " + first_line(ran.err));
  }
  const std::string top = first_line(ran.out);
  if (top.empty()) return no("this git repository has no work tree");
  GitRepository repository;
  repository.top = real_path(top);
  repository.shallow = ran.out.find("\ntrue\n") != std::string::npos;
  return repository;
}

std::optional<std::string> default_branch(const GitRepository& repository) {
  const Ran head = git(repository.top, {"symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD"});
  const std::optional<std::string> tip =
      head.status == 0 ? commit_of(repository, first_line(head.out)) : std::nullopt;
  // `git clone --depth 1 --branch x` calls x the remote's HEAD: compared with itself nothing is ever new.
  const bool is_itself = repository.shallow && tip && tip == commit_of(repository, "HEAD");
  if (tip && !is_itself) return first_line(head.out);
  for (const char* name : {"origin/main", "origin/master", "main", "master"}) {
    if (commit_of(repository, name)) return name;
  }
  return std::nullopt;
}

BaseFiles files_at_base(const GitRepository& repository, const std::string& ref, const fs::path& folder) {
  const Base base = base_of(repository, ref);
  const std::optional<std::string> inside = path_in(repository, folder);
  if (!inside) {
    throw Error(fmt::format("{} lies outside the git repository {}", shown(folder), shown(repository.top)),
                "run planner inside the repository that holds the migrations");
  }
  std::vector<std::string> words{"ls-tree", "-r", "-z", "--name-only", "--full-tree", base.commit};
  if (*inside != ".") words.push_back(*inside);
  const Ran ran = git(repository.top, words);
  if (ran.status != 0)
    throw Error(fmt::format("git cannot list the files at {}: {}", ref, first_line(ran.err)));
  BaseFiles files;
  files.described = base.described;
  std::size_t at = 0;
  while (at < ran.out.size()) {
    const std::size_t end = ran.out.find('\0', at);
    files.paths.insert(ran.out.substr(at, end - at));
    if (end == std::string::npos) break;
    at = end + 1;
  }
  return files;
}

std::optional<std::string> moved_from(const GitRepository& repository, const std::string& ref,
                                      const fs::path& folder) {
  const std::optional<std::string> inside = path_in(repository, folder);
  if (!inside) return std::nullopt;
  const std::string prefix = *inside == "." ? "" : *inside + "/";
  std::map<std::string, int> came_from;
  for (const Change& change : changes_between(repository, base_of(repository, ref).commit, {})) {
    if (change.status != 'R' || !change.to.starts_with(prefix)) continue;
    const std::string_view rest = std::string_view(change.to).substr(prefix.size());
    if (!std::string_view(change.from).ends_with(rest)) continue;
    const std::string before = change.from.substr(0, change.from.size() - rest.size());
    if (before.empty() || before.ends_with('/')) ++came_from[before];
  }
  const auto most = std::max_element(came_from.begin(), came_from.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
  if (most == came_from.end()) return std::nullopt;
  return most->first.empty() ? "." : most->first.substr(0, most->first.size() - 1);
}

BaseChanges changes_since_base(const GitRepository& repository, const std::string& ref,
                               const fs::path& folder, const std::optional<std::string>& before) {
  BaseChanges changes;
  const std::optional<std::string> inside = path_in(repository, folder);
  if (!inside) return changes;
  std::vector<std::string> below;
  if (*inside != "." && before != ".") below.push_back(*inside);
  if (!below.empty() && before) below.push_back(*before);
  for (const Change& change : changes_between(repository, base_of(repository, ref).commit, below)) {
    if (change.status == 'R') changes.renamed[change.from] = change.to;
    if (change.status == 'M' || change.status == 'T' || (change.status == 'R' && !change.same_text))
      changes.edited.insert(change.to);
    if (change.status == 'A') changes.came.insert(change.to);
    if (change.status == 'D') changes.removed.insert(change.from);
  }
  return changes;
}

std::optional<std::string> file_at_base(const GitRepository& repository, const std::string& ref,
                                        const fs::path& file) {
  const std::optional<std::string> inside = path_in(repository, file);
  if (!inside) return std::nullopt;
  const Ran ran = git(repository.top, {"cat-file", "blob", base_of(repository, ref).commit + ":" + *inside});
  if (ran.status != 0) return std::nullopt;
  return ran.out;
}

std::optional<std::string> path_in(const GitRepository& repository, const fs::path& path) {
  const fs::path inside = real_path(path).lexically_relative(repository.top);
  if (inside.empty() || *inside.begin() == "..") return std::nullopt;
  return inside.generic_string();
}

}  // namespace planner::project
