#include "planner/effects/build.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

namespace planner::physics {
namespace {

template <typename Items, typename Same>
bool any_of(const Items& items, const Same& same) {
  return std::any_of(items.begin(), items.end(), same);
}

/// Calls `gone(key, value)`, `added(key, value)`, `changed(key, old, new)` for what differs between two
/// states, in the order of the keys. Costs what was changed, not what there is.
template <typename Map, typename Gone, typename Added, typename Changed>
void differences(const Map& before, const Map& after, const Gone& gone, const Added& added,
                 const Changed& changed) {
  if (before.shares_with(after)) return;
  auto keys = after.changed_since(before);
  const auto more =
      std::count_if(keys.begin(), keys.end(), [&](const auto& key) { return !before.contains(key); });
  if (before.size() + static_cast<std::size_t>(more) != after.size()) {  // something is gone
    const auto old_keys = before.changed_since(after);
    const auto new_keys = std::exchange(keys, {});
    std::set_union(old_keys.begin(), old_keys.end(), new_keys.begin(), new_keys.end(),
                   std::back_inserter(keys));
  }
  for (const auto& key : keys) {
    const auto* old = before.find(key);
    const auto* now = after.find(key);
    if (now == nullptr) {
      gone(key, *old);
    } else if (old == nullptr) {
      added(key, *now);
    } else {
      changed(key, *old, *now);
    }
  }
}

/// Do both hold the very same objects, and are names looked up alike?
bool replays_alike(const Schema& a, const Schema& b) {
  return a.shares_objects_with(b) && a.search_path == b.search_path && a.time_zone == b.time_zone;
}

/// What `before` holds and `after` does not hold in the very same state, with what became of it (nullptr: it
/// is gone). What two states share is passed over.
template <typename Value, typename Find, typename Visit>
void for_changed(const SharedList<Value>& before, const SharedList<Value>& after, const Find& find,
                 const Visit& visit) {
  if (before.shares_with(after)) return;
  std::size_t next = 0;
  for (const Value& old : before) {
    if (next < after.size() && &after[next] == &old) {
      ++next;
      continue;
    }
    const Value* now = find(old);
    if (now == &old) {
      while (next < after.size() && &after[next] != now) ++next;
      ++next;
      continue;
    }
    visit(old, now);
  }
}

}  // namespace

RelationLock& Builder::entry(const ObjectName& relation, LockedKind kind) {
  for (RelationLock& held : effects.locks) {
    if (held.relation == relation) return held;
  }
  effects.locks.push_back(RelationLock{relation, LockMode::None, kind, false, false});
  return effects.locks.back();
}

LockedKind Builder::kind_of(const ObjectName& relation) const {
  if (schema.tables.contains(relation) || met_.tables.contains(relation)) return LockedKind::Table;
  if (const View* view = schema.views.find(relation))
    return view->materialized ? LockedKind::MaterializedView : LockedKind::View;
  if (const View* view = met_.views.find(relation))
    return view->materialized ? LockedKind::MaterializedView : LockedKind::View;
  if (schema.index_tables.contains(relation) || met_.index_tables.contains(relation))
    return LockedKind::Index;
  if (schema.sequences.contains(relation) || met_.sequences.contains(relation)) return LockedKind::Sequence;
  return LockedKind::Table;
}

void Builder::lock(const ObjectName& relation, LockMode mode) { lock(relation, mode, kind_of(relation)); }

void Builder::lock(const ObjectName& relation, LockMode mode, LockedKind kind) {
  RelationLock& held = entry(relation, kind);
  held.mode = std::max(held.mode, mode);
}

void Builder::lock_created(const ObjectName& relation, LockedKind kind) {
  RelationLock& held = entry(relation, kind);
  held.mode = LockMode::AccessExclusive;
  held.created = true;
  created_.insert(relation);
}

void Builder::lock_dropped(const ObjectName& relation, LockedKind kind) {
  RelationLock& held = entry(relation, kind);
  held.mode = LockMode::AccessExclusive;
  held.dropped = true;
}

void Builder::scan(const ObjectName& relation, ScanReason reason) {
  if (created_here(relation)) return;
  if (any_of(effects.scans, [&](const Scan& s) { return s.relation == relation && s.reason == reason; }))
    return;
  effects.scans.push_back(Scan{relation, reason});
}

void Builder::index(const ObjectName& name, const TableName& table, IndexWork work) {
  for (IndexEffect& known : effects.indexes) {
    if (known.index != name) continue;
    // Dropped and built again under its name: made anew.
    known.work = known.work == IndexWork::Dropped && work == IndexWork::Built ? IndexWork::Rebuilt : work;
    return;
  }
  effects.indexes.push_back(IndexEffect{name, table, work});
}

void Builder::rewrite(const Table& table) {
  if (table.kind != RelationKind::Table) return;
  if (any_of(effects.rewrites, [&](const ObjectName& r) { return r == table.name; })) return;
  effects.rewrites.push_back(table.name);
  scan(table.name, ScanReason::Rewrite);
  for (const Index& each : table.indexes) {
    const bool fresh = any_of(effects.indexes, [&](const IndexEffect& e) {
      return e.index == each.name && e.work == IndexWork::Built;
    });
    lock(each.name, LockMode::AccessExclusive, LockedKind::Index);
    if (!fresh) index(each.name, table.name, IndexWork::Rebuilt);
  }
}

void Builder::fail(std::string_view sqlstate, std::string message) {
  if (any_of(effects.failures, [&](const Failure& f) {
        return f.sqlstate == sqlstate && !f.only_with_rows && !f.depends_on_data;
      }))
    return;
  effects.failures.push_back(Failure{std::string(sqlstate), std::move(message), false, false});
}
void Builder::fail_with_rows(std::string_view sqlstate, std::string message) {
  effects.failures.push_back(Failure{std::string(sqlstate), std::move(message), true, false});
}
void Builder::fail_on_data(std::string_view sqlstate, std::string message) {
  effects.failures.push_back(Failure{std::string(sqlstate), std::move(message), true, true});
}

void Builder::unknown(std::string clause) {
  if (any_of(effects.unknown, [&](const std::string& c) { return c == clause; })) return;
  effects.unknown.push_back(std::move(clause));
}

bool Builder::failed() const {
  return any_of(effects.failures, [](const Failure& f) { return !f.only_with_rows && !f.depends_on_data; });
}

std::vector<ReplayProblem> Builder::replayed(const Operation& operation) {
  const bool known = known_.operation == &operation && met_.server_version == settings.server_version &&
                     replays_alike(schema, met_);
  if (!known) return replay(schema, operation);
  schema = *known_.after;
  return *known_.problems;
}

bool Builder::advance_quietly(const Operation& operation) {
  bool applied = true;
  for (ReplayProblem& problem : replayed(operation)) {
    applied = false;
    // Without a code it is planner that could not follow, not PostgreSQL that refuses.
    const ObjectName* target = target_relation(operation);
    const Table* table = target == nullptr ? nullptr : schema.table(*target);
    const bool columns_unknown = table != nullptr && table->columns.empty() && problem.sqlstate == "42703";
    if (problem.sqlstate.empty() || columns_unknown) {
      unknown(std::move(problem.message));
    } else {
      fail(problem.sqlstate, std::move(problem.message));
    }
  }
  return applied;
}

bool Builder::advance(const Operation& operation) {
  // Mostly it is the first part that is looked at: what it meets is held already.
  const std::optional<Schema> own = replays_alike(schema, met_) ? std::nullopt : std::optional(schema);
  const bool applied = advance_quietly(operation);
  note_changes(own ? *own : met_, schema);
  return applied;
}

void Builder::note_changes(const Schema& before, const Schema& after) {
  differences(
      before.tables, after.tables, [&](const TableName&, const Table& table) { note_gone_table(table); },
      [&](const TableName&, const Table& table) { note_new_table(table); },
      [&](const TableName&, const Table& old, const Table& now) { note_table(old, now, after); });
  differences(
      before.views, after.views,
      [&](const ObjectName& name, const View& view) {
        lock_dropped(name, view.materialized ? LockedKind::MaterializedView : LockedKind::View);
        for (const Index& each : view.indexes) {
          lock_dropped(each.name, LockedKind::Index);
          index(each.name, name, IndexWork::Dropped);
        }
      },
      [&](const ObjectName& name, const View& view) {
        lock_created(name, view.materialized ? LockedKind::MaterializedView : LockedKind::View);
      },
      [&](const ObjectName& name, const View& old, const View& now) {
        for (const Index& each : old.indexes) {
          if (any_of(now.indexes, [&](const Index& i) { return i.name == each.name; })) continue;
          lock_dropped(each.name, LockedKind::Index);
          index(each.name, name, IndexWork::Dropped);
        }
        for (const Index& each : now.indexes) {
          if (any_of(old.indexes, [&](const Index& i) { return i.name == each.name; })) continue;
          lock_created(each.name, LockedKind::Index);
          index(each.name, name, IndexWork::Built);
        }
      });
  differences(
      before.types, after.types,
      [&](const ObjectName& name, const OtherType& type) {
        // A composite type is a relation too.
        if (type.kind == 'c') lock_dropped(name, LockedKind::Table);
      },
      [](const ObjectName&, const OtherType&) {},
      [&](const ObjectName& name, const OtherType& old, const OtherType& now) {
        if (now.attributes.size() < old.attributes.size()) lock(name, LockMode::AccessExclusive);
      });
  differences(
      before.sequences, after.sequences,
      [&](const ObjectName& name, const Sequence&) { lock_dropped(name, LockedKind::Sequence); },
      [&](const ObjectName& name, const Sequence&) { lock_created(name, LockedKind::Sequence); },
      [](const ObjectName&, const Sequence&, const Sequence&) {});
}

void Builder::lock_referenced(const TableName& table) {
  // Before 15 the triggers of a key to a partitioned table were on the partitions that hold rows only.
  for (const TableName& each : family(table)) {
    const Table* held = schema.tables.find(each);
    // Tables that merely inherit have no part in the keys to their parent.
    if (each != table && held != nullptr && !held->partition_of) continue;
    const bool partitioned = held != nullptr && held->kind == RelationKind::PartitionedTable;
    if (!partitioned || major() >= 15) lock(each, LockMode::AccessExclusive, LockedKind::Table);
  }
}

void Builder::note_new_table(const Table& table) {
  lock_created(table.name, LockedKind::Table);
  for (const Index& each : table.indexes) {
    lock_created(each.name, LockedKind::Index);
    index(each.name, table.name, IndexWork::Built);
  }
}

void Builder::note_gone_table(const Table& table) {
  lock_dropped(table.name, LockedKind::Table);
  for (const Index& each : table.indexes) {
    lock_dropped(each.name, LockedKind::Index);
    index(each.name, table.name, IndexWork::Dropped);
  }
  // A foreign key that goes takes its triggers off both tables.
  for (const Constraint& each : table.constraints) {
    // A partition's copy of its parent's key has no triggers of its own there.
    if (each.definition.kind == ConstraintKind::ForeignKey && !(each.inherited && table.partition_of))
      lock_referenced(each.definition.references.table);
  }
  if (table.partition_of) {
    // heap_drop_with_catalog: the parent's partition list changes, and with it what the default partition may
    // hold.
    lock(*table.partition_of, LockMode::AccessExclusive);
    const Table* parent = met_.tables.find(*table.partition_of);
    const TableName* fallback = parent == nullptr ? nullptr : default_partition(*parent);
    if (fallback != nullptr && *fallback != table.name) lock(*fallback, LockMode::AccessExclusive);
  }
}

void Builder::note_table(const Table& before, const Table& after, const Schema& now) {
  // As many as before: one was renamed by UNIQUE USING INDEX, none dropped or built.
  if (before.indexes.size() != after.indexes.size()) {
    const auto in = [](const Table& table) {
      return [&table](const Index& each) -> const Index* {
        const auto found = std::find_if(table.indexes.begin(), table.indexes.end(),
                                        [&](const Index& i) { return i.name == each.name; });
        return found == table.indexes.end() ? nullptr : &*found;
      };
    };
    for_changed(before.indexes, after.indexes, in(after), [&](const Index& each, const Index* kept) {
      if (kept != nullptr) return;
      if (now.index_tables.contains(each.name)) return;  // it moved with its table
      lock(before.name, LockMode::AccessExclusive, LockedKind::Table);
      lock_dropped(each.name, LockedKind::Index);
      index(each.name, before.name, IndexWork::Dropped);
    });
    for_changed(after.indexes, before.indexes, in(before), [&](const Index& each, const Index* old) {
      if (old != nullptr) return;
      lock_created(each.name, LockedKind::Index);
      index(each.name, after.name, IndexWork::Built);
    });
  }
  for_changed(
      before.constraints, after.constraints,
      [&](const Constraint& each) { return after.constraint(each.definition.name); },
      [&](const Constraint& each, const Constraint* left) {
        if (each.definition.kind != ConstraintKind::ForeignKey || left != nullptr) return;
        lock(before.name, LockMode::AccessExclusive, LockedKind::Table);
        lock_referenced(each.definition.references.table);
      });
  bool columns_went = false, defaults_went = false;
  for_changed(
      before.columns, after.columns, [&](const Column& each) { return after.column(each.name); },
      [&](const Column& each, const Column* left) {
        columns_went |= left == nullptr;
        defaults_went |= each.default_value && left != nullptr && !left->default_value;
      });
  const auto fewer = [](const auto& old, const auto& kept) { return kept.size() < old.size(); };
  if (columns_went || defaults_went || fewer(before.constraints, after.constraints) ||
      fewer(before.triggers, after.triggers) || fewer(before.policies, after.policies) ||
      fewer(before.rules, after.rules)) {
    lock(before.name, LockMode::AccessExclusive, LockedKind::Table);
  }
}

std::vector<TableName> Builder::family(const TableName& table, bool only) const {
  std::vector<TableName> out{table};
  if (only) return out;
  for (TableName& child : schema.partitions_and_children(table)) out.push_back(std::move(child));
  return out;
}

std::vector<TableName> Builder::partitions(const TableName& table) const {
  std::vector<TableName> out;
  for (TableName& child : schema.partitions_and_children(table)) {
    const Table* held = schema.tables.find(child);
    if (held != nullptr && held->partition_of) out.push_back(std::move(child));
  }
  return out;
}

std::vector<const Table*> Builder::stored(const TableName& table, bool with_children) const {
  std::vector<const Table*> out;
  for (const TableName& name : family(table, !with_children)) {
    const Table* held = schema.tables.find(name);
    if (held != nullptr && held->kind == RelationKind::Table) out.push_back(held);
  }
  return out;
}

const TableName* Builder::default_partition(const Table& partitioned) const {
  for (const TableName& child : partitioned.children) {
    const Table* held = schema.tables.find(child);
    if (held == nullptr) held = met_.tables.find(child);
    if (held != nullptr && held->bound && held->bound->is_default) return &held->name;
  }
  return nullptr;
}

void merge_into(Effects& whole, const Effects& part) {
  for (const RelationLock& lock : part.locks) {
    const auto held = std::find_if(whole.locks.begin(), whole.locks.end(),
                                   [&](const RelationLock& l) { return l.relation == lock.relation; });
    if (held == whole.locks.end()) {
      whole.locks.push_back(lock);
    } else {
      held->mode = std::max(held->mode, lock.mode);
      held->created = held->created || lock.created;
      held->dropped = held->dropped || lock.dropped;
    }
  }
  for (const ObjectName& name : part.rewrites) {
    if (!whole.rewrites_table(name)) whole.rewrites.push_back(name);
  }
  whole.new_sequence_files.insert(whole.new_sequence_files.end(), part.new_sequence_files.begin(),
                                  part.new_sequence_files.end());
  for (const Scan& scan : part.scans) {
    if (!any_of(whole.scans,
                [&](const Scan& s) { return s.relation == scan.relation && s.reason == scan.reason; }))
      whole.scans.push_back(scan);
  }
  for (const IndexEffect& effect : part.indexes) {
    const auto known = std::find_if(whole.indexes.begin(), whole.indexes.end(),
                                    [&](const IndexEffect& e) { return e.index == effect.index; });
    if (known == whole.indexes.end()) {
      whole.indexes.push_back(effect);
    } else {
      known->work = effect.work;
    }
  }
  whole.failures.insert(whole.failures.end(), part.failures.begin(), part.failures.end());
  whole.outside_transaction = whole.outside_transaction || part.outside_transaction;
  whole.waits_for_old_snapshots = whole.waits_for_old_snapshots || part.waits_for_old_snapshots;
  whole.breaks_cached_plans = whole.breaks_cached_plans || part.breaks_cached_plans;
  whole.waits_even_if_noop = whole.waits_even_if_noop || part.waits_even_if_noop;
  whole.truncates_data = whole.truncates_data || part.truncates_data;
  whole.dml = whole.dml || part.dml;
  for (const std::string& clause : part.unknown) {
    if (!any_of(whole.unknown, [&](const std::string& c) { return c == clause; }))
      whole.unknown.push_back(clause);
  }
}

}  // namespace planner::physics
