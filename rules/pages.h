#pragma once

#include <string_view>
#include <vector>

/// The pages of all rules, generated from rules/*/rule.md when CMake configures.
namespace planner::rules {

struct Page {
  std::string_view rule;
  std::string_view text;
};
const std::vector<Page>& pages();

}  // namespace planner::rules
