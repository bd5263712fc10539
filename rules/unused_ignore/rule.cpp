#include "rules/about.h"

namespace planner::rules {
// The engine makes these findings when all other rules have spoken (planner/engine_judge.cpp).
extern const Rule unused_ignore;
const Rule unused_ignore{.id = "unused-ignore",
                         .summary = "A planner:ignore comment that silences nothing",
                         .severity = Severity::Warning,
                         .category = Category::Hygiene};

}  // namespace planner::rules
