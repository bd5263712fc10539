#pragma once

#include <string>
#include <vector>

#include "planner/operations/parts.h"

/// Settings, transactions, locks, maintenance, and what planner does not follow. Names are as written (schema
/// empty when not given).
namespace planner {

struct SetVariable {
  std::string name;
  std::vector<std::string> values;
  bool local = false;
  bool reset = false;
  bool reset_all = false;
};
enum class TransactionAction {
  Begin,
  Commit,
  Rollback,
  Savepoint,
  ReleaseSavepoint,
  RollbackToSavepoint,
  Prepare,
  CommitPrepared,
  RollbackPrepared,
  SetConstraints,
  SetTransaction
};
struct Transaction {
  TransactionAction action = TransactionAction::Begin;
  std::string name;
  bool chain = false;
};
struct LockTable {
  std::vector<TableName> tables;
  std::string mode;
  bool nowait = false;
  std::vector<bool> only;  ///< per table
};                         ///< mode in the manual's words: `ACCESS EXCLUSIVE`
struct Vacuum {
  std::vector<TableName> tables;
  bool full = false;
  bool analyze = false;
  bool analyze_only = false;
};
struct Call {
  ObjectName procedure;
};
struct Discard {};
struct Listen {
  std::string kind;
};  ///< LISTEN, NOTIFY, UNLISTEN, CHECKPOINT, LOAD, DEALLOCATE, PREPARE, EXECUTE, DECLARE, FETCH, EXPLAIN,
    ///< ... : nothing to the schema

/// Something planner does not follow. `may_touch` are the relations it can tell.
struct Unrecognized {
  std::string what;
  std::vector<TableName> may_touch;
  bool dynamic = false;
};

}  // namespace planner
