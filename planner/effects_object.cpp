#include <algorithm>

#include "planner/casts.h"
#include "planner/effects_build.h"

/// Tables, views, triggers, policies, sequences, types: statements that make or change one object.
namespace planner::physics {
namespace {

/// Partitions get a copy of a row trigger.
void lock_with_partitions(Builder& b, const TableName& table, LockMode mode) {
  b.lock(table, mode);
  for (const TableName& partition : b.partitions(table)) b.lock(partition, mode);
}

void lock_table_and_advance(Builder& b, const TableName& written, const Operation& operation) {
  b.lock(b.schema.resolve_relation(written), LockMode::AccessExclusive);
  b.advance_quietly(operation);
}

const Trigger* trigger_of(const Builder& b, const TableName& table, const Identifier& name) {
  const std::vector<Trigger>* triggers = nullptr;
  if (const Table* held = b.schema.tables.find(table)) triggers = &held->triggers;
  if (const View* held = b.schema.views.find(table)) triggers = &held->triggers;
  if (triggers == nullptr) return nullptr;
  const auto found = std::find_if(triggers->begin(), triggers->end(),
                                  [&](const Trigger& t) { return t.definition.name == name; });
  return found == triggers->end() ? nullptr : &*found;
}

/// Could the relation be one that this schema simply does not know?
bool is_known(const Builder& b, const ObjectName& name) {
  return b.schema.tables.contains(name) || b.schema.views.contains(name);
}

bool uses_domain(const TypeName& type, const ObjectName& domain, const Schema& schema) {
  ObjectName current = type.name;
  for (int depth = 0; depth < 32; ++depth) {
    if (current == domain) return true;
    const Domain* held = schema.domains.find(current);
    if (held == nullptr) return false;
    current = held->base.name;
  }
  return false;
}

void lock_key_targets(Builder& b, const TableName& table,
                      const std::vector<ConstraintDefinition>& constraints) {
  for (const ConstraintDefinition& each : constraints) {
    if (each.kind != ConstraintKind::ForeignKey) continue;
    const TableName target = b.schema.resolve_relation(each.references.table);
    if (target == table) continue;
    lock_with_partitions(b, target, LockMode::ShareRowExclusive);
  }
}

}  // namespace

// ---- tables
// --------------------------------------------------------------------------------------------------------------------

void apply(Builder& b, const CreateTable& create) {
  const TableName name = b.schema.resolve_relation(create.table);
  if (create.if_not_exists && is_known(b, name)) return;
  const std::optional<TableName> parent =
      create.partition_of ? std::optional(b.schema.resolve_relation(*create.partition_of)) : std::nullopt;
  b.advance(Operation(create));
  lock_key_targets(b, name, create.constraints);
  for (const ColumnDefinition& column : create.columns) lock_key_targets(b, name, column.constraints);
  for (const TableName& each : create.inherits)
    b.lock(b.schema.resolve_relation(each), LockMode::ShareUpdateExclusive);
  for (const LikeClause& like : create.likes)
    b.lock(b.schema.resolve_relation(like.source), LockMode::AccessShare);
  if (!parent) return;
  b.lock(*parent, LockMode::AccessExclusive);
  const Table* held = b.schema.tables.find(*parent);
  const Table* made = b.schema.tables.find(name);
  if (held != nullptr && made != nullptr) {
    adopt_partition(b, *held, *made, false);
  } else if (held == nullptr) {
    b.unknown("the default partition, indexes and foreign keys of " + display(*parent) +
              " are not known here");
  }
}

void apply(Builder& b, const CreateTableAs& create) {
  if (create.if_not_exists && is_known(b, b.schema.resolve_relation(create.table))) return;
  read_query(b, create.query, create.with_data);
  b.advance(Operation(create));
}

void apply(Builder& b, const RenameTable& rename) {
  const TableName name = b.schema.resolve_relation(rename.table);
  b.lock(name, LockMode::AccessExclusive);
  b.effects.waits_even_if_noop = rename.if_exists;
  b.advance_quietly(Operation(rename));
}

void apply(Builder& b, const RenameColumn& rename) {
  for (const TableName& each : b.family(b.schema.resolve_relation(rename.table), rename.only))
    b.lock(each, LockMode::AccessExclusive);
  b.effects.breaks_cached_plans = true;
  b.advance_quietly(Operation(rename));
}

void apply(Builder& b, const RenameConstraint& rename) {
  const TableName name = b.schema.resolve_relation(rename.table);
  const Table* table = b.schema.tables.find(name);
  const Constraint* constraint = table == nullptr ? nullptr : table->constraint(rename.from);
  b.lock(name, LockMode::AccessExclusive);
  if (table != nullptr && constraint == nullptr && b.major() >= 18 &&
      column_of_not_null_name(*table, rename.from))
    return;
  if (constraint != nullptr && constraint->definition.kind == ConstraintKind::Check &&
      !constraint->definition.no_inherit) {
    for (const TableName& each : b.family(name)) b.lock(each, LockMode::AccessExclusive);
  }
  if (constraint != nullptr && !constraint->index.empty()) {
    b.lock(constraint->index, b.major() >= 12 ? LockMode::ShareUpdateExclusive : LockMode::AccessExclusive,
           LockedKind::Index);
  }
  b.advance_quietly(Operation(rename));
}

// ---- views
// -----------------------------------------------------------------------------------------------------------------------

void apply(Builder& b, const CreateView& create) {
  const ObjectName name = b.schema.resolve_relation(create.view);
  const bool replaces = create.replace && b.schema.views.contains(name);
  if (replaces) b.lock(name, LockMode::AccessExclusive, LockedKind::View);
  read_query(b, create.query, false);
  b.advance(Operation(create));
}

void apply(Builder& b, const CreateMaterializedView& create) {
  if (create.if_not_exists && is_known(b, b.schema.resolve_relation(create.view))) return;
  read_query(b, create.query, create.with_data);
  b.advance(Operation(create));
}

void apply(Builder& b, const RenameView& rename) {
  lock_table_and_advance(b, rename.view, Operation(rename));
}
void apply(Builder& b, const RenameViewColumn& rename) {
  lock_table_and_advance(b, rename.view, Operation(rename));
}
void apply(Builder& b, const SetViewDefault& set) { lock_table_and_advance(b, set.view, Operation(set)); }

void apply(Builder& b, const RefreshMaterializedView& refresh) {
  const ObjectName name = b.schema.resolve_relation(refresh.view);
  const View* view = b.schema.views.find(name);
  b.lock(name, refresh.concurrently ? LockMode::Exclusive : LockMode::AccessExclusive,
         LockedKind::MaterializedView);
  if (view == nullptr) {
    b.unknown("materialized view " + display(name) + " is not known here");
    return;
  }
  if (refresh.concurrently) {
    const bool unique = std::any_of(view->indexes.begin(), view->indexes.end(), [](const Index& index) {
      return index.unique && !index.predicate && index.valid &&
             std::all_of(index.elements.begin(), index.elements.end(),
                         [](const IndexElement& e) { return !e.expression; });
    });
    if (!unique)
      b.fail("55000", "cannot refresh materialized view \"" + display(name) +
                          "\" concurrently without a unique index");
    if (!view->populated)
      b.fail("0A000", "CONCURRENTLY cannot be used when the materialized view is not populated");
    for (const Index& index : view->indexes) b.lock(index.name, LockMode::RowExclusive, LockedKind::Index);
    read_query(b, view->query, true);
    b.scan(name, ScanReason::Query);
  } else {
    b.effects.rewrites.push_back(name);
    for (const Index& index : view->indexes) {
      b.lock(index.name, LockMode::AccessExclusive, LockedKind::Index);
      b.index(index.name, name, IndexWork::Rebuilt);
    }
    if (!view->indexes.empty()) b.scan(name, ScanReason::IndexBuild);
    read_query(b, view->query, refresh.with_data);
  }
  b.advance_quietly(Operation(refresh));
}

// ---- triggers, policies, rules, statistics
// -----------------------------------------------------------------------------------------

void apply(Builder& b, const CreateTrigger& create) {
  const TableName table = b.schema.resolve_relation(create.table);
  if (create.for_each_row) {
    lock_with_partitions(b, table, LockMode::ShareRowExclusive);
  } else {
    b.lock(table, LockMode::ShareRowExclusive);
  }
  if (create.replace && b.major() < 14)
    b.fail("42601", "CREATE OR REPLACE TRIGGER is known from PostgreSQL 14 on");
  b.advance_quietly(Operation(create));
}

void apply(Builder& b, const DropTrigger& drop) {
  const TableName table = b.schema.resolve_relation(drop.table);
  const Trigger* trigger = trigger_of(b, table, drop.trigger);
  // A trigger (or table) that is not there is noticed without a lock.
  if (trigger == nullptr && drop.if_exists && (is_known(b, table) || b.schema.from_database)) return;
  if (!is_known(b, table)) {
    if (drop.if_exists) {
      b.unknown("table " + display(table) +
                " is not known here: if it has the trigger, it is locked in ACCESS EXCLUSIVE mode");
      return;
    }
  }
  if (trigger != nullptr && trigger->definition.for_each_row) {
    lock_with_partitions(b, table, LockMode::AccessExclusive);
  } else {
    b.lock(table, LockMode::AccessExclusive);
  }
  b.advance_quietly(Operation(drop));
}

void apply(Builder& b, const RenameTrigger& rename) {
  const TableName table = b.schema.resolve_relation(rename.table);
  // The copies on partitions follow from 15 on.
  if (b.major() >= 15) {
    lock_with_partitions(b, table, LockMode::AccessExclusive);
  } else {
    b.lock(table, LockMode::AccessExclusive);
  }
  b.advance_quietly(Operation(rename));
}

void apply(Builder& b, const CreatePolicy& create) {
  lock_table_and_advance(b, create.table, Operation(create));
}
void apply(Builder& b, const AlterPolicy& alter) { lock_table_and_advance(b, alter.table, Operation(alter)); }
void apply(Builder& b, const RenamePolicy& rename) {
  lock_table_and_advance(b, rename.table, Operation(rename));
}
void apply(Builder& b, const CreateRule& create) {
  lock_table_and_advance(b, create.table, Operation(create));
}
void apply(Builder& b, const RenameRule& rename) {
  lock_table_and_advance(b, rename.table, Operation(rename));
}

void apply(Builder& b, const DropPolicy& drop) {
  const TableName table = b.schema.resolve_relation(drop.table);
  const Table* held = b.schema.tables.find(table);
  if (drop.if_exists && held != nullptr &&
      std::none_of(held->policies.begin(), held->policies.end(),
                   [&](const Policy& p) { return p.definition.name == drop.policy; })) {
    return;
  }
  if (drop.if_exists && held == nullptr) {
    b.unknown("table " + display(table) + " is not known here");
    return;
  }
  lock_table_and_advance(b, drop.table, Operation(drop));
}

void apply(Builder& b, const DropRule& drop) {
  const TableName table = b.schema.resolve_relation(drop.table);
  const Table* held = b.schema.tables.find(table);
  const View* view = b.schema.views.find(table);
  const std::vector<RewriteRule>* rules = held != nullptr   ? &held->rules
                                          : view != nullptr ? &view->rules
                                                            : nullptr;
  const bool there = rules != nullptr && std::any_of(rules->begin(), rules->end(), [&](const RewriteRule& r) {
                       return r.definition.name == drop.rule;
                     });
  if (drop.if_exists && !there) return;
  lock_table_and_advance(b, drop.table, Operation(drop));
}

void apply(Builder& b, const CreateStatistics& create) {
  b.lock(b.schema.resolve_relation(create.table), LockMode::ShareUpdateExclusive);
  b.advance_quietly(Operation(create));
}

void apply(Builder& b, const DropStatistics& drop) {
  for (const auto& [name, table] : b.schema.tables) {
    for (const CreateStatistics& each : table->statistics) {
      const bool same = each.name.name == drop.name.name &&
                        (drop.name.schema.empty() || each.name.schema == drop.name.schema);
      if (same) b.lock(name, LockMode::ShareUpdateExclusive);
    }
  }
  b.advance_quietly(Operation(drop));
}

// ---- sequences, domains, composite types
// ---------------------------------------------------------------------------------------------

bool moves_sequence(const SequenceOptions& o) {
  return o.start || o.increment || o.minimum || o.maximum || o.cache || o.restart_given || o.restart ||
         o.cycle || !o.as_type.empty();
}

void apply(Builder& b, const CreateSequence& create) {
  if (create.options.owned_by_table && !create.options.owned_by_table->empty()) {
    b.lock(b.schema.resolve_relation(*create.options.owned_by_table), LockMode::AccessShare);
  }
  b.advance(Operation(create));
}

void apply(Builder& b, const AlterSequence& alter) {
  const ObjectName name = b.schema.resolve_relation(alter.sequence);
  if (alter.if_exists && !b.schema.sequences.contains(name)) return;
  b.lock(name, LockMode::ShareRowExclusive, LockedKind::Sequence);
  const SequenceOptions& options = alter.options;
  if (moves_sequence(options)) b.new_sequence_file(name);
  if (options.owned_by_table && !options.owned_by_table->empty()) {
    b.lock(b.schema.resolve_relation(*options.owned_by_table), LockMode::AccessShare);
  }
  b.advance_quietly(Operation(alter));
}

void apply(Builder& b, const AlterDomain& alter) {
  const bool adds = alter.change == DomainChange::AddConstraint && !alter.constraint.not_valid;
  const bool reads =
      adds || alter.change == DomainChange::SetNotNull || alter.change == DomainChange::ValidateConstraint;
  if (reads) {
    const ObjectName domain = b.schema.resolve_type(alter.domain);
    const Domain* held = b.schema.domains.find(domain);
    const bool already = alter.change == DomainChange::SetNotNull && held != nullptr && held->not_null;
    for (const auto& [name, table] : b.schema.tables) {
      if (already || table->kind != RelationKind::Table) continue;
      const bool used = std::any_of(table->columns.begin(), table->columns.end(),
                                    [&](const Column& c) { return uses_domain(c.type, domain, b.schema); });
      if (!used) continue;
      b.lock(name, LockMode::Share);
      b.scan(name, ScanReason::Domain);
      if (alter.change == DomainChange::SetNotNull) {
        b.fail_on_data("23502", "a column of the domain may hold NULL");
      } else {
        b.fail_on_data("23514", "a column of the domain may violate the constraint");
      }
    }
  }
  b.advance(Operation(alter));
}

void apply(Builder& b, const AlterCompositeType& alter) {
  const ObjectName type = b.schema.resolve_type(alter.type);
  b.lock(type, LockMode::AccessExclusive);
  for (const auto& [name, table] : b.schema.tables) {
    for (const Column& column : table->columns) {
      if (column.type.name != type || alter.change != 't') continue;
      b.lock(name, LockMode::AccessShare);
      b.fail("0A000", "cannot alter type \"" + type.name.str() + "\" because column \"" + name.name.str() +
                          "." + column.name.str() + "\" uses it");
    }
  }
  if (alter.change != 'r' || !b.failed()) b.effects.breaks_cached_plans = true;
  if (!b.failed()) b.advance(Operation(alter));
}

// ---- what is alike for many kinds
// ------------------------------------------------------------------------------------------------------

void apply(Builder& b, const SetSchema& set) {
  const ObjectName name = b.schema.resolve_relation(set.name);
  switch (set.kind) {
    case ObjectKind::Table:
    case ObjectKind::ForeignTable:
      if (const Table* table = b.schema.tables.find(name)) {
        b.lock(name, LockMode::AccessExclusive);
        for (const ObjectName& sequence : table->owned_sequences)
          b.lock(sequence, LockMode::AccessExclusive, LockedKind::Sequence);
      } else {
        b.lock(name, LockMode::AccessExclusive);
      }
      break;
    case ObjectKind::View:
    case ObjectKind::MaterializedView:
    case ObjectKind::Sequence:
      b.lock(name, LockMode::AccessExclusive);
      break;
    default:
      break;
  }
  b.advance_quietly(Operation(set));
}

void apply(Builder& b, const ChangeOwner& change) {
  const ObjectName name = b.schema.resolve_relation(change.name);
  switch (change.kind) {
    case ObjectKind::Table:
    case ObjectKind::ForeignTable:
    case ObjectKind::View:
    case ObjectKind::MaterializedView:
    case ObjectKind::Sequence:
    case ObjectKind::Index: {
      b.lock(name, LockMode::AccessExclusive);
      const Table* table = b.schema.tables.find(name);
      const View* view = b.schema.views.find(name);
      if (table != nullptr) {
        for (const ObjectName& sequence : table->owned_sequences)
          b.lock(sequence, LockMode::AccessExclusive, LockedKind::Sequence);
        for (const Index& index : table->indexes)
          b.lock(index.name, LockMode::AccessExclusive, LockedKind::Index);
      }
      if (view != nullptr) {
        for (const Index& index : view->indexes)
          b.lock(index.name, LockMode::AccessExclusive, LockedKind::Index);
      }
      break;
    }
    default:
      break;
  }
  b.advance_quietly(Operation(change));
}

void apply(Builder& b, const Comment& comment) {
  switch (comment.kind) {
    case ObjectKind::Constraint:
      if (!is_known(b, b.schema.resolve_relation(comment.name)) && b.schema.domain(comment.name) != nullptr)
        break;
      [[fallthrough]];
    case ObjectKind::Table:
    case ObjectKind::ForeignTable:
    case ObjectKind::View:
    case ObjectKind::MaterializedView:
    case ObjectKind::Index:
    case ObjectKind::Sequence:
    case ObjectKind::Column:
    case ObjectKind::Trigger:
    case ObjectKind::Policy:
    case ObjectKind::Rule:
      b.lock(b.schema.resolve_relation(comment.name), LockMode::ShareUpdateExclusive);
      break;
    default:
      break;
  }
  b.advance_quietly(Operation(comment));
}

void apply(Builder& b, const Grant& grant) {
  const bool relations =
      grant.kind == ObjectKind::Table || grant.kind == ObjectKind::Sequence || grant.kind == ObjectKind::View;
  if (b.major() >= 18 && relations && !grant.role_membership && !grant.default_privileges &&
      !grant.all_in_schema) {
    for (const ObjectName& object : grant.objects)
      b.lock(b.schema.resolve_relation(object), LockMode::AccessShare);
  }
  b.advance_quietly(Operation(grant));
}

void apply(Builder& b, const OtherObject& other) {
  if (other.kind == ObjectKind::Publication && (other.change == 'c' || other.change == 'a')) {
    for (const TableName& written : other.tables) {
      const TableName name = b.schema.resolve_relation(written);
      const Table* table = b.schema.tables.find(name);
      b.lock(name, LockMode::ShareUpdateExclusive);
      if (table == nullptr || table->kind == RelationKind::PartitionedTable) continue;
      for (const TableName& child : b.family(name)) b.lock(child, LockMode::ShareUpdateExclusive);
    }
  }
  const bool made_or_dropped = other.change == 'c' || other.change == 'd';
  if (made_or_dropped && (other.kind == ObjectKind::Database || other.kind == ObjectKind::Tablespace ||
                          other.kind == ObjectKind::Subscription)) {
    b.refuse_in_transaction();
  }
  b.advance(Operation(other));
}

// ---- drops
// -------------------------------------------------------------------------------------------------------------------------------

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
  for (const RelationLock& lock : wider.effects.locks) b.lock(lock.relation, lock.mode, lock.kind);
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
  // Objects of one statement may hold each other: what is refused is tried again once the others are gone.
  std::vector<const Operation*> left = operations;
  bool progress = true;
  while (progress && !left.empty()) {
    progress = false;
    for (auto it = left.begin(); it != left.end();) {
      Schema attempt = b.schema;
      if (replay(attempt, **it).empty()) {
        b.schema = std::move(attempt);
        it = left.erase(it);
        progress = true;
      } else {
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
