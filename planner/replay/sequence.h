#pragma once

#include "planner/schema.h"

namespace planner::replaying {

/// init_params of src/backend/commands/sequence.c: what CREATE and ALTER SEQUENCE make of their options.
void set_sequence_options(Sequence& sequence, const SequenceOptions& options, bool creating);

}  // namespace planner::replaying
