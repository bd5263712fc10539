#pragma once

#include <string>
#include <vector>

#include "planner/sql/names.h"
#include "src/database/connection.h"

/// What unfinished work leaves in a database, and planner's own objects.
namespace planner {

struct LeftObject {
  enum class Kind { InvalidIndex, BuildingIndex, NotValidConstraint, PlannerObject };
  Kind kind = Kind::PlannerObject;
  std::string type;  ///< `index`, `constraint`, `trigger`, `function`, `table`, `sequence`, `view`
  ObjectName table;  ///< of an index, constraint or trigger; a function has only its schema here
  Identifier name;
  std::string remove;  ///< the statement that removes it; empty: it is not planner's to say
};

/// Indexes PostgreSQL marked INVALID, constraints it never checked, and everything whose name is planner's.
/// System schemas and temporary objects are left out.
std::vector<LeftObject> unfinished_objects(Connection& session);

/// What `planner backfill run` has written about its work.
struct BackfillProgress {
  std::string plan, phase, relation, way, state, reason;
  long long rows_done = 0, rows_total = 0;  ///< total as estimated when it began
  double share = 0;                         ///< of the way through the table, 0 to 1
  double rows_per_second = 0, seconds_left = -1;
  std::string updated_at;
  int pid = 0;
  bool alive = false;  ///< its session exists
};
std::vector<BackfillProgress> backfills_in(Connection& session);

}  // namespace planner
