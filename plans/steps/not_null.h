#pragma once

#include "planner/plan.h"

/// NOT NULL without reading the table under a strong lock: a CHECK that is validated while everybody works is
/// the proof PostgreSQL takes.
namespace planner::plans {

Identifier not_null_proof(const Identifier& column);
/// ALTER TABLE ... ADD CONSTRAINT ... CHECK (column IS NOT NULL) NOT VALID.
Sql add_not_null_proof(const TableName& table, const Identifier& column);

/// Fills a column whenever somebody writes a row without it.
struct FillTrigger {
  TableName table;
  Identifier column;
  Expression value;             ///< over the row's other columns
  bool on_update_only = false;  ///< INSERT is served by the column's default
  Identifier function_name() const;
  Identifier trigger_name() const;
};
std::vector<Sql> create_fill_trigger(const FillTrigger& fill);
std::vector<Sql> drop_fill_trigger(const FillTrigger& fill);

/// The step that makes a proven column NOT NULL: VALIDATE in one transaction, SET NOT NULL and the proof's
/// end in another. The CHECK exists.
Step enforce_not_null_step(const TableName& table, const Identifier& column);
/// The same when nothing is prepared and no writer may be interfered with: looks for NULLs first, adds the
/// CHECK itself, and takes it away again should a row without value slip in between. `last`: statements of
/// the same last moment.
Step guarded_not_null_step(const TableName& table, const Identifier& column,
                           const std::vector<Sql>& last = {});

}  // namespace planner::plans
