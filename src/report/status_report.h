#pragma once

#include <string>
#include <vector>

#include "src/report/terminal.h"

/// Where everything stands: the outcome of `planner status`.
namespace planner::report {

struct StatusMigration {
  std::string name;
  std::string state;  ///< applied, pending, running, failed, rolled-back, edited, missing
  std::string started_at, finished_at;
  std::string logs;
  std::string plan, phase;  ///< when it is a released phase
};

struct StatusBackfill {
  std::string phase, relation, way, state, reason, updated_at;
  long long rows_done = 0, rows_left = 0;
  double share = 0, rows_per_second = 0;
  double seconds_left = -1;  ///< negative: not known
};

struct StatusPhase {
  std::string folder, kind, title, window;
  std::string state;      ///< waiting, released, running, failed, applied
  std::string migration;  ///< its name in the history; empty: not released
  std::string finished_at;
  bool reversible = true;
};

struct StatusPlan {
  std::string name, folder;
  std::vector<std::string> edited;  ///< files changed by hand
  std::vector<StatusPhase> phases;
  std::vector<StatusBackfill> backfills;
};

struct StatusObject {
  std::string kind;  ///< invalid-index, building-index, not-valid-constraint, planner-object
  std::string type, name, table;
  std::string plan;    ///< the unfinished plan it belongs to; empty: none
  std::string remove;  ///< the statement that removes it; empty: leave it to its owner
  bool leftover = false;
  std::string left_by;  ///< the plan that made it and needs it no more; empty: nobody here knows
};

/// What decides the next safe step; the handbook in examples/docs has a section for each.
enum class Situation {
  Unreadable,  ///< the database could not be read
  NoDatabase,
  Standby,
  DeployRunning,
  FailedPhase,
  FailedMigration,
  WayBackCutShort,  ///< a rollback was stopped between the migrations it writes
  InvalidIndex,
  Pending,
  PendingRisk,    ///< and a deploy would stop or lose something
  ReleaseNeeded,  ///< the application comes before the next phase
  PhaseReady,
  PlanEdited,  ///< by hand, and it has phases to release or not
  Edited,      ///< an applied migration's file
  Missing,     ///< an applied migration
  LeftOver,    ///< an object of planner's that no plan needs
  Done,
};
std::string_view situation_name(Situation situation);  ///< `failed-phase`

struct StatusEnvironment {
  std::string name;   ///< empty: no database was asked
  std::string error;  ///< why it could not be read
  std::string table;  ///< the tool's history table
  bool table_exists = false;
  bool standby = false;
  std::string note;      ///< what has to be known to read the rest
  std::string deployer;  ///< who holds the deploy lock
  std::vector<StatusMigration> migrations;
  std::vector<StatusPlan> plans;
  std::vector<StatusObject> objects;
  Situation situation = Situation::Unreadable;
  std::string next, next_why;  ///< the next safe action as a command; empty: nothing is to be done
};

struct StatusService {
  std::string name, folder, layout, tool;
  std::vector<std::string> notes;
  std::vector<StatusEnvironment> environments;
};

struct StatusReport {
  std::string version;
  std::vector<StatusService> services;
  bool every_migration = false;  ///< list the applied ones too
};

/// Does anything need attention? (Then the exit code is 1.)
bool needs_attention(const StatusReport& report);

std::string status_as_text(const StatusReport& report, const TextStyle& style);
/// src/report/schemas/status.schema.json
std::string status_as_json(const StatusReport& report);

}  // namespace planner::report
