#include "src/project/lock_files.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "planner/error.h"
#include "src/project/files.h"

namespace planner::project {
namespace {

using Json = nlohmann::json;

void add(std::vector<std::string>& versions, std::string version) {
  if (version.empty() || version.front() < '0' || version.front() > '9') return;  // link:../packages/prisma
  if (std::find(versions.begin(), versions.end(), version) == versions.end())
    versions.push_back(std::move(version));
}

/// `node_modules/prisma` and `packages/api/node_modules/prisma`; before npm 7 only `dependencies`.
std::vector<std::string> from_npm(const Json& lock, std::string_view package) {
  std::vector<std::string> versions;
  const std::string suffix = "node_modules/" + std::string(package);
  const auto version_of = [](const Json& entry) {
    return entry.is_object() && entry.contains("version") && entry["version"].is_string()
               ? entry["version"].get<std::string>()
               : std::string();
  };
  if (lock.contains("packages") && lock["packages"].is_object()) {
    for (const auto& [place, entry] : lock["packages"].items()) {
      if (place == suffix || place.ends_with("/" + suffix)) add(versions, version_of(entry));
    }
    return versions;
  }
  if (!lock.contains("dependencies") || !lock["dependencies"].is_object()) return versions;
  const Json& all = lock["dependencies"];
  if (const auto found = all.find(std::string(package)); found != all.end())
    add(versions, version_of(*found));
  return versions;
}

/// bun.lock: `"prisma": ["prisma@6.1.0", ...]`. Commas before closing brackets are allowed there.
std::vector<std::string> from_bun(const std::string& text, std::string_view package) {
  std::vector<std::string> versions;
  const std::string entry = "[\"" + std::string(package) + "@";
  for (std::size_t at = text.find(entry); at != std::string::npos; at = text.find(entry, at + 1)) {
    const std::size_t begin = at + entry.size();
    add(versions, text.substr(begin, text.find('"', begin) - begin));
  }
  return versions;
}

std::string without_quotes(std::string text) {
  std::erase_if(text, [](char c) { return c == '"' || c == '\''; });
  return text;
}

/// Keys of pnpm's `packages:` and `snapshots:`: `prisma@6.1.0:`, `/prisma@6.1.0(typescript@5.3.3):`, and
/// `/prisma/5.1.0:` of older ones.
std::vector<std::string> from_pnpm(const std::string& text, std::string_view package) {
  std::vector<std::string> versions;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("  ") || line.starts_with("   ")) continue;
    std::string key = without_quotes(line.substr(2));
    if (key.starts_with("/")) key.erase(0, 1);
    if (!key.starts_with(std::string(package) + "@") && !key.starts_with(std::string(package) + "/"))
      continue;
    const std::size_t begin = package.size() + 1;
    add(versions, key.substr(begin, key.find_first_of(":(_", begin) - begin));
  }
  return versions;
}

/// yarn.lock: entries `prisma@^6.1.0:` (yarn 1) or `"prisma@npm:^6.1.0":` with `version "6.1.0"` or
/// `version: 6.1.0` below.
std::vector<std::string> from_yarn(const std::string& text, std::string_view package) {
  std::vector<std::string> versions;
  std::istringstream lines(text);
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.starts_with(" ")) {
      // One entry may answer for several ranges: `prisma@^6.0.0, prisma@^6.1.0:`.
      std::istringstream ranges(without_quotes(line));
      inside = false;
      for (std::string range; std::getline(ranges, range, ',');) {
        range.erase(0, range.find_first_not_of(' '));
        inside = inside || range.starts_with(std::string(package) + "@");
      }
      continue;
    }
    const std::string field = without_quotes(line.substr(line.find_first_not_of(' ')));
    if (!inside || !field.starts_with("version")) continue;
    add(versions, field.substr(std::min(field.find_first_of("0123456789"), field.size())));
  }
  return versions;
}

}  // namespace

std::optional<LockedVersions> locked_versions(const fs::path& folder, std::string_view package) {
  for (const char* name :
       {"package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock"}) {
    const fs::path file = folder / name;
    if (!is_file(file)) continue;
    std::string text;
    try {
      text = read_file(file);
    } catch (const Error&) {
      continue;
    }
    LockedVersions found{name, {}};
    const std::string_view kind = name;
    if (kind == "yarn.lock") {
      found.versions = from_yarn(text, package);
    } else if (kind == "pnpm-lock.yaml") {
      found.versions = from_pnpm(text, package);
    } else if (kind == "bun.lock") {
      found.versions = from_bun(text, package);
    } else if (const Json lock = Json::parse(text, nullptr, false); lock.is_object()) {
      found.versions = from_npm(lock, package);
    }
    if (!found.versions.empty()) return found;
  }
  return std::nullopt;
}

}  // namespace planner::project
