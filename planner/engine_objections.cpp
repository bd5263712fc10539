#include "planner/engine_objections.h"

#include <memory>
#include <utility>

#include "planner/delivery.h"
#include "planner/engine_judge.h"
#include "planner/engine_verbatim.h"

namespace planner {

Objection objection_of(const Finding& finding, const Operation& operation, const Effects& effects,
                       std::size_t statements) {
  if (finding.severity != Severity::Error || !finding.suppressed_by.empty() ||
      finding.category == Category::Hygiene)
    return Objection::None;
  const bool about_releases =
      finding.category == Category::BreaksRelease || finding.category == Category::LosesData;
  if (about_releases && takes_away(operation)) return Objection::AfterOldRelease;
  if (statements > 1 && finding.about_neighbours &&
      (finding.category == Category::Blocks || effects.outside_transaction))
    return Objection::Apart;
  return Objection::Refused;
}

SplitResult::Problem refusal_of(const Finding& finding, const Intention& intention) {
  const bool in_block = std::holds_alternative<std::shared_ptr<const DoBlock>>(intention.operation);
  SplitResult::Problem problem;
  problem.what = finding.message + ".";
  // What has a recipe is only hidden from it.
  problem.what_to_do =
      in_block && !finding.recipe.empty() ? "Write the statement outside the block." : finding.help + ".";
  problem.sources = intention.sources;
  return problem;
}

std::vector<Finding> findings_before_split(const History& history, std::size_t migration, Schema start,
                                           const RuleSet& rules, const RecipeSet& recipes,
                                           RuleSettings settings, const SplitOptions& asked) {
  // Who may change a table is not a matter of phases.
  settings.ownership = {};
  settings.effects = asked.effects;
  AnalyzeOptions options;
  options.rules = std::move(settings);
  options.answers = asked.answers;
  options.recipes = &recipes;
  const Migration& judged = history.migrations.at(migration);
  const ParsedFile file = parse_file(judged.text);
  const std::vector<Delivered> ways =
      deliveries(file, judged.text, history.tool, judged.no_transaction_marker);
  const Replayed replayed = replay_pending(file, start);
  return judge_statements({history, judged, judged.name}, file, ways, replayed, rules, options).findings;
}

}  // namespace planner
