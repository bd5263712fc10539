#include "src/commands/settings.h"

#include <fmt/core.h>

#include <algorithm>

#include "planner/error.h"
#include "rules/registry.h"
#include "rules/team_rule.h"
#include "src/project/files.h"

namespace planner::commands {
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

Ownership ownership_of(const project::Config& config, const std::string& service) {
  Ownership ownership;
  ownership.service = service;
  bool owns = false;
  for (const project::ServiceConfig& each : config.services) {
    if (each.tables.empty()) continue;
    ownership.owners.push_back({each.name, each.tables});
    owns = owns || each.name == service;
  }
  for (const project::OwnerConfig& owner : config.owners)
    ownership.owners.push_back({owner.name, owner.tables});
  ownership.by_migration = !owns;
  return ownership;
}

RuleBook::RuleBook(const project::Config& config) : all_(all_rules()) {
  for (const rules::TeamRule& team : config.team_rules) {
    team_.push_back(team);
    made_.push_back(rules::make_rule(team_.back()));
    all_.push_back(&made_.back());
  }
}

std::vector<Finding> as_configured(std::vector<Finding> findings, const project::Config& config) {
  std::vector<Finding> kept;
  for (Finding& finding : findings) {
    const Rule* rule = find_rule(finding.rule);
    const auto set = config.rules.find(finding.rule);
    if (set != config.rules.end()) {
      if (set->second.severity == Severity::Off) continue;
      finding.severity = std::min(finding.severity, set->second.severity);
    } else if (rule != nullptr && rule->opt_in && !config.hygiene) {
      continue;
    }
    kept.push_back(std::move(finding));
  }
  return kept;
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
  std::vector<std::string> known;
  for (const Rule* rule : all_rules()) known.emplace_back(rule->id);
  for (const rules::TeamRule& team : config.team_rules) known.push_back(team.id);
  for (const auto& [id, setting] : config.rules) {
    if (std::find(known.begin(), known.end(), id) != known.end()) continue;
    throw Error(fmt::format("{}:{}: there is no rule `{}`", project::shown(config.file), setting.line, id),
                fmt::format("did you mean `{}`? `planner rules` lists them all",
                            project::nearest(id, known, 1).front()));
  }
}

}  // namespace planner::commands
