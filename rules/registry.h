#pragma once

#include <string_view>

#include "planner/engine.h"

/// The table of contents: every rule there is. A folder without a line in registry.cpp, or a line without a
/// folder, fails a test.
namespace planner {

const RuleSet& all_rules();

/// nullptr when there is no rule of that id.
const Rule* find_rule(std::string_view id);

/// The rule's page (rules/<folder>/rule.md), compiled in; empty when there is no such rule.
std::string_view rule_page(std::string_view id);

}  // namespace planner
