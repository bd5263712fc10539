#pragma once

#include <string>

#include "planner/plan.h"

/// A plan as something to look at: for the people who release it and for those who review it.
namespace planner::report {

struct PlanPage {
  const Plan* plan = nullptr;
  std::string service;              ///< empty: the repository has one
  std::string version;              ///< of planner
  std::vector<std::string> edited;  ///< files changed by hand since planner wrote them
  /// What has become of the phases in one database.
  struct Live {
    std::string environment;
    std::string error;                ///< why it could not be read
    std::vector<std::string> states;  ///< one per phase, as `planner status` says them: `applied`
  };
  std::vector<Live> live;
};

/// One page that needs nothing else: timeline, phases, locks, SQL, ways back. Light and dark, on a phone and
/// on paper.
std::string plan_as_html(const PlanPage& page);
/// For a pull request: a Mermaid chart, which GitHub and GitLab draw, and a table.
std::string plan_as_markdown(const PlanPage& page);
/// The timeline alone: which release may run in which phase, and the strongest lock of each.
std::string plan_as_svg(const PlanPage& page);

}  // namespace planner::report
