#pragma once

#include <string>

#include "planner/effects/build.h"

namespace planner::physics {

/// No operator class of the access method is the default for values of the type.
bool lacks_opclass(const Builder& builder, const TypeName& type, const std::string& method);

}  // namespace planner::physics
