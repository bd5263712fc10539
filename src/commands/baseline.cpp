#include "src/commands/baseline.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

#include "planner/error.h"
#include "src/project/files.h"

namespace planner::commands {
namespace {

constexpr const char* kFormat = "planner-baseline";
constexpr int kVersion = 1;

}  // namespace

std::string baseline_file(const std::string& given, const project::Config& config) {
  if (!given.empty()) return given;
  const std::string name = config.baseline.empty() ? "planner-baseline.json" : config.baseline;
  return (config.folder() / name).lexically_normal().string();
}

std::optional<std::string> existing_baseline(const std::string& given, const project::Config& config) {
  std::string file = baseline_file(given, config);
  if (project::is_file(file)) return file;
  if (given.empty() && config.baseline.empty()) return std::nullopt;
  throw Error(fmt::format("{}: there is no such baseline", file), "write it with --write-baseline");
}

std::size_t apply_baseline(const std::string& file, std::vector<Finding>& findings) {
  const nlohmann::json json = nlohmann::json::parse(project::read_file(file), nullptr, false);
  if (!json.is_object() || json.value("format", "") != kFormat || !json.contains("findings") ||
      !json["findings"].is_array()) {
    throw Error(fmt::format("{}: is no baseline of planner", file), "write it anew with --write-baseline");
  }
  if (json.value("version", 0) != kVersion)
    throw Error(fmt::format("{}: was written by another version of planner", file),
                "write it anew with --write-baseline");
  std::map<std::string, std::size_t> known;
  for (const nlohmann::json& entry : json["findings"]) {
    if (!entry.is_object() || !entry.contains("fingerprint") || !entry["fingerprint"].is_string()) {
      throw Error(fmt::format("{}: an entry has no fingerprint", file),
                  "write it anew with --write-baseline");
    }
    ++known[entry["fingerprint"].get<std::string>()];
  }
  for (Finding& finding : findings) {
    if (!finding.suppressed_by.empty()) continue;
    const auto found = known.find(finding.fingerprint);
    if (found == known.end() || found->second == 0) continue;
    --found->second;
    finding.in_baseline = true;
  }
  std::size_t left = 0;
  for (const auto& [fingerprint, count] : known) left += count;
  return left;
}

void write_baseline(const std::string& file, std::vector<Finding>& findings) {
  nlohmann::ordered_json json{{"format", kFormat}, {"version", kVersion}};
  std::vector<Finding*> held;
  for (Finding& finding : findings) {
    if (!finding.suppressed_by.empty()) continue;
    finding.in_baseline = true;
    held.push_back(&finding);
  }
  // Sorted, so that two people who add findings meet in few lines of a diff.
  std::stable_sort(held.begin(), held.end(), [](const Finding* a, const Finding* b) {
    return std::tie(a->service, a->migration, a->rule, a->object) <
           std::tie(b->service, b->migration, b->rule, b->object);
  });
  json["findings"] = nlohmann::ordered_json::array();
  for (const Finding* finding : held) {
    json["findings"].push_back({{"fingerprint", finding->fingerprint},
                                {"rule", finding->rule},
                                {"migration", finding->migration},
                                {"object", finding->object}});
  }
  project::write_file(file, json.dump(1) + "\n");
}

}  // namespace planner::commands
