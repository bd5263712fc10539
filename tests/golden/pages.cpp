#include "tests/golden/pages.h"

#include <sstream>

namespace planner::test {

std::vector<Fence> fences_of(const std::string& page) {
  std::vector<Fence> fences;
  std::istringstream lines(page);
  std::string line;
  bool inside = false;
  for (int number = 1; std::getline(lines, line); ++number) {
    if (line.rfind("```", 0) == 0) {
      inside = !inside;
      if (!inside) continue;
      std::istringstream info(line.substr(3));
      Fence fence;
      info >> fence.language >> fence.kind;
      std::getline(info, fence.words);
      fence.line = number;
      fences.push_back(fence);
      continue;
    }
    if (inside) fences.back().text += line + "\n";
  }
  return fences;
}

}  // namespace planner::test
