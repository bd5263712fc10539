#pragma once

#include <cstddef>

namespace planner::replaying {

/// MaxHeapAttributeNumber of the server.
constexpr std::size_t kMostColumns = 1600;

}  // namespace planner::replaying
