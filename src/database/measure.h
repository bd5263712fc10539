#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "planner/effects/effects.h"
#include "src/database/connection.h"

/// What a server really does for a statement: the locks it takes, the files it writes anew, what it reads.
/// The counterpart of effects_of().
namespace planner {

struct Measured {
  /// Strongest lock per relation of the user's schemas (TOAST left out), held when the statement had ended;
  /// in the order of their names.
  std::vector<RelationLock> locks;
  std::vector<ObjectName> rewrites;  ///< tables, materialized views and sequences whose file is a new one
  std::vector<IndexEffect> indexes;  ///< built, rebuilt, recreated with the old file, dropped
  std::map<ObjectName, long long> rows_read;        ///< by sequential scans, per table
  std::map<ObjectName, long long> index_rows_read;  ///< per index
  std::vector<std::string> messages;  ///< DEBUG1 and above: `rewriting table "t"`, `verifying table "t"`, ...
  std::string sqlstate;               ///< empty: it succeeded
  std::string error;

  LockMode lock_on(const ObjectName& relation) const;
  bool rewrites_relation(const ObjectName& relation) const;
  /// Tables that a message says were verified, rewritten, or read to build an index, and those whose rows
  /// were read.
  std::vector<std::string> tables_read() const;
};

/// Runs statements in one transaction that is never committed. The session's connection must not be inside
/// one.
class Measuring {
 public:
  /// Begins the transaction.
  explicit Measuring(Connection& session);
  /// Rolls back.
  ~Measuring();
  Measuring(const Measuring&) = delete;
  Measuring& operator=(const Measuring&) = delete;

  /// Runs the text (sent as one query) and says what it did. Locks are those of this step only: what a former
  /// step holds in the same mode or a stronger one is not repeated. After an error the transaction stands
  /// where it stood before the step.
  Measured step(std::string_view sql);

 private:
  struct Relation {
    ObjectName name;
    char kind = 'r';
    std::string file;
    ObjectName table;  ///< of an index
    long long rows_read = 0;
  };
  using Relations = std::map<std::string, Relation>;  ///< by oid
  using Locks = std::map<std::string, LockMode>;      ///< by oid
  Relations look_at_relations();
  Locks look_at_locks();

  Connection& session_;
  std::vector<std::string> messages_;
};

/// One statement, measured in a transaction of its own that is rolled back.
Measured measure(Connection& session, std::string_view sql);

}  // namespace planner
