#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "planner/sql/names.h"

namespace planner {

/// The columns that every table has without saying so.
inline bool is_system_column(const Identifier& name) {
  constexpr std::array<std::string_view, 6> kNames{"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"};
  return std::find(kNames.begin(), kNames.end(), name.str()) != kNames.end();
}

}  // namespace planner
