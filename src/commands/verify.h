#pragma once

#include <string>
#include <vector>

#include "src/commands/context.h"

namespace planner::commands {

struct VerifyOptions {
  std::string plan;     ///< its name or folder
  std::string scratch;  ///< URL of a server to prove on; empty: one is started
  std::string format = "text";
  int rows = 100;
  std::vector<std::string> old_release, new_release;  ///< files of SQL that the releases send
};

/// What the proof of a plan has to say, and whether it is proven.
struct PlanProof {
  std::string text;
  bool proven = false;
};
PlanProof verify_plan(const VerifyOptions& options, const Context& context);

}  // namespace planner::commands
