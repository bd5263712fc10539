#include "src/project/history_checks.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

#include "planner/migration.h"
#include "planner/shell_word.h"
#include "src/project/files.h"

namespace planner::project {
namespace {

/// What the tool does with a migration that is new and sorts before an applied one.
std::string what_happens(Layout layout) {
  switch (layout) {
    case Layout::GolangMigrate:
    case Layout::Drizzle:
      return "it is skipped there in silence, and applied only where the database is new";
    case Layout::Flyway:
      return "Flyway stops with \"resolved migration not applied\" there (unless outOfOrder is set)";
    case Layout::Goose:
      return "goose stops with \"missing migrations\" there (unless -allow-missing is given)";
    default:
      return "it runs after them there, and before them on every new database";
  }
}

bool has_ways_back(Layout layout) {
  return layout == Layout::GolangMigrate ||
         layout == Layout::Diesel;  // goose and dbmate keep it in the same file
}

/// Files of a history that hold migrations, not the tool's own bookkeeping.
bool is_migration_path(const std::string& path) {
  return path.size() > 4 && path.compare(path.size() - 4, 4, ".sql") == 0;
}

std::string name_in(const std::string& path, Layout layout) {
  const fs::path whole(path);
  const bool in_folder = layout == Layout::Prisma || layout == Layout::Diesel;
  return in_folder ? whole.parent_path().filename().string() : whole.stem().string();
}

bool is_down(const std::string& path) {
  const std::string name = fs::path(path).filename().string();
  return name == "down.sql" || name.find(".down.") != std::string::npos;
}

}  // namespace

Finding file_finding(std::string rule, Severity severity, const fs::path& path, std::string object,
                     std::string message, std::string help) {
  Finding finding;
  finding.rule = std::move(rule);
  finding.severity = severity;
  finding.category = Category::Fails;
  finding.path = shown(path);
  finding.migration = object;
  finding.object = std::move(object);
  finding.message = std::move(message);
  finding.help = std::move(help);
  finding.fingerprint = short_hash(finding.rule + '\n' + finding.migration) + short_hash(finding.object);
  return finding;
}

Finding edited_after_applied(const MigrationFile& file, const std::string& where) {
  return file_finding("migration-edited", Severity::Error, file.file, file.name,
                      fmt::format("\"{}\" was edited after {} ran it: databases that have it keep the old "
                                  "schema, new ones get another",
                                  file.name, where),
                      "Restore the file, and write what is missing as a new migration");
}

Finding missing_here(const Service& service, const std::string& name, const std::string& where) {
  return file_finding(
      "migration-removed", Severity::Error, service.folder.path, name,
      fmt::format("\"{}\" is applied in {} and missing here: a new database never gets what it did", name,
                  where),
      "Restore it; a migration that is applied somewhere is never removed or renamed");
}

std::vector<Finding> check_against_base(const Service& service, const GitRepository& repository,
                                        const std::string& ref, const NewOnes& fresh) {
  std::vector<Finding> findings;
  const BaseChanges changes = changes_since_base(repository, ref, service.folder.path, fresh.moved_from);
  const Layout layout = service.folder.layout;
  std::set<std::string> known;
  for (std::size_t i = 0; i < service.folder.files.size(); ++i) {
    const MigrationFile& file = service.folder.files[i];
    if (fresh.is_new[i] || file.repeatable) continue;
    const std::optional<std::string> path = path_in(repository, file.file);
    if (!path) continue;
    known.insert(file.name);
    // Moved and edited so much that git sees two files: its text here is not the one that was removed there.
    const bool other = fresh.moved_from && changes.edited.count(*path) == 0 && changes.came.count(*path) > 0;
    if (other || changes.edited.count(*path) > 0) findings.push_back(edited_after_applied(file, ref));
  }
  for (const std::string& path : changes.removed) {
    if (!is_migration_path(path) || is_down(path)) continue;
    if (fresh.moved_from && known.count(name_in(path, layout)) > 0) continue;
    findings.push_back(missing_here(service, name_in(path, layout), ref));
  }
  for (const auto& [from, to] : changes.renamed) {
    if (!is_migration_path(from) || is_down(from)) continue;
    const std::string before = name_in(from, layout), now = name_in(to, layout);
    if (before == now) continue;  // the whole history moved to another folder
    const fs::path here =
        service.folder.path / (repository.top / to).lexically_relative(real_path(service.folder.path));
    findings.push_back(file_finding("migration-removed", Severity::Error, here, before,
                                    fmt::format("\"{}\" of {} is called \"{}\" here: where it is applied the "
                                                "tool runs it again under the new name",
                                                before, ref, now),
                                    "Give it its old name back"));
  }
  return findings;
}

std::vector<Finding> check_order(const Service& service, const std::vector<bool>& pending,
                                 const std::string& where) {
  std::vector<Finding> findings;
  std::optional<std::size_t> last_applied;
  for (std::size_t i = 0; i < pending.size(); ++i) {
    if (!pending[i] && !service.folder.files[i].repeatable) last_applied = i;
  }
  for (std::size_t i = 0; last_applied && i < *last_applied; ++i) {
    const MigrationFile& file = service.folder.files[i];
    if (!pending[i] || file.repeatable) continue;
    findings.push_back(file_finding(
        "migration-out-of-order", Severity::Warning, file.file, file.name,
        fmt::format("\"{}\" is new, but sorts before \"{}\", which {} already has: {}", file.name,
                    service.folder.files[*last_applied].name, where, what_happens(service.folder.layout)),
        "Give it a timestamp of today"));
  }
  return findings;
}

std::vector<Finding> check_names(const Service& service, const std::vector<bool>& pending) {
  std::vector<Finding> findings;
  const std::vector<MigrationFile>& files = service.folder.files;
  std::map<std::string, std::size_t> by_version, by_purpose;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const MigrationFile& file = files[i];
    if (!file.version.empty()) {
      const auto [same, first] = by_version.emplace(file.version, i);
      if (!first && (pending[i] || pending[same->second])) {
        findings.push_back(file_finding("migration-twice", Severity::Warning, file.file, file.name,
                                        fmt::format("\"{}\" and \"{}\" begin with the same number: which "
                                                    "runs first hangs on the rest of their names",
                                                    files[same->second].name, file.name),
                                        "Give one of them another timestamp"));
      }
    }
    const std::string purpose = purpose_of(file.name);
    if (!purpose.empty()) {
      const auto [same, first] = by_purpose.emplace(purpose, i);
      if (!first && (pending[i] || pending[same->second])) {
        findings.push_back(file_finding("migration-twice", Severity::Info, file.file, file.name,
                                        fmt::format("\"{}\" has the name of \"{}\": `planner split {}` "
                                                    "cannot tell them apart, and nor can people",
                                                    file.name, files[same->second].name, shell_word(purpose)),
                                        "Name it after what it changes"));
      }
    }
    if (pending[i] && has_ways_back(service.folder.layout) && file.down.empty()) {
      findings.push_back(file_finding(
          "no-way-back", Severity::Info, file.file, file.name,
          fmt::format("\"{}\" has no down migration: it cannot be taken back with the tool", file.name),
          "Write the reverse, or say in it why there is none"));
    }
  }
  return findings;
}

}  // namespace planner::project
