#include "src/project/prisma.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <sstream>

#include "planner/error.h"
#include "src/project/collation.h"
#include "src/project/config.h"
#include "src/project/files.h"
#include "src/project/lock_files.h"

namespace planner::project {
namespace {

Finding folder_finding(std::string rule, Severity severity, const fs::path& path, std::string object,
                       std::string message, std::string help) {
  Finding finding;
  finding.rule = std::move(rule);
  finding.severity = severity;
  finding.category = Category::Fails;
  finding.path = shown(path);
  finding.object = std::move(object);
  finding.message = std::move(message);
  finding.help = std::move(help);
  finding.fingerprint = short_hash(finding.rule + "\n" + finding.path + "\n" + finding.object);
  return finding;
}

/// Rust's `line.trim_start_matches("provider = \"").trim_end_matches('"')` of the first line that starts with
/// `provider`.
std::optional<std::string> provider_as_prisma_reads(const std::string& text) {
  std::istringstream lines(text);
  std::string line;
  while (std::getline(lines, line)) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.rfind("provider", 0) != 0) continue;
    const std::string start = "provider = \"";
    while (line.rfind(start, 0) == 0) line.erase(0, start.size());
    while (!line.empty() && line.back() == '"') line.pop_back();
    return line;
  }
  return std::nullopt;
}

bool is_postgresql(const std::string& provider) { return provider == "postgresql" || provider == "postgres"; }

std::string leading_digits(const std::string& name) {
  return name.substr(0, name.find_first_not_of("0123456789"));
}

/// Sorted names that differ within their first 14 digits have one order, whoever compares them.
bool have_distinct_timestamps(const std::vector<std::string>& names) {
  constexpr std::size_t kDigits = 14;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (leading_digits(names[i]).size() != kDigits) return false;
    if (i > 0 && names[i].compare(0, kDigits, names[i - 1], 0, kDigits) == 0) return false;
  }
  return true;
}

struct Version {
  int major = 0, minor = 0;
  bool has_minor = false;
};

std::optional<Version> version_in(std::string_view text) {
  Version version;
  const char* end = text.data() + text.size();
  const auto [after_major, bad] = std::from_chars(text.data(), end, version.major);
  if (bad != std::errc()) return std::nullopt;
  if (after_major != end && *after_major == '.') {
    version.has_minor = std::from_chars(after_major + 1, end, version.minor).ec == std::errc();
  }
  return version;
}

std::optional<nlohmann::json> read_json(const fs::path& file) {
  try {
    nlohmann::json json = nlohmann::json::parse(read_file(file), nullptr, false);
    if (json.is_discarded() || !json.is_object()) return std::nullopt;
    return json;
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::string text_at(const nlohmann::json& json, const std::string& section, const std::string& key) {
  if (!json.contains(section) || !json[section].is_object()) return "";
  const nlohmann::json& entries = json[section];
  return entries.contains(key) && entries[key].is_string() ? entries[key].get<std::string>() : "";
}

/// What a package.json asks for; Prisma's client must have the version of the CLI, so it counts as well.
std::string wanted_prisma(const nlohmann::json& package) {
  for (const char* name : {"prisma", "@prisma/client"}) {
    for (const char* section : {"devDependencies", "dependencies"}) {
      const std::string range = text_at(package, section, name);
      if (!range.empty()) return range;
    }
  }
  return "";
}

/// One repository may install several versions; only if all of them send files alike it is known how.
DetectedTool tool_of_locked(const LockedVersions& locked, const fs::path& file) {
  DetectedTool found{prisma_tool_of(locked.versions.front()), ""};
  std::string list;
  for (const std::string& version : locked.versions) {
    if (prisma_tool_of(version) != found.tool) found.tool = Tool::PrismaUnknown;
    list += (list.empty() ? "" : ", ") + version;
  }
  found.evidence = fmt::format("{} has prisma {}", shown(file), list);
  return found;
}

}  // namespace

MigrationFolder list_prisma(const fs::path& folder) {
  MigrationFolder listed;
  listed.layout = Layout::Prisma;
  listed.path = folder;
  listed.findings = check_migration_lock(folder);

  std::vector<std::string> names;
  for (FolderEntry& entry : entries_of(folder)) {
    // Prisma takes directory entries of type "directory" only: files and symbolic links do not exist for it.
    if (entry.type == fs::file_type::directory) names.push_back(std::move(entry.name));
  }
  const std::vector<std::string> by_bytes =
      names;  // entries_of sorts by bytes, as engines before CLI 6.6 did
  if (!have_distinct_timestamps(names)) {
    std::stable_sort(names.begin(), names.end(),
                     [](const std::string& a, const std::string& b) { return locale_compare(a, b) < 0; });
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == by_bytes[i]) continue;
    listed.findings.push_back(
        folder_finding("migration-order", Severity::Warning, folder / names[i], names[i],
                       fmt::format("Prisma 6.6 and later apply \"{}\" where older versions apply \"{}\": "
                                   "folder names are compared as words, formerly as bytes",
                                   names[i], by_bytes[i]),
                       "start every folder with a 14-digit timestamp and use only a-z, 0-9 and _ after it"));
    break;
  }
  listed.files.reserve(names.size());
  for (const std::string& name : names) {
    MigrationFile file;
    file.name = name;
    file.version = leading_digits(name);
    file.folder = inside(folder, name);
    file.file = inside(file.folder, "migration.sql");
    struct stat info {};
    if (::lstat(file.file.c_str(), &info) == 0) {
      listed.files.push_back(std::move(file));
      continue;
    }
    listed.findings.push_back(
        folder_finding("folder-without-migration", Severity::Error, file.folder, name,
                       fmt::format("\"{}\" holds no migration.sql: `prisma migrate deploy` applies what "
                                   "sorts before it, then stops with P3015 and leaves the rest",
                                   name),
                       "remove the folder or move it out of the migrations folder"));
  }
  return listed;
}

std::vector<Finding> check_migration_lock(const fs::path& migrations_folder) {
  const fs::path file = migrations_folder / "migration_lock.toml";
  std::error_code error;
  if (!fs::exists(file, error)) return {};
  const std::string text = read_file(file);
  const std::optional<std::string> provider = provider_as_prisma_reads(text);
  if (provider && is_postgresql(*provider)) return {};
  const std::optional<std::string> meant = lock_provider_as_toml(text);
  if (meant && !is_postgresql(*meant)) {
    throw Error(
        fmt::format("{}: this history is for \"{}\"; planner knows PostgreSQL only", shown(file), *meant),
        "name the folders planner should look at, or list them in planner.toml");
  }
  return {folder_finding(
      "migration-lock", Severity::Error, file, "migration_lock.toml",
      meant ? "Prisma cuts the provider out of this file by text and does not find \"postgresql\" in it: "
              "deploy, status and dev stop with P3019"
            : "this file names no provider that Prisma can read: deploy, status and dev stop with P3019",
      "write the line exactly as `provider = \"postgresql\"`, with nothing behind it")};
}

Tool prisma_tool_of(const std::string& version_or_range) {
  // Prisma 7.4.0 is the first that sends statements one by one (measured; facts on Prisma, section 2).
  const auto splits = [](const Version& version) {
    return version.major > 7 || (version.major == 7 && version.minor >= 4);
  };
  std::string text = version_or_range;
  text.erase(0, text.find_first_not_of(" v="));
  if (text.empty()) return Tool::PrismaUnknown;
  if (text.find_first_of(" |<*x") != std::string::npos) return Tool::PrismaUnknown;
  const char mark = text.front();
  if (mark == '^' || mark == '~' || mark == '>') text.erase(0, text.find_first_of("0123456789"));
  const std::optional<Version> version = version_in(text);
  if (!version) return Tool::PrismaUnknown;
  if (splits(*version)) return version->major == 7 ? Tool::PrismaSplit : Tool::PrismaUnknown;
  const bool may_rise = mark == '>' || (mark == '^' && version->major == 7) || !version->has_minor;
  if (mark == '>' || (may_rise && version->major == 7)) return Tool::PrismaUnknown;
  return Tool::PrismaWhole;
}

DetectedTool detect_prisma_version(const fs::path& migrations_folder, const fs::path& top) {
  std::error_code error;
  const fs::path stop = fs::weakly_canonical(top, error);
  DetectedTool found;
  fs::path up = migrations_folder.empty() ? fs::path(".") : migrations_folder;
  for (fs::path at = fs::weakly_canonical(migrations_folder, error);; at = at.parent_path(), up /= "..") {
    const fs::path installed = up / "node_modules" / "prisma" / "package.json";
    if (is_file(installed)) {
      const std::optional<nlohmann::json> package = read_json(installed);
      if (package && package->contains("version") && (*package)["version"].is_string()) {
        const std::string version = (*package)["version"].get<std::string>();
        return {prisma_tool_of(version), fmt::format("{} is {}", shown(installed.parent_path()), version)};
      }
    }
    const fs::path package_file = up / "package.json";
    if (found.evidence.empty() && is_file(package_file)) {
      if (const std::optional<nlohmann::json> package = read_json(package_file)) {
        const std::string range = wanted_prisma(*package);
        if (!range.empty())
          found = {prisma_tool_of(range), fmt::format("{} asks for prisma {}", shown(package_file), range)};
      }
    }
    // A range that allows versions of both kinds is decided by what was installed.
    if (found.tool == Tool::PrismaUnknown && !found.evidence.empty()) {
      if (const auto locked = locked_versions(up, "prisma"))
        return tool_of_locked(*locked, up / locked->file);
    }
    if (at == stop || !at.has_relative_path()) return found;
  }
}

}  // namespace planner::project
