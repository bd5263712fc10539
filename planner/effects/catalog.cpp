#include <algorithm>

#include "planner/effects/build.h"

/// What is alike for many kinds of objects: SET SCHEMA, OWNER TO, COMMENT, GRANT, publications, ...
namespace planner::physics {

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
  b.advance_quietly_by(set);
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
      // Nothing is left to do for the present owner, and the table's own things are not looked at.
      const std::string& owner = table != nullptr  ? table->owner
                                 : view != nullptr ? view->owner
                                                   : change.owner;
      if (is_present_role(change.owner) ? owner.empty() : owner == change.owner) break;
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
    default: {
      const ObjectName type = b.schema.resolve_type(change.name);
      const OtherType* composite = b.schema.types.find(type);
      const bool present =
          composite != nullptr &&
          (is_present_role(change.owner) ? composite->owner.empty() : composite->owner == change.owner);
      if (change.kind == ObjectKind::Type && composite != nullptr && composite->kind == 'c' && !present)
        b.lock(type, LockMode::AccessExclusive);
      break;
    }
  }
  b.advance_quietly_by(change);
}

void apply(Builder& b, const Comment& comment) {
  if (comment.kind == ObjectKind::Index && is_known(b, b.schema.resolve_relation(comment.name)))
    b.fail("42809", "\"" + comment.name.name.str() + "\" is not an index");
  switch (comment.kind) {
    case ObjectKind::Constraint:
      if (!is_known(b, b.schema.resolve_relation(comment.name)) && b.schema.domain(comment.name) != nullptr)
        break;
      [[fallthrough]];
    case ObjectKind::Trigger:
    case ObjectKind::Policy:
    case ObjectKind::Rule:
      // get_object_address_relobject.
      b.lock(b.schema.resolve_relation(comment.name), LockMode::AccessShare);
      break;
    case ObjectKind::Table:
    case ObjectKind::ForeignTable:
    case ObjectKind::View:
    case ObjectKind::MaterializedView:
    case ObjectKind::Index:
    case ObjectKind::Sequence:
    case ObjectKind::Column:
      b.lock(b.schema.resolve_relation(comment.name), LockMode::ShareUpdateExclusive);
      break;
    default:
      break;
  }
  b.advance_quietly_by(comment);
}

namespace {

/// Schemas, functions and types that surely are not there.
void judge_granted(Builder& b, const Grant& grant) {
  if (grant.role_membership || grant.default_privileges || !b.schema.gaps.empty()) return;
  for (const ObjectName& object : grant.objects) {
    const std::string& name = object.name.str();
    const bool of_schema = grant.all_in_schema || grant.kind == ObjectKind::Schema;
    const bool of_system = name.starts_with("pg_") || name == "information_schema";
    if (of_schema && !b.schema.schemas.contains(object.name) && !of_system)
      b.fail("3F000", "schema \"" + name + "\" does not exist");
    if (of_schema) continue;
    if (grant.kind == ObjectKind::Type || grant.kind == ObjectKind::Domain) {
      const ObjectName type = b.schema.resolve_type(object);
      if (type.schema.empty() || !b.schema.extensions.empty()) continue;
      const bool there = b.schema.domains.contains(type) || b.schema.enums.contains(type) ||
                         b.schema.types.contains(type) || is_known(b, type);
      if (!there && !type.schema.str().starts_with("pg_"))
        b.fail("42704", "type \"" + name + "\" does not exist");
      if (there && grant.kind == ObjectKind::Domain && !b.schema.domains.contains(type))
        b.fail("42809", "\"" + name + "\" is not a domain");
    }
  }
}

}  // namespace

void apply(Builder& b, const Grant& grant) {
  judge_granted(b, grant);
  const bool relations =
      grant.kind == ObjectKind::Table || grant.kind == ObjectKind::Sequence || grant.kind == ObjectKind::View;
  if (b.major() >= 18 && relations && !grant.role_membership && !grant.default_privileges &&
      !grant.all_in_schema) {
    for (const ObjectName& object : grant.objects)
      b.lock(b.schema.resolve_relation(object), LockMode::AccessShare);
  }
  if (relations && !grant.role_membership && !grant.default_privileges && !grant.all_in_schema) {
    for (const ObjectName& object : grant.objects) {
      const ObjectName name = b.schema.resolve_relation(object);
      require_relation(b, name);
      for (const Identifier& column : grant.columns) {
        const View* view = b.schema.views.find(name);
        const Table* table = b.schema.tables.find(name);
        const bool lacks =
            (table != nullptr && table->certainty == Certainty::Known && table->column(column) == nullptr) ||
            (view != nullptr && !view->columns.empty() &&
             std::find(view->columns.begin(), view->columns.end(), column) == view->columns.end());
        if (lacks)
          b.fail("42703",
                 "column \"" + column.str() + "\" of relation \"" + name.name.str() + "\" does not exist");
      }
      if (grant.kind == ObjectKind::Sequence && is_known(b, name))
        b.fail("42809", "\"" + name.name.str() + "\" is not a sequence");
    }
  }
  b.advance_quietly_by(grant);
}

void apply(Builder& b, const OtherObject& other) {
  if (other.kind == ObjectKind::Publication && other.change != 'd' && other.change != 'r') {
    for (const TableName& written : other.tables) {
      const TableName name = b.schema.resolve_relation(written);
      const Table* table = b.schema.tables.find(name);
      if (b.schema.views.contains(name))
        b.fail("22023", "cannot add relation \"" + name.name.str() + "\" to publication");
      b.lock(name, LockMode::ShareUpdateExclusive);
      if (table == nullptr || table->kind == RelationKind::PartitionedTable) continue;
      for (const TableName& child : b.family(name)) b.lock(child, LockMode::ShareUpdateExclusive);
    }
    // What SET leaves out goes, and is locked for it.
    if (const auto* published = other.change == '=' ? b.schema.publications.find(other.name.name) : nullptr) {
      for (const TableName& name : *published) {
        for (const TableName& child : b.family(name)) b.lock(child, LockMode::ShareUpdateExclusive);
      }
    }
  }
  // DEPENDS ON EXTENSION. Triggers are looked up with their table.
  if (other.change == 'a' &&
      (other.kind == ObjectKind::Index || other.kind == ObjectKind::MaterializedView)) {
    const ObjectName name = b.schema.resolve_relation(other.name);
    const bool index = b.schema.index_tables.contains(name);
    const View* view = b.schema.views.find(name);
    const bool right = other.kind == ObjectKind::Index ? index : view != nullptr && view->materialized;
    const OtherType* type = b.schema.types.find(name);
    const bool there = index || is_known(b, name) || b.schema.sequences.contains(name) ||
                       (type != nullptr && type->kind == 'c');
    if (there && !right) {
      b.fail("42809",
             "\"" + name.name.str() +
                 (other.kind == ObjectKind::Index ? "\" is not an index" : "\" is not a materialized view"));
    } else {
      b.lock(name, LockMode::AccessExclusive);
    }
  }
  const bool made_or_dropped = other.change == 'c' || other.change == 'd';
  if (made_or_dropped && (other.kind == ObjectKind::Database || other.kind == ObjectKind::Tablespace ||
                          other.kind == ObjectKind::Subscription)) {
    b.refuse_in_transaction();
  }
  b.advance_by(other);
}

}  // namespace planner::physics
