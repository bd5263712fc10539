#pragma once

#include <map>
#include <string>
#include <vector>

#include "planner/effects/effects.h"
#include "src/database/connection.h"

/// What a server really does for statements, seen from inside a transaction that is always rolled back.
namespace planner {

struct TracedStatement {
  std::vector<RelationLock>
      taken;  ///< locks that this statement added, strongest per relation that was there before
  std::vector<ObjectName> rewritten;  ///< tables that got a new file
  std::string error, sqlstate;        ///< why the server refused
  double milliseconds = 0;
};

class Tracer {
 public:
  /// Begins the transaction. Waits for locks no longer than the limit, so that nobody queues behind it for
  /// long.
  Tracer(Connection& connection, int lock_timeout_ms);
  /// Rolls back, whatever happened.
  ~Tracer();
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  /// Runs one statement. After an error the transaction goes on as if the statement had not been sent. Throws
  /// Error when the transaction is gone.
  TracedStatement run(const std::string& statement);

 private:
  struct Relation {
    ObjectName name;
    LockedKind kind = LockedKind::Table;
    std::string file;
  };
  std::map<std::string, Relation> relations();
  std::map<std::string, LockMode> locks();

  Connection& connection_;
  std::map<std::string, Relation> known_;  ///< by oid; what was there before the first statement
};

/// Why the database looks like one that people depend on: a name or a setting that says so; empty when none
/// does.
std::string looks_like_production(Connection& connection, const std::string& url);

}  // namespace planner
