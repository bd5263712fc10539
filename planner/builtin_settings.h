#pragma once

#include <string_view>

namespace planner {

/// Is there such a setting in any of PostgreSQL 12 to 18, or may an extension bring it (`name.with_a_dot`)?
bool is_setting(std::string_view name);

}  // namespace planner
