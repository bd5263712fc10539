#include "planner/compose/compose.h"

namespace planner {

std::vector<StepLock> strong_locks(const Effects& effects, const Schema& schema) {
  std::vector<StepLock> locks;
  for (const RelationLock& lock : effects.locks) {
    if (lock.created || lock.mode < LockMode::ShareUpdateExclusive) continue;
    // LOCK TABLE takes tables and views only; indexes and sequences are locked by way of their table.
    if (lock.kind != LockedKind::Table && lock.kind != LockedKind::View) continue;
    const Table* table = schema.table(lock.relation);
    if (table != nullptr && (table->is_new || table->kind == RelationKind::ForeignTable)) continue;
    // LOCK TABLE on a parent locks its partitions too.
    if (table != nullptr && table->partition_of && effects.lock_on(*table->partition_of) >= lock.mode)
      continue;
    locks.push_back({lock.relation, lock.mode, "for a moment (catalogue only)"});
  }
  return locks;
}

}  // namespace planner
