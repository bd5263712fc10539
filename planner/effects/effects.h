#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "planner/operation.h"
#include "planner/schema.h"

/// What PostgreSQL does for an operation on a schema: physics, not judgement. Measured in facts/locks.tsv and
/// operations.tsv; tests/effects compares every row.
namespace planner {

/// In order of strength (manual 13.3.1).
enum class LockMode {
  None,
  AccessShare,
  RowShare,
  RowExclusive,
  ShareUpdateExclusive,
  Share,
  ShareRowExclusive,
  Exclusive,
  AccessExclusive
};
std::string_view lock_name(LockMode mode);  ///< `ACCESS EXCLUSIVE`
bool conflicts(LockMode a, LockMode b);
inline bool blocks_reads(LockMode mode) { return mode == LockMode::AccessExclusive; }
inline bool blocks_writes(LockMode mode) { return mode >= LockMode::Share; }

enum class LockedKind { Table, Index, Sequence, View, MaterializedView };
struct RelationLock {
  ObjectName relation;
  LockMode mode = LockMode::None;
  LockedKind kind = LockedKind::Table;
  bool created = false;  ///< made by this very operation: nobody can wait for it
  bool dropped = false;
};

/// Why a relation is read from end to end while the operation's locks are held.
enum class ScanReason {
  NotNull,
  Check,
  ForeignKey,
  PartitionBound,
  IndexBuild,
  Rewrite,
  Domain,
  Exclusion,
  Copy,
  Query
};
struct Scan {
  ObjectName relation;
  ScanReason reason = ScanReason::NotNull;
};

enum class IndexWork { Built, Rebuilt, RecreatedWithoutBuild, Dropped };
struct IndexEffect {
  ObjectName index;
  TableName table;
  IndexWork work = IndexWork::Built;
};

/// PostgreSQL refuses (or would refuse on a table with rows).
struct Failure {
  std::string sqlstate;
  std::string message;
  bool only_with_rows = false;   ///< succeeds on an empty table
  bool depends_on_data = false;  ///< duplicates, orphans, values that do not cast: cannot be told from here
};

struct Effects {
  std::vector<RelationLock>
      locks;  ///< strongest per relation, target first; ACCESS SHARE on others is left out
  std::vector<ObjectName> rewrites;
  std::vector<ObjectName>
      new_sequence_files;  ///< a sequence is one row: its new file costs nothing, but nextval() waits
  std::vector<Scan> scans;
  std::vector<IndexEffect> indexes;
  std::vector<Failure> failures;
  bool outside_transaction = false;      ///< 25001 inside a transaction block
  bool waits_for_old_snapshots = false;  ///< CREATE INDEX CONCURRENTLY and its like
  bool breaks_cached_plans =
      false;  ///< `cached plan must not change result type` for statements that select it
  bool waits_even_if_noop = false;  ///< IF [NOT] EXISTS takes its lock before it notices
  bool truncates_data = false;
  bool dml = false;  ///< row locks to the end of the transaction
  std::vector<std::string>
      unknown;  ///< what the schema does not tell and the answer depends on; one clause each

  LockMode lock_on(const ObjectName& relation) const;
  LockMode strongest() const;
  bool rewrites_table(const ObjectName& relation) const;
  bool scans_table(const ObjectName& relation) const;
};

struct EffectsSettings {
  int server_version = 150000;    ///< lowest the team runs; 120000..189999
  std::string time_zone = "UTC";  ///< of the deploying session; empty: not known
  bool time_zone_known = false;
};

/// The schema is the one the operation meets (before it). `group` are the operations of the same transaction
/// that came before it (a type or table created there, an enum value added there); the schema already has
/// them applied.
Effects effects_of(const Operation& operation, const Schema& schema, const EffectsSettings& settings,
                   const std::vector<const Operation*>& earlier_in_transaction = {});

/// All sub-commands of one ALTER TABLE together: PostgreSQL takes the strongest lock for all, runs drops
/// first, and scans once.
Effects effects_of_statement(const std::vector<Operation>& operations, const Schema& schema,
                             const EffectsSettings& settings,
                             const std::vector<const Operation*>& earlier_in_transaction = {});

/// What happens to a column's values and indexes when its type changes: the measured matrix
/// (facts/type_matrix.txt).
enum class CastCost { Free, FreeButIndexesRebuilt, Rewrite, Refused };
struct TypeChange {
  CastCost cost = CastCost::Rewrite;
  bool needs_using = false;  ///< no assignment cast
  bool may_fail_on_data = false;
  bool may_lose_data = false;  ///< rounding, truncation
  std::string depends_on;      ///< e.g. the session's time zone
};
TypeChange type_change(const TypeName& from, const TypeName& to, const Expression& using_expression,
                       const Identifier& column, const Schema& schema, const EffectsSettings& settings);

}  // namespace planner
