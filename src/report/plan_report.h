#pragma once

#include <map>
#include <string>
#include <vector>

#include "planner/engine.h"
#include "src/report/terminal.h"

/// The outcome of `planner split`.
namespace planner::report {

struct SplitReport {
  std::string version;  ///< of planner
  std::string service, migration, path;
  const SplitResult* result = nullptr;
  std::string folder;                        ///< where the plan lies, or would
  bool written = false;                      ///< false: a dry run
  std::map<std::string, std::string> files;  ///< texts by path within the plan
  std::string released;                      ///< the migration that phase 1 became; empty: none
  std::vector<std::string> released_files;
  std::vector<std::string> commit;  ///< what to commit
  std::vector<std::string> next;    ///< what to do now, one step each
  bool explain = false;             ///< say why the phases are ordered and grouped so
};

/// Phases as a table, what each asks of the application and of schema.prisma, notes, next steps. A dry run
/// also shows every file.
std::string split_as_text(const SplitReport& report, const TextStyle& style);
/// src/report/schemas/split.schema.json
std::string split_as_json(const SplitReport& report);

}  // namespace planner::report
