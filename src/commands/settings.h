#pragma once

#include <deque>
#include <string>
#include <vector>

#include "planner/engine.h"
#include "planner/rule.h"
#include "src/project/config.h"

/// planner.toml and options -> the plain values the engine takes.
namespace planner::commands {

RuleSettings rule_settings(const project::Config& config);

/// Who owns which tables, seen from one service.
Ownership ownership_of(const project::Config& config, const std::string& service);

/// planner's rules and the team's. Holds the values that the set points at.
class RuleBook {
 public:
  explicit RuleBook(const project::Config& config);
  RuleBook(const RuleBook&) = delete;
  RuleBook& operator=(const RuleBook&) = delete;
  const RuleSet& all() const { return all_; }

 private:
  std::deque<rules::TeamRule> team_;
  std::deque<Rule> made_;
  RuleSet all_;
};

/// What src/ found in folders, git or a database, as planner.toml's [rules] wants it: with its severity, or
/// not at all.
std::vector<Finding> as_configured(std::vector<Finding> findings, const project::Config& config);

/// `--fail-on`, else planner.toml, else error; `never` is Severity::Off. Throws Error for another word.
Severity fail_level(const std::string& word, const project::Config& config);

/// Throws Error (file, line, nearest name) when planner.toml's [rules] names a rule there is not.
void check_rule_names(const project::Config& config);

}  // namespace planner::commands
