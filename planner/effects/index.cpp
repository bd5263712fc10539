#include <algorithm>

#include "planner/effects/build.h"

/// Indexes, and maintenance that makes them anew.
namespace planner::physics {
namespace {

/// The table (or materialized view) of an index by the index's qualified name.
std::optional<TableName> table_of(const Builder& b, const ObjectName& index) {
  const TableName* of = b.schema.index_tables.find(index);
  return of == nullptr ? std::nullopt : std::optional(*of);
}

void scan_what_is_built(Builder& b) {
  for (const IndexEffect& effect : b.effects.indexes) {
    if (effect.work != IndexWork::Built) continue;
    const Table* table = b.schema.tables.find(effect.table);
    if (table == nullptr || table->kind == RelationKind::Table) b.scan(effect.table, ScanReason::IndexBuild);
  }
}

void rebuild(Builder& b, const Index& index, const TableName& of) {
  b.lock(index.name, LockMode::AccessExclusive, LockedKind::Index);
  b.index(index.name, of, IndexWork::Rebuilt);
  b.scan(of, ScanReason::IndexBuild);
}

}  // namespace

void lock_indexes_taken_over(Builder& b, const TableName& table, const Schema& before, LockMode mode) {
  for (const TableName& partition : b.partitions(table)) {
    const Table* leaf = b.schema.tables.find(partition);
    const Table* was = before.tables.find(partition);
    if (leaf == nullptr || was == nullptr) continue;
    for (const Index& index : leaf->indexes) {
      const Index* old = was->index(index.name.name);
      if (old != nullptr && old->parent.empty() && !index.parent.empty())
        b.lock(index.name, mode, LockedKind::Index);
    }
  }
}

void apply(Builder& b, const CreateIndex& create) {
  const TableName table = b.schema.resolve_relation(create.table);
  const Table* held = b.schema.tables.find(table);
  const bool known = held != nullptr || b.schema.views.contains(table);
  const LockMode mode = create.concurrently ? LockMode::ShareUpdateExclusive : LockMode::Share;
  b.lock(table, mode);
  b.effects.waits_even_if_noop = create.if_not_exists;
  if (create.concurrently) {
    b.refuse_in_transaction();
    b.effects.waits_for_old_snapshots = true;
  }
  const bool partitioned = held != nullptr && held->kind == RelationKind::PartitionedTable;
  if (partitioned && !create.only) {
    for (const TableName& partition : b.partitions(table)) b.lock(partition, mode);
  }
  if (known) judge_index(b, create, table);
  if (!create.name.empty() && b.schema.index_tables.contains(ObjectName(table.schema, create.name))) {
    // Found only once the locks are held and the definition is checked, but before partitions get theirs.
    CreateIndex probe = create;
    probe.name = Identifier();
    probe.if_not_exists = false;
    probe.only = true;
    Schema copy = b.schema;
    for (const ReplayProblem& problem : replay(copy, Operation(probe))) {
      if (!problem.sqlstate.empty()) b.fail(problem.sqlstate, problem.message);
    }
    if (create.if_not_exists) return;
  }
  if (partitioned && create.concurrently) {
    b.fail("0A000", "cannot create index on partitioned table \"" + table.name.str() + "\" concurrently");
    return;
  }
  if (partitioned && !create.only) {
    for (const TableName& partition : b.partitions(table)) {
      const Table* leaf = b.schema.tables.find(partition);
      if (leaf != nullptr && leaf->kind == RelationKind::ForeignTable && create.unique) {
        b.fail("42809", "cannot create unique index on partitioned table \"" + table.name.str() +
                            "\": it has foreign tables as partitions");
      }
    }
  }
  const Schema before = b.schema;
  const bool applied = b.advance_by(create);
  if (create.unique) b.fail_on_data("23505", "rows may hold the same value twice");
  if (!known) {
    b.unknown("table " + display(table) + " is not known here");
    b.scan(table, ScanReason::IndexBuild);
  }
  if (!applied) return;
  lock_indexes_taken_over(b, table, before, mode);
  if (create.concurrently) {
    // The new index is only locked in passing.
    std::erase_if(b.effects.locks, [](const RelationLock& l) { return l.kind == LockedKind::Index; });
  }
  scan_what_is_built(b);
}

void apply(Builder& b, const DropIndex& drop) {
  const ObjectName name = b.schema.resolve_relation(drop.index);
  const auto table = table_of(b, name);
  if (drop.concurrently) {
    b.refuse_in_transaction();
    b.effects.waits_for_old_snapshots = true;
  }
  if (!table) {
    if (b.schema.tables.contains(name) || b.schema.views.contains(name)) {
      b.fail("42809", "\"" + name.name.str() + "\" is not an index");
      return;
    }
    // IF EXISTS on a missing index takes no lock at all.
    if (drop.if_exists) return;
    b.lock(name, LockMode::AccessExclusive, LockedKind::Index);
    b.unknown("index " + display(name) + " is not known here: its table is locked as well");
    b.advance_quietly_by(drop);
    return;
  }
  const LockMode mode = drop.concurrently ? LockMode::ShareUpdateExclusive : LockMode::AccessExclusive;
  b.lock(*table, mode);
  const Table* held = b.schema.tables.find(*table);
  const Index* index = held == nullptr ? nullptr : held->index(name.name);
  if (index != nullptr && held->kind == RelationKind::PartitionedTable) {
    if (drop.concurrently)
      b.fail("0A000", "cannot drop partitioned index \"" + name.name.str() + "\" concurrently");
    for (const TableName& partition : b.partitions(*table)) b.lock(partition, mode);
  }
  if (index != nullptr && !index->parent.empty()) {
    b.fail("2BP01", "cannot drop index " + name.name.str() + " because index " + index->parent.name.str() +
                        " requires it");
  }
  if (drop.concurrently && drop.cascade == Cascade::Cascade)
    b.fail("0A000", "DROP INDEX CONCURRENTLY does not support CASCADE");
  if (b.failed()) return;
  if (drop.concurrently) {
    if (b.advance_quietly_by(drop)) b.index(name, *table, IndexWork::Dropped);
    return;
  }
  b.advance_by(drop);
}

void apply(Builder& b, const RenameIndex& rename) {
  const ObjectName name = b.schema.resolve_relation(rename.index);
  // ALTER INDEX on something else renames it with that one's lock.
  const bool other =
      b.schema.tables.contains(name) || b.schema.views.contains(name) || b.schema.sequences.contains(name);
  if (rename.if_exists && !other && !table_of(b, name)) return;
  b.lock(name, other || b.major() < 12 ? LockMode::AccessExclusive : LockMode::ShareUpdateExclusive,
         other ? b.kind_of(name) : LockedKind::Index);
  b.advance_quietly_by(rename);
}

void apply(Builder& b, const AttachIndexPartition& attach) {
  const ObjectName parent = b.schema.resolve_relation(attach.index);
  const ObjectName child = b.schema.resolve_relation(attach.partition);
  b.lock(parent, LockMode::ShareUpdateExclusive, LockedKind::Index);
  b.lock(child, LockMode::AccessExclusive, LockedKind::Index);
  const auto above = table_of(b, parent);
  const auto below = table_of(b, child);
  if (above) b.lock(*above, LockMode::AccessShare);
  const Table* leaf = below ? b.schema.tables.find(*below) : nullptr;
  const Index* part = leaf == nullptr ? nullptr : leaf->index(child.name);
  const bool elsewhere = part != nullptr && !part->parent.empty() && part->parent != parent;
  if (above && leaf != nullptr && (leaf->partition_of != *above || elsewhere))
    b.fail("55000", "cannot attach index \"" + child.name.str() + "\" as a partition of index \"" +
                        parent.name.str() + "\"");
  b.advance_quietly_by(attach);
}

void apply(Builder& b, const Reindex& reindex) {
  const LockMode mode = reindex.concurrently ? LockMode::ShareUpdateExclusive : LockMode::Share;
  if (reindex.concurrently) {
    b.refuse_in_transaction();
    b.effects.waits_for_old_snapshots = true;
  }
  const auto reindex_table = [&](const TableName& name, LockMode lock) {
    b.lock(name, lock);
    const Table* table = b.schema.tables.find(name);
    const View* view = b.schema.views.find(name);
    const SharedList<Index>* indexes = table != nullptr  ? &table->indexes
                                       : view != nullptr ? &view->indexes
                                                         : nullptr;
    if (indexes == nullptr || (table != nullptr && table->kind != RelationKind::Table)) return;
    for (const Index& index : *indexes) {
      if (reindex.concurrently || lock == LockMode::None) {
        b.index(index.name, name, IndexWork::Rebuilt);
        b.scan(name, ScanReason::IndexBuild);
      } else {
        rebuild(b, index, name);
      }
    }
  };
  /// Each partition is done in a transaction of its own.
  const auto reindex_partitions = [&](const TableName& of) {
    b.refuse_in_transaction();
    for (const TableName& partition : b.partitions(of)) {
      const Table* leaf = b.schema.tables.find(partition);
      b.lock(partition, LockMode::Share);
      if (leaf == nullptr || leaf->kind != RelationKind::Table) continue;
      for (const Index& index : leaf->indexes) {
        b.index(index.name, partition, IndexWork::Rebuilt);
        b.scan(partition, ScanReason::IndexBuild);
      }
    }
  };
  switch (reindex.target) {
    case ReindexTarget::Index: {
      const ObjectName name = b.schema.resolve_relation(reindex.name);
      const auto table = table_of(b, name);
      if (is_known(b, name) || b.schema.sequences.contains(name)) {
        b.fail("42809", "\"" + name.name.str() + "\" is not an index");
        return;
      }
      require_relation(b, name);
      if (!table) {
        b.lock(name, reindex.concurrently ? mode : LockMode::AccessExclusive, LockedKind::Index);
        b.unknown("index " + display(name) + " is not known here: its table is locked as well");
        return;
      }
      b.lock(*table, mode);
      const Table* held = b.schema.tables.find(*table);
      if (held != nullptr && held->kind == RelationKind::PartitionedTable) {
        b.refuse_in_transaction();
        for (const TableName& partition : b.partitions(*table)) {
          const Table* leaf = b.schema.tables.find(partition);
          b.lock(partition, LockMode::Share);
          if (leaf == nullptr || leaf->kind != RelationKind::Table) continue;
          for (const Index& index : leaf->indexes) {
            if (index.parent != name) continue;
            b.index(index.name, partition, IndexWork::Rebuilt);
            b.scan(partition, ScanReason::IndexBuild);
          }
        }
        return;
      }
      if (!reindex.concurrently) b.lock(name, LockMode::AccessExclusive, LockedKind::Index);
      b.index(name, *table, IndexWork::Rebuilt);
      b.scan(*table, ScanReason::IndexBuild);
      return;
    }
    case ReindexTarget::Table: {
      const TableName name = b.schema.resolve_relation(reindex.name);
      if (b.schema.sequences.contains(name) || b.schema.index_tables.contains(name)) {
        b.fail("42809", "\"" + name.name.str() + "\" is not a table or materialized view");
        return;
      }
      const Table* held = b.schema.tables.find(name);
      const View* view = b.schema.views.find(name);
      if ((view != nullptr && !view->materialized) || table_of(b, name)) {
        b.fail("42809", "\"" + name.name.str() + "\" is not a table or materialized view");
        return;
      }
      require_relation(b, name);
      if (held != nullptr && held->kind == RelationKind::PartitionedTable) {
        b.lock(name, mode);
        reindex_partitions(name);
        return;
      }
      reindex_table(name, mode);
      if (held == nullptr && !b.schema.views.contains(name))
        b.unknown("the indexes of " + display(name) + " are not known here");
      return;
    }
    case ReindexTarget::Schema:
    case ReindexTarget::Database:
    case ReindexTarget::System:
      // One table after the other, each in its own transaction.
      b.refuse_in_transaction();
      for (const auto& [name, table] : b.schema.tables) {
        if (reindex.target == ReindexTarget::Schema && name.schema != reindex.name.name) continue;
        if (reindex.target != ReindexTarget::System && table->kind == RelationKind::Table)
          reindex_table(name, mode);
      }
      return;
  }
}

void apply(Builder& b, const Cluster& cluster) {
  const auto rewrite = [&](const TableName& name) {
    b.lock(name, LockMode::AccessExclusive);
    if (const Table* table = b.schema.tables.find(name)) {
      b.rewrite(*table);
      return;
    }
    b.effects.rewrites.push_back(name);
    b.scan(name, ScanReason::Rewrite);
    const View* view = b.schema.views.find(name);
    if (view == nullptr) return;
    for (const Index& index : view->indexes) rebuild(b, index, name);
  };
  if (cluster.table.empty()) {
    b.refuse_in_transaction();
    for (const auto& [name, table] : b.schema.tables) {
      if (std::any_of(table->indexes.begin(), table->indexes.end(),
                      [](const Index& i) { return i.clustered; }))
        rewrite(name);
    }
    return;
  }
  const TableName name = b.schema.resolve_relation(cluster.table);
  const Table* held = b.schema.tables.find(name);
  require_relation(b, name);
  if (const View* view = b.schema.views.find(name); view != nullptr && !view->materialized) {
    b.fail("42809", "\"" + name.name.str() + "\" is not a table or materialized view");
    return;
  }
  judge_clustering(b, name, ObjectName(name.schema, cluster.index));
  const View* rows = b.schema.views.find(name);
  const bool never_clustered =
      cluster.index.empty() &&
      ((rows != nullptr && std::none_of(rows->indexes.begin(), rows->indexes.end(),
                                        [](const Index& i) { return i.clustered; })) ||
       (held != nullptr && held->kind == RelationKind::PartitionedTable && b.major() >= 15));
  if (never_clustered) {
    b.lock(name, LockMode::AccessExclusive);
    b.fail("42704", "there is no previously clustered index for table \"" + name.name.str() + "\"");
    return;
  }
  if (held != nullptr && held->kind == RelationKind::PartitionedTable) {
    if (b.major() < 15) {
      b.fail("0A000", "cannot cluster a partitioned table before PostgreSQL 15");
    }
    b.lock(name, LockMode::AccessExclusive);
    b.refuse_in_transaction();
    for (const TableName& partition : b.partitions(name)) rewrite(partition);
    return;
  }
  if (held != nullptr && cluster.index.empty() &&
      std::none_of(held->indexes.begin(), held->indexes.end(), [](const Index& i) { return i.clustered; })) {
    b.lock(name, LockMode::AccessExclusive);
    b.fail("42704", "there is no previously clustered index for table \"" + name.name.str() + "\"");
    return;
  }
  rewrite(name);
  b.advance_quietly_by(cluster);
}

void apply(Builder& b, const Vacuum& vacuum) {
  if (!vacuum.analyze_only) b.refuse_in_transaction();
  std::vector<TableName> tables;
  for (const TableName& written : vacuum.tables) tables.push_back(b.schema.resolve_relation(written));
  const bool all = tables.empty();
  if (all) {
    for (const auto& [name, table] : b.schema.tables) tables.push_back(name);
    for (const auto& [name, view] : b.schema.views) {
      if (view->materialized) tables.push_back(name);
    }
  }
  for (const TableName& name : tables) {
    if (!all && b.schema.gaps.empty() && !name.schema.empty() && !b.schema.schemas.contains(name.schema) &&
        !name.schema.str().starts_with("pg_") && name.schema.str() != "information_schema")
      b.fail("3F000", "schema \"" + name.schema.str() + "\" does not exist");
    if (!all) require_relation(b, name);
    // A view is passed over with a warning.
    if (const View* view = b.schema.views.find(name); view != nullptr && !view->materialized) continue;
    if (b.schema.sequences.contains(name) || b.schema.index_tables.contains(name)) continue;
    for (const TableName& each : b.family(name)) {
      const Table* held = b.schema.tables.find(each);
      const bool partitioned = held != nullptr && held->kind == RelationKind::PartitionedTable;
      // From 18 on ANALYZE goes down to inheriting tables as well.
      const bool goes_down =
          (held != nullptr && held->partition_of) || (vacuum.analyze_only && b.major() >= 18);
      if (each != name && !goes_down) continue;
      if (vacuum.full && !vacuum.analyze_only) {
        b.lock(each, LockMode::AccessExclusive);
        if (held != nullptr && !partitioned) b.rewrite(*held);
        if (held == nullptr) b.effects.rewrites.push_back(each);
        if (held == nullptr) b.scan(each, ScanReason::Rewrite);
      } else {
        b.lock(each, LockMode::ShareUpdateExclusive);
      }
    }
  }
}

}  // namespace planner::physics
