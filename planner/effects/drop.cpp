#include <algorithm>

#include "planner/effects/build.h"

/// DROP of whatever kind: what vanishes with it is found by replaying it, several of one statement together.
namespace planner::physics {

bool is_drop(const Operation& operation) {
  return std::holds_alternative<DropTable>(operation) || std::holds_alternative<DropView>(operation) ||
         std::holds_alternative<DropSequence>(operation) || std::holds_alternative<DropType>(operation) ||
         std::holds_alternative<DropFunction>(operation) || std::holds_alternative<DropSchema>(operation) ||
         std::holds_alternative<DropExtension>(operation) || std::holds_alternative<DropOwned>(operation);
}

namespace {

Operation with_cascade(const Operation& operation) {
  Operation wider = operation;
  std::visit(
      [](auto& op) {
        if constexpr (requires { op.cascade = Cascade::Cascade; }) op.cascade = Cascade::Cascade;
      },
      wider);
  return wider;
}

/// What stands in the way is locked before PostgreSQL says so.
void lock_dependents(Builder& b, const Operation& refused) {
  Builder wider(b.schema, b.settings, b.earlier);
  wider.advance(with_cascade(refused));
  // Relations that would go, or lose a column, are locked to be asked about. A default, a constraint or a
  // trigger is an object of its own.
  for (const RelationLock& lock : wider.effects.locks) {
    const Table* old = b.schema.tables.find(lock.relation);
    const Table* now = wider.schema.tables.find(lock.relation);
    const bool loses_column = old != nullptr && now != nullptr && now->columns.size() < old->columns.size();
    if (lock.dropped || loses_column) b.lock(lock.relation, lock.mode, lock.kind);
  }
}

/// A key that points at a partitioned table leans on every partition of it.
void drop_keys_to_parents(Builder& b, const DropTable& drop, const std::vector<const Operation*>& together) {
  const Table* held = b.schema.tables.find(b.schema.resolve_relation(drop.table));
  const auto goes_too = [&](const TableName& name) {
    return std::any_of(together.begin(), together.end(), [&](const Operation* each) {
      const ObjectName* target = target_relation(*each);
      return target != nullptr && b.schema.resolve_relation(*target) == name;
    });
  };
  while (held != nullptr && held->partition_of) {
    const TableName parent = *held->partition_of;
    if (goes_too(parent)) return;
    for (const Schema::Reference& reference : b.schema.references_to(parent)) {
      if (goes_too(reference.from)) continue;
      // The copy that a partition has goes with the key it is a copy of.
      const Table* from = b.schema.tables.find(reference.from);
      const Constraint* key = from == nullptr ? nullptr : from->constraint(reference.constraint);
      if (key == nullptr || (key->inherited && from->partition_of)) continue;
      b.lock(reference.from, LockMode::AccessExclusive);
      if (drop.cascade == Cascade::Cascade) {
        b.advance(
            Operation(DropConstraint{reference.from, reference.constraint, false, Cascade::Cascade, false}));
      } else {
        b.fail("2BP01", "cannot drop table " + drop.table.name.str() + " because foreign key " +
                            reference.constraint.str() + " of " + display(reference.from) + " depends on it");
      }
    }
    held = b.schema.tables.find(parent);
  }
}

/// DROP OWNED as the drops it means, as far as the owners are known.
std::vector<Operation> owned_by(const Schema& schema, const DropOwned& drop) {
  std::vector<Operation> drops;
  const auto owned = [&](const std::string& owner) {
    return std::find(drop.roles.begin(), drop.roles.end(), owner) != drop.roles.end();
  };
  for (const auto& [name, view] : schema.views) {
    if (owned(view->owner)) drops.emplace_back(DropView{name, view->materialized, true, Cascade::Restrict});
  }
  for (const auto& [name, table] : schema.tables) {
    if (owned(table->owner))
      drops.emplace_back(DropTable{name, true, Cascade::Restrict, table->kind == RelationKind::ForeignTable});
  }
  for (const auto& [name, sequence] : schema.sequences) {
    if (owned(sequence->owner) && !sequence->owner_table)
      drops.emplace_back(DropSequence{name, true, Cascade::Restrict});
  }
  return drops;
}

}  // namespace

void drop_together(Builder& b, const std::vector<const Operation*>& operations) {
  if (const auto* owned = std::get_if<DropOwned>(operations.front())) {
    const std::vector<Operation> drops = owned_by(b.schema, *owned);
    std::vector<const Operation*> all;
    for (const Operation& each : drops) all.push_back(&each);
    if (!all.empty()) drop_together(b, all);
    if (drops.empty()) b.unknown("what the roles own");
    return;
  }
  const Schema before = b.schema;
  for (const Operation* each : operations) {
    const ObjectName* written = target_relation(*each);
    if (written == nullptr) continue;
    const ObjectName name = b.schema.resolve_relation(*written);
    const bool there = is_known(b, name) || b.schema.sequences.contains(name);
    const auto* table = std::get_if<DropTable>(each);
    const auto* view = std::get_if<DropView>(each);
    const auto* sequence = std::get_if<DropSequence>(each);
    const bool if_exists = (table != nullptr && table->if_exists) || (view != nullptr && view->if_exists) ||
                           (sequence != nullptr && sequence->if_exists);
    if (!there && if_exists) continue;
    b.lock(name, LockMode::AccessExclusive);
    if (!there)
      b.unknown(display(name) +
                " is not known here: tables that its foreign keys refer to are locked as well");
  }
  for (const Operation* each : operations) {
    if (const auto* table = std::get_if<DropTable>(each)) drop_keys_to_parents(b, *table, operations);
  }
  // Objects of one statement may hold each other: what is refused is tried again once the others are gone.
  std::vector<const Operation*> left = operations;
  bool progress = true;
  const auto there = [](const Schema& schema, const ObjectName& name) {
    return schema.tables.contains(name) || schema.views.contains(name) || schema.sequences.contains(name);
  };
  if (operations.size() > 1) {
    Schema attempt = b.schema;
    std::vector<Operation> all;
    for (const Operation* each : operations) all.push_back(*each);
    if (replay_statement(attempt, all).empty()) {
      b.schema = std::move(attempt);
      left.clear();
    }
  }
  while (progress && !left.empty()) {
    progress = false;
    for (auto it = left.begin(); it != left.end();) {
      const ObjectName* written = target_relation(**it);
      if (written != nullptr) {
        // Gone with another one, by CASCADE.
        const ObjectName name = before.resolve_relation(*written);
        if (there(before, name) && !there(b.schema, name)) {
          it = left.erase(it);
          continue;
        }
      }
      const Schema kept = b.schema;
      if (b.replayed(**it).empty()) {
        it = left.erase(it);
        progress = true;
      } else {
        b.schema = kept;
        ++it;
      }
    }
  }
  for (const Operation* each : left) {
    if (!b.advance_quietly(*each)) lock_dependents(b, *each);
  }
  b.note_changes(before, b.schema);
}

}  // namespace planner::physics
