#pragma once

#include "planner/schema.h"

namespace planner::plans {

/// Everything that hangs on one column.
struct Dependents {
  std::vector<const Index*> indexes;           ///< those of constraints too
  std::vector<const Constraint*> constraints;  ///< CHECK, UNIQUE, PRIMARY KEY, EXCLUDE, foreign keys out
  std::vector<Schema::Reference> references;  ///< foreign keys of other tables (or this one) that point at it
  std::vector<ObjectName> views;
  std::vector<const Trigger*> triggers;        ///< whose UPDATE OF or WHEN names it
  std::vector<const Trigger*> trigger_bodies;  ///< whose function's text names it
  std::vector<Identifier> policies, generated_columns;
  std::vector<ObjectName> statistics;
  std::vector<const Sequence*> sequences;  ///< owned by it, identity's own included
  std::vector<Identifier> rules;           ///< of the table: what they read cannot be told
  bool partition_key = false;
  bool none() const {
    return indexes.empty() && constraints.empty() && references.empty() && views.empty() &&
           triggers.empty() && trigger_bodies.empty() && policies.empty() && generated_columns.empty() &&
           statistics.empty() && sequences.empty() && rules.empty() && !partition_key;
  }
};
Dependents dependents_of(const Schema& schema, const Table& table, const Identifier& column);

/// Triggers that a batched UPDATE of this table would fire on every row, for a note.
std::vector<Identifier> update_triggers(const Table& table, const std::vector<Identifier>& assigned);

}  // namespace planner::plans
