#pragma once

#include "planner/replay/internal.h"

namespace planner::replaying {

/// Indexes, foreign keys and triggers of the parent appear on a partition that was just made or attached.
void adopt_partition(Context& context, const TableName& parent, const TableName& partition);

/// Refuses a bound of another kind than the parent's, an empty one, and one that overlaps another
/// partition's.
void require_free_bound(const Schema& schema, const TableName& parent, const PartitionBound& bound,
                        const TableName& partition);

}  // namespace planner::replaying
