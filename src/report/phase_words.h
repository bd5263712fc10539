#pragma once

#include <string_view>

#include "planner/plan.h"

/// What every report says of a phase in the same words.
namespace planner::report {

/// Null: it takes none.
const StepLock* strongest_lock(const Phase& phase);

/// `old release`: who may run once the phase is applied.
std::string_view window_words(Window window);
/// `the old release`
std::string_view window_with_article(Window window);

}  // namespace planner::report
