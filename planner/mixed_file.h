#pragma once

#include <cstddef>
#include <optional>

#include "planner/delivery.h"

namespace planner {

/// Flyway refuses a file in which some statements need no transaction and others run in one, unless its
/// setting `mixed` is on: the first statement of the second kind it meets; nullopt when all are of one kind.
std::optional<std::size_t> flyway_refuses_at(const ParsedFile& file);

}  // namespace planner
