#pragma once

#include "planner/sql/names.h"

namespace planner {

/// What planner makes for the time of a plan bears its name: no application uses it.
inline bool is_planners(const Identifier& name) {
  return name.str().starts_with("planner_") || name.str() == "planner";
}
inline bool is_planners(const ObjectName& name) {
  return is_planners(name.name) || name.schema.str() == "planner";
}

}  // namespace planner
