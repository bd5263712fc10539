#pragma once

#include <string>
#include <vector>

namespace planner::project {

struct Ran {
  bool started = false;  ///< false: no such program
  int status = -1;       ///< exit code; 128 + signal when it was killed
  std::string out, err;
};

/// Runs a program found through PATH with exactly these arguments: no shell reads them.
Ran run(const std::vector<std::string>& arguments);

}  // namespace planner::project
