#pragma once

#include <memory>
#include <string>
#include <vector>

#include "planner/engine.h"

/// Judging one pending migration: what analyze() does after replaying everything before it.
namespace planner {

struct JudgedPlace {
  const History& history;
  const Migration& migration;
  const std::string& split_name;  ///< how `planner split` calls it
};

/// A migration's way through the schema.
struct Replayed {
  /// What each statement meets; what a statement leaves as it was is held once.
  std::vector<std::shared_ptr<const Schema>> before;
  Schema after;  ///< what the last one leaves, its session still open
  std::vector<StatementProblem> problems;

  /// What the migration meets.
  const Schema& start() const { return before.empty() ? after : *before.front(); }
};
/// Applies a pending migration to `schema` and ends its session.
Replayed replay_pending(const ParsedFile& file, Schema& schema);

/// What the rules say, before anybody looks whether `planner split` has an answer.
JudgedMigration judge_statements(const JudgedPlace& place, const ParsedFile& file,
                                 const std::vector<Delivered>& deliveries, const Replayed& replayed,
                                 const RuleSet& rules, const AnalyzeOptions& options);

/// The same, with the command that answers each finding.
JudgedMigration judge_migration(const JudgedPlace& place, const ParsedFile& file,
                                const std::vector<Delivered>& deliveries, const Replayed& replayed,
                                const RuleSet& rules, const AnalyzeOptions& options);

/// How `planner split` calls each migration: its purpose, or its whole name when another one has the same
/// purpose.
std::vector<std::string> split_names(const History& history);

}  // namespace planner
