#include "rules/about.h"

namespace planner::rules {
// The engine makes these findings when all other rules have spoken (planner/engine_judge.cpp).
extern const Rule unknown_ignore;
const Rule unknown_ignore{.id = "unknown-ignore",
                          .summary = "A planner:ignore comment that names no rule there is",
                          .severity = Severity::Warning,
                          .category = Category::Hygiene};

}  // namespace planner::rules
