#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "planner/finding.h"
#include "planner/migration.h"
#include "planner/plan.h"
#include "planner/rule.h"

namespace planner {

using RuleSet = std::vector<const Rule*>;
/// Recipe by id (`rename-column`) -> steps for an intention. Given from outside: planner/ does not know
/// plans/.
struct Recipe {
  std::string_view id;
  std::string_view summary;
  std::function<std::optional<RecipeResult>(const Intention&, const RecipeContext&)>
      make;  ///< nullopt: not about this intention
};
using RecipeSet = std::vector<const Recipe*>;

/// One judged migration.
struct JudgedMigration {
  std::size_t index = 0;  ///< into History::migrations
  std::size_t statements = 0;
  std::vector<Intention> intentions;    ///< only with AnalyzeOptions::keep_intentions
  std::vector<Intention> questions;     ///< not with AnalyzeOptions::each_alone
  std::vector<std::string> deliveries;  ///< how the file may be sent, a sentence each
  std::vector<Finding> findings;
  /// Findings that hold only if the end of the whole history bears them out; analyze() decides and empties
  /// it.
  std::vector<std::pair<Finding, std::function<bool(const Schema&)>>> open;
  /// Tables from before this migration whose readers or writers wait for it, each with the strongest lock;
  /// only with AnalyzeOptions::keep_locks.
  std::vector<RelationLock> locks;
  std::size_t found = 0;          ///< how many findings there are, also after somebody took them
  std::size_t not_looked_at = 0;  ///< statements that were not understood
};

struct Analysis {
  std::vector<JudgedMigration> judged;
  Schema end;                     ///< after the whole history
  std::vector<std::string> gaps;  ///< what replay could not follow, with file and line
  std::size_t statements = 0;     ///< in all migrations read
  std::size_t unrecognized = 0;
};

struct AnalyzeOptions {
  RuleSettings rules;
  RenameAnswers answers;
  /// When set, replay starts here instead of at an empty schema (a live database), and only pending
  /// migrations are replayed.
  const Schema* base = nullptr;
  unsigned threads = 1;
  /// Judge each pending migration as if it were deployed alone (`--all`): a table made by an earlier one has
  /// rows and readers by then. Otherwise the pending ones are one deployment and what they create is new to
  /// all of them.
  bool each_alone = false;
  bool keep_intentions = false;
  bool keep_locks = false;
  /// Recipes there are: a help ends in `planner split NAME` only when the rule's recipe is among them. Null:
  /// all are.
  const RecipeSet* recipes = nullptr;
};

/// Replays the whole history, judges the pending migrations. Pure: no file, socket, clock or environment.
Analysis analyze(const History& history, const RuleSet& rules, const AnalyzeOptions& options);

struct SplitResult {
  enum class Outcome { Planned, NothingToDo, Refused, NeedsAnswer } outcome = Outcome::Planned;
  Plan plan;
  struct Problem {
    std::string what, what_to_do;
    std::vector<SourceRef> sources;
  };
  std::vector<Problem> problems;  ///< Refused / NeedsAnswer: one per intention
  /// What became of one change of the migration.
  struct Decision {
    std::string statement;    ///< its first words
    std::string_view recipe;  ///< empty: no recipe speaks for it
    RecipeResult::Outcome outcome = RecipeResult::Outcome::Steps;
    std::string reason;  ///< Harmless, Covered, Refused, NeedsAnswer: why
    std::vector<SourceRef> sources;
  };
  std::vector<Decision> decisions;        ///< in the order of the migration
  std::vector<std::string> explanations;  ///< NothingToDo: why each statement is harmless
  /// Findings, counted as they were given, that the plan answers without a recipe: the statement stays as it
  /// was written, in a phase of its own.
  std::vector<std::size_t> answered;
};

/// The same as split() for a migration that meets `start` and of which the rules say `findings`.
SplitResult split_from(const Migration& migration, Schema start, const RecipeSet& recipes,
                       const SplitOptions& options, const std::vector<Finding>& findings);

/// Rewrites one pending migration of the history into phases. No part of it that `rules` call an error is
/// taken for harmless.
SplitResult split(const History& history, std::size_t migration_index, const RuleSet& rules,
                  const RecipeSet& recipes, const SplitOptions& options, const RuleSettings& settings = {},
                  const Schema* base = nullptr);

}  // namespace planner
