#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "planner/engine.h"
#include "src/proof/verify.h"

/// Real histories walked on a server: what becomes of each risky migration in the place where its team met
/// it.
namespace planner::test {

/// One history as its own tool applies it.
struct RealHistory {
  std::string name;  ///< `langfuse/langfuse main`
  Tool tool = Tool::PrismaUnknown;
  std::vector<Migration> migrations;
};
std::vector<RealHistory> real_histories(const std::filesystem::path& shared);

/// What became of one risky migration.
struct Outcome {
  std::string history, migration;
  std::string result;                          ///< proven, harmless, refused, unproven
  std::map<std::string, std::size_t> risky;    ///< by recipe (or kind of operation): risky operations
  std::map<std::string, std::size_t> refused;  ///< of those: refused ones
  std::vector<std::string> reasons;            ///< refused: why; unproven: what failed
};
std::string outcome_line(const Outcome& outcome);  ///< tab separated, without line breaks

struct WalkOptions {
  std::function<bool(const std::string& migration, std::size_t place)>
      chosen;  ///< which risky migrations are proven; empty: all
  int rows = 20;
};
/// What the migration leaves; what it makes is in use by then.
void replay_applied(Schema& schema, const std::string& sql);
/// What a history's own tool makes before its first migration.
std::string tool_setup(Tool tool);

/// Applies the history migration by migration; every risky one is split and proven on the state it meets.
std::vector<Outcome> walk_history(const ProofServer& server, const RealHistory& history,
                                  const WalkOptions& options);

/// Splits one migration with the answers a person would have to give: a value for every required column, yes
/// for loss, `renamed` for every guessed rename; `given` is said from the start and holds all answers
/// afterwards.
SplitResult split_answered(const Schema& before, const Migration& migration, Tool tool, SplitOptions& given,
                           bool renamed);

/// Splits one migration so, and proves the plan. `template_database` holds the history before it.
Outcome outcome_of(const ProofServer& server, const std::string& template_database, const Schema& before,
                   const Migration& migration, Tool tool, int rows, bool renamed = false,
                   SplitOptions given = {});

}  // namespace planner::test
