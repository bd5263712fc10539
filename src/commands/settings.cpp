#include "src/commands/settings.h"

#include <fmt/core.h>

#include <algorithm>

#include "planner/error.h"
#include "rules/registry.h"
#include "src/project/files.h"

namespace planner::commands {
namespace {

/// What src/project finds in folders, beside the rules that look at SQL.
const std::vector<std::string>& folder_rules() {
  static const std::vector<std::string> ids{"folder-without-migration", "migration-lock", "migration-order"};
  return ids;
}

}  // namespace

RuleSettings rule_settings(const project::Config& config) {
  RuleSettings settings;
  if (config.server_version) settings.effects.server_version = *config.server_version;
  if (config.time_zone) {
    settings.effects.time_zone = *config.time_zone;
    settings.effects.time_zone_known = true;
  }
  if (config.small_table_rows) settings.small_table_rows = *config.small_table_rows;
  settings.include_hygiene = config.hygiene;
  for (const auto& [id, rule] : config.rules) settings.severities[id] = rule.severity;
  return settings;
}

Severity fail_level(const std::string& word, const project::Config& config) {
  if (word.empty()) return config.fail_on.value_or(Severity::Error);
  if (word == "never") return Severity::Off;
  const std::optional<Severity> level = severity_from_name(word);
  if (!level || *level == Severity::Off) {
    throw Error(fmt::format("--fail-on does not know \"{}\"", word), "use error, warning, info or never");
  }
  return *level;
}

void check_rule_names(const project::Config& config) {
  std::vector<std::string> known = folder_rules();
  for (const Rule* rule : all_rules()) known.emplace_back(rule->id);
  for (const auto& [id, setting] : config.rules) {
    if (std::find(known.begin(), known.end(), id) != known.end()) continue;
    throw Error(fmt::format("{}:{}: there is no rule `{}`", project::shown(config.file), setting.line, id),
                fmt::format("did you mean `{}`? `planner rules` lists them all", project::nearest(id, known, 1).front()));
  }
}

}  // namespace planner::commands
