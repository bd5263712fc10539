#pragma once

#include "planner/plan.h"

/// Data changed in batches that commit: nobody waits for longer than one batch, and a run that was stopped is
/// simply started again.
namespace planner::plans {

/// The best unique key of a table to walk along: its primary key, else a unique index over NOT NULL columns.
/// Empty key: physical ranges.
Backfill keyed_backfill(const Table& table);

/// Do the rows end the same whatever order they are written in? Not where they are numbered, or where a
/// function nobody knows may look at the others.
bool takes_any_order(const Backfill& backfill);

/// Lines of a DO block with `planner_try integer`: the changes of one batch, tried again while somebody holds
/// its rows, then committed.
std::vector<Sql> one_batch(const std::vector<Sql>& changes);

/// The DO block. Works without any object of planner's; safe to run again (finished rows no longer match
/// `todo`). `analyze_columns`: fresh statistics for them at the end, so that the first queries on a filled
/// column are planned well.
Sql batched_block(const Backfill& backfill, int batch_rows,
                  const std::vector<Identifier>& analyze_columns = {});

/// The same for a whole UPDATE or DELETE that reads other tables too: its own text with the range of one
/// batch added to its WHERE. `alias` is what it calls its table.
Sql batched_statement(const Backfill& keyed, const Expression& statement, const Identifier& alias,
                      int batch_rows);

/// The whole step: kind, shape, statement, locks. The caller adds title, why and order.
Step backfill_step(const Backfill& backfill, const SplitOptions& options,
                   const std::vector<Identifier>& analyze_columns = {});

}  // namespace planner::plans
