#pragma once

#include <vector>

#include "planner/engine.h"

/// What the rules say against parts of a migration for which split() has no phases.
namespace planner {

enum class Objection {
  None,             ///< not about what the part does
  AfterOldRelease,  ///< it takes away what the old release uses: it waits until that is gone
  Apart,            ///< harmless by itself, not in one transaction with its neighbours
  Refused           ///< planner knows no phases for it; the rule says what a person can do
};

/// What `finding` means for an operation that stays as it was written. Warnings, suppressed findings and
/// hygiene never object.
Objection objection_of(const Finding& finding, const Operation& operation, const Effects& effects,
                       std::size_t statements);

/// The rule's own words as the reason why nothing is planned.
SplitResult::Problem refusal_of(const Finding& finding, const Intention& intention);

/// The findings of one migration that meets `start`, as analyze() has them before it looks whether `planner
/// split` has an answer.
std::vector<Finding> findings_before_split(const History& history, std::size_t migration, Schema start,
                                           const RuleSet& rules, const RecipeSet& recipes,
                                           RuleSettings settings, const SplitOptions& asked);

}  // namespace planner
