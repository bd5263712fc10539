#include "src/commands/pending_risks.h"

#include <algorithm>

#include "plans/registry.h"
#include "rules/registry.h"
#include "src/commands/settings.h"
#include "src/database/live_schema.h"
#include "src/project/files.h"
#include "src/project/services.h"

namespace planner::commands {

std::optional<PendingRisk> first_risk(Environment& environment, const project::Service& service,
                                      const project::Config& config, const std::vector<bool>& judged) {
  project::LoadedHistory loaded = project::load_history(service);
  std::vector<Migration>& migrations = loaded.history.migrations;
  if (migrations.size() != environment.judged.files.size()) return std::nullopt;
  bool any = false;
  for (std::size_t i = 0; i < migrations.size(); ++i) {
    migrations[i].pending = judged[i] && environment.judged.files[i].state != MigrationState::Applied;
    any = any || migrations[i].pending;
  }
  if (!any) return std::nullopt;
  const Schema live = read_schema(*environment.session);
  const RuleBook rules(config);
  AnalyzeOptions options;
  options.rules = rule_settings(config);
  options.rules.ownership = ownership_of(config, service.name);
  options.recipes = &all_recipes();
  options.base = &live;
  const Analysis analysis = analyze(loaded.history, rules.all(), options);
  for (const JudgedMigration& each : analysis.judged) {
    for (const Finding& finding : each.findings) {
      if (finding.severity != Severity::Error || !finding.suppressed_by.empty()) continue;
      const std::string& name = migrations[each.index].name;
      const std::string purpose = purpose_of(name);
      const auto same = std::count_if(migrations.begin(), migrations.end(), [&](const Migration& other) {
        return purpose_of(other.name) == purpose;
      });
      return PendingRisk{same == 1 && !purpose.empty() ? purpose : name, finding.message,
                         !finding.recipe.empty()};
    }
  }
  return std::nullopt;
}

}  // namespace planner::commands
