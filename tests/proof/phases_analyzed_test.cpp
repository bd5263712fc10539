// What planner's own rules say about the phases that split emits: nothing at error level.

#include <gtest/gtest.h>

#include "planner/error.h"
#include "planner/replay/replay.h"
#include "tests/plans/plan_case.h"
#include "tests/proof/outcomes.h"
#include "tests/proof/phase_findings.h"
#include "tests/support/files.h"
#include "tests/support/paths.h"

namespace planner::test {
namespace {

TEST(PhasesAnalyzed, plan_cases_have_no_errors) {
  const std::filesystem::path cases = source_dir() / "tests" / "plans" / "cases";
  std::size_t plans = 0;
  for (const std::string& file : files_below(cases)) {
    if (!file.ends_with(".golden")) continue;
    SCOPED_TRACE(file);
    const PlanCase given = read_plan_case(parse_golden(cases / file));
    const SplitResult result = given.split();
    if (result.outcome != SplitResult::Outcome::Planned) continue;
    ++plans;
    Schema before;
    replay_applied(before, given.history.migrations.front().text);
    for (const std::string& line : errors_in_phases(before, result.plan, given.history.tool))
      ADD_FAILURE() << line;
  }
  EXPECT_GT(plans, 30U);
}

TEST(PhasesAnalyzed, plans_of_real_histories_have_no_errors) {
  PLANNER_SHARED_OR_SKIP(shared);
  std::size_t plans = 0;
  for (const RealHistory& history : real_histories(shared)) {
    Schema schema;
    replay_applied(schema, tool_setup(history.tool));
    for (const Migration& migration : history.migrations) {
      SplitOptions options;
      const SplitResult result = split_answered(schema, migration, history.tool, options, false);
      if (result.outcome == SplitResult::Outcome::Planned) {
        ++plans;
        for (const std::string& line : errors_in_phases(schema, result.plan, history.tool))
          ADD_FAILURE() << history.name << " " << migration.name << " " << line;
      }
      replay_applied(schema, migration.text);
    }
  }
  EXPECT_GT(plans, 0U);
}

}  // namespace
}  // namespace planner::test
