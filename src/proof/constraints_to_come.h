#pragma once

#include "planner/schema.h"
#include "src/proof/verify.h"

namespace planner {

/// The schema with the constraints the migration is about to add, so that the generated rows are ones it
/// accepts.
Schema with_constraints_to_come(Schema schema, const ProofInput& input);

}  // namespace planner
