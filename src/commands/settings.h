#pragma once

#include <string>

#include "planner/rule.h"
#include "src/project/config.h"

/// planner.toml and options -> the plain values the engine takes.
namespace planner::commands {

RuleSettings rule_settings(const project::Config& config);

/// `--fail-on`, else planner.toml, else error; `never` is Severity::Off. Throws Error for another word.
Severity fail_level(const std::string& word, const project::Config& config);

/// Throws Error (file, line, nearest name) when planner.toml's [rules] names a rule there is not.
void check_rule_names(const project::Config& config);

}  // namespace planner::commands
