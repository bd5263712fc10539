#pragma once

#include <optional>
#include <vector>

#include "planner/plan.h"

/// Two columns of one table kept equal by the database while two releases write different ones of them.
namespace planner::plans {

/// `from` is the column the old release writes, `to` the one the new release writes.
struct MirrorPair {
  Identifier from;
  Identifier to;
  TypeName from_type, to_type;
  Expression up;    ///< `to` computed from `from`; empty: the value itself. Must never fail: an error here
                    ///< fails the old release's write
  Expression down;  ///< `from` computed from `to`; empty: the value itself
  Expression from_default, to_default;  ///< in force while both columns exist; only ones that give the same
                                        ///< value all through a transaction
};

struct Mirror {
  TableName table;
  std::vector<MirrorPair> pairs;
  Identifier function_name;  ///< in the table's schema
  Identifier trigger_name;
  Identifier constraint_name;  ///< the CHECK by which PostgreSQL itself refuses any drift
  Identifier counter_name;     ///< a sequence in the table's schema: how often an old release wrote a row
};

/// Names for a mirror. The trigger sorts behind every trigger the table has: PostgreSQL fires them in the
/// order of their names.
Mirror make_mirror(const Table& table, std::vector<MirrorPair> pairs);

/// CREATE OR REPLACE FUNCTION: only `from` may be written, `to` follows. A write to `to` fails loudly instead
/// of being lost.
Sql one_way_function(const Mirror& mirror);
/// CREATE OR REPLACE FUNCTION: whichever column a statement changed is copied into the other; when both were,
/// `to` wins. `report_old_writes`: a write through the old column still works but says so in the server's
/// log, to find a forgotten old process.
Sql two_way_function(const Mirror& mirror, bool report_old_writes = false);

/// The sequence that two_way_function() moves with every row written through `from`. A sequence, because
/// counting in a row would make writers wait for each other; open to everyone who may write the table. Made
/// and dropped only while the table is locked: a writer holds the sequence to the end of its transaction.
std::vector<Sql> create_counter(const Mirror& mirror);
Sql drop_counter(const Mirror& mirror);

/// The trigger on the function, firing for logical replication and restores too.
std::vector<Sql> create_trigger(const Mirror& mirror);
/// The invariant as a constraint, NOT VALID: rows not copied yet are healed by the trigger before it looks at
/// them.
Sql add_sync_check(const Mirror& mirror);
/// `a *= b` for every pair, over the row's own columns.
Sql in_sync(const Mirror& mirror);
/// Trigger, function and constraint gone.
std::vector<Sql> drop_mirror(const Mirror& mirror);

/// The batched copy from -> to.
Backfill copy_of(const Mirror& mirror, const Table& table);

}  // namespace planner::plans
