#include "rules/about.h"

namespace planner::rules {
// The engine makes these findings when all other rules have spoken (planner/engine_judge.cpp).
extern const Rule ignore_without_reason;
const Rule ignore_without_reason{.id = "ignore-without-reason",
                                 .summary = "A planner:ignore comment must say why",
                                 .severity = Severity::Warning,
                                 .category = Category::Hygiene};

}  // namespace planner::rules
