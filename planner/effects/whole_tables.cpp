#include <algorithm>

#include "planner/effects/rows.h"

/// TRUNCATE and LOCK TABLE: what takes whole tables, and those that belong to them.
namespace planner::physics {
namespace {

LockMode mode_of(std::string_view words) {
  for (const LockMode mode :
       {LockMode::AccessShare, LockMode::RowShare, LockMode::RowExclusive, LockMode::ShareUpdateExclusive,
        LockMode::Share, LockMode::ShareRowExclusive, LockMode::Exclusive}) {
    if (lock_name(mode) == words) return mode;
  }
  return LockMode::AccessExclusive;
}

void lock_relation_tree(Builder& b, const ObjectName& name, LockMode mode, bool only) {
  for (const TableName& each : b.family(name, only)) b.lock(each, mode);
  const View* view = b.schema.views.find(name);
  if (view == nullptr || view->materialized) return;
  const auto below = [&](const ObjectName& base) {
    const View* other = b.schema.views.find(base);
    if (other == nullptr || !other->materialized) lock_relation_tree(b, base, mode, false);
  };
  for (const auto& [base, columns] : view->reads) below(base);
  for (const ObjectName& base : view->reads_all_of) below(base);
}

}  // namespace

void apply(Builder& b, const Truncate& truncate) {
  std::vector<TableName> all;
  const auto add = [&](const TableName& name) {
    for (TableName& each : b.family(name)) {
      if (std::find(all.begin(), all.end(), each) == all.end()) all.push_back(std::move(each));
    }
  };
  for (std::size_t i = 0; i < truncate.tables.size(); ++i) {
    const TableName name = b.schema.resolve_relation(truncate.tables[i]);
    require_relation(b, name);
    if (b.schema.views.contains(name) || b.schema.sequences.contains(name) ||
        b.schema.index_tables.contains(name)) {
      b.fail("42809", "\"" + name.name.str() + "\" is not a table");
      continue;
    }
    const Table* table = b.schema.tables.find(name);
    judge_foreign_change(b, name, "be truncated");
    const bool only = i < truncate.only.size() && truncate.only[i];
    if (only && table != nullptr && table->partition_by)
      b.fail("42809", "cannot truncate only a partitioned table");
    if (!only) {
      add(name);
    } else if (std::find(all.begin(), all.end(), name) == all.end()) {
      all.push_back(name);
    }
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (const Schema::Reference& reference : references_with_parents(b, all[i])) {
      if (std::find(all.begin(), all.end(), reference.from) != all.end()) continue;
      if (truncate.cascade == Cascade::Cascade) {
        // The key is the table's own (and its partitions'): what inherits from it does not refer to anybody.
        const Table* from = b.schema.tables.find(reference.from);
        if (from != nullptr && from->partition_by) {
          add(reference.from);
        } else {
          all.push_back(reference.from);
        }
      } else {
        const std::vector<TableName> under = b.family(reference.from);
        const bool named =
            std::any_of(truncate.tables.begin(), truncate.tables.end(), [&](const TableName& written) {
              return std::find(under.begin(), under.end(), b.schema.resolve_relation(written)) != under.end();
            });
        if (!named)
          b.fail("0A000", "cannot truncate a table referenced in a foreign key constraint by \"" +
                              reference.from.name.str() + "\"");
      }
    }
  }
  b.effects.truncates_data = true;
  for (const TableName& name : all) {
    b.lock(name, LockMode::AccessExclusive);
    const Table* table = b.schema.tables.find(name);
    if (table == nullptr || table->kind == RelationKind::Table) b.effects.rewrites.push_back(name);
    if (table == nullptr) continue;
    for (const Index& index : table->indexes) {
      if (table->kind != RelationKind::Table) continue;
      b.lock(index.name, LockMode::AccessExclusive, LockedKind::Index);
      b.index(index.name, name, IndexWork::Rebuilt);
    }
    if (!truncate.restart_identity) continue;
    for (const ObjectName& sequence : table->owned_sequences) {
      b.lock(sequence, LockMode::AccessExclusive, LockedKind::Sequence);
      b.new_sequence_file(sequence);
    }
  }
}

void apply(Builder& b, const LockTable& lock) {
  const LockMode mode = mode_of(lock.mode);
  for (std::size_t i = 0; i < lock.tables.size(); ++i) {
    const ObjectName name = b.schema.resolve_relation(lock.tables[i]);
    require_relation(b, name);
    lock_relation_tree(b, name, mode, i < lock.only.size() && lock.only[i]);
  }
}

}  // namespace planner::physics
