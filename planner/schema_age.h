#pragma once

#include "planner/schema.h"

namespace planner {

/// Nothing is new any more: by the time a later migration is deployed, the application uses what earlier ones
/// made. `before`: what has not changed since then is not looked at.
void forget_new(Schema& now, const Schema& before = Schema());

}  // namespace planner
