#pragma once

#include <string>
#include <vector>

#include "planner/engine.h"
#include "tests/support/golden.h"

namespace planner::test {

/// A golden case as the engine sees it: `--- history` (SQL before), `--- name` (the migration's purpose),
/// `--- migration`,
/// `--- options` (`rename t.a=b`, `no-rename t.a`, `fill t.c=SQL`, `batch 3`, one a line).
struct PlanCase {
  History history;
  SplitOptions options;
  std::string rows;  ///< `--- rows`: SQL run after the history, before the migration

  const Migration& migration() const { return history.migrations.back(); }
  SplitResult split() const;
};

PlanCase read_plan_case(const GoldenCase& golden);

/// Everything a person gets: folders, migration.sql, rollback.sql, advice; or the refusal.
std::string plan_text(const SplitResult& result);

}  // namespace planner::test
