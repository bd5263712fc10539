#pragma once

#include <string>
#include <vector>

/// The fenced examples of a page: what it shows is run.
namespace planner::test {

/// ` ```sql finds tool=flyway `
struct Fence {
  std::string language;  ///< sql, toml
  std::string kind;      ///< given, finds, passes; empty: none
  std::string words;     ///< what stands behind it
  std::string text;
  int line = 0;
};
std::vector<Fence> fences_of(const std::string& page);

}  // namespace planner::test
