#include "tests/proof/phase_findings.h"

#include "planner/compose/compose.h"
#include "planner/phase_findings.h"
#include "plans/registry.h"
#include "rules/registry.h"

namespace planner::test {

std::vector<std::string> errors_in_phases(const Schema& before, const Plan& plan, Tool tool) {
  History history;
  // drizzle cannot deploy every phase: planner does.
  history.tool = tool == Tool::Drizzle ? Tool::Psql : tool;
  AnalyzeOptions options;
  for (const Phase& phase : plan.phases) {
    Migration migration;
    const std::string place = std::to_string(100 + history.migrations.size());
    migration.name = "20250101000" + place + "_" + plan.name + "_" + phase.folder;
    migration.path = "prisma/migrations/" + migration.name + "/migration.sql";
    migration.text = migration_text(plan, phase);
    migration.pending = true;
    // What releasing it tells the tool.
    migration.no_transaction_marker = phase.commits;
    history.migrations.push_back(std::move(migration));
  }
  options.base = &before;
  options.each_alone = true;
  options.recipes = &all_recipes();
  std::vector<std::string> lines;
  for (JudgedMigration& judged : analyze(history, all_rules(), options).judged) {
    const Phase& phase = plan.phases[judged.index];
    settle_phase_findings({plan.name, phase.folder, phase.window}, judged.findings);
    for (const Finding& finding : judged.findings) {
      if (finding.severity != Severity::Error || !finding.suppressed_by.empty()) continue;
      lines.push_back(phase.folder + ": " + finding.rule + ": " + finding.message);
    }
  }
  return lines;
}

}  // namespace planner::test
