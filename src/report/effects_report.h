#pragma once

#include <string>

#include "planner/effects/effects.h"
#include "src/report/terminal.h"

/// What PostgreSQL does for one statement, in the words of somebody who decides when it may run.
namespace planner::report {

struct ExplainedStatement {
  std::string sql;
  Effects effects;
  Schema schema;  ///< the one it meets: sizes for how long, indexes by table
  int server_version = 150000;
  std::string context;   ///< which schema it was judged against
  std::string delivery;  ///< how long its locks last beside other statements; empty: not known
};

std::string effects_as_text(const ExplainedStatement& statement, const TextStyle& style);
/// src/report/schemas/explain.schema.json
std::string effects_as_json(const ExplainedStatement& statement, const std::string& version);

}  // namespace planner::report
