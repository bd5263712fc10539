#pragma once

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

/// `schema` is what the migration meets; afterwards what it leaves.
JudgedMigration judge_migration(const JudgedPlace& place, const ParsedFile& file,
                                const std::vector<Delivered>& deliveries, Schema& schema,
                                const RuleSet& rules, const AnalyzeOptions& options);

/// How `planner split` calls each migration: its purpose, or its whole name when another one has the same
/// purpose.
std::vector<std::string> split_names(const History& history);

}  // namespace planner
