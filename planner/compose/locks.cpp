#include <algorithm>

#include "planner/compose/compose.h"

namespace planner {

std::vector<StepLock> strong_locks(const Effects& effects, const Schema& schema) {
  std::vector<StepLock> locks;
  for (const RelationLock& lock : effects.locks) {
    if (lock.created || lock.mode < LockMode::ShareUpdateExclusive) continue;
    // Indexes and sequences are locked by way of their table.
    if (lock.kind == LockedKind::Index || lock.kind == LockedKind::Sequence) continue;
    const Table* table = schema.table(lock.relation);
    if (table != nullptr && (table->is_new || table->kind == RelationKind::ForeignTable)) continue;
    // LOCK TABLE on a parent locks its partitions too.
    if (table != nullptr && table->partition_of && effects.lock_on(*table->partition_of) >= lock.mode)
      continue;
    const View* view = schema.view(lock.relation);
    const bool scans = lock.mode == LockMode::ShareUpdateExclusive &&
                       std::any_of(effects.scans.begin(), effects.scans.end(),
                                   [&](const Scan& scan) { return scan.relation == lock.relation; });
    locks.push_back(
        {lock.relation, lock.mode,
         scans ? "while every row is read; reads and writes go on" : "for a moment (catalogue only)",
         view != nullptr && view->materialized});
  }
  return locks;
}

}  // namespace planner
