#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "planner/sql/names.h"

/// `*` and `?` over names, as planner.toml uses them.
namespace planner::rules {

/// `*` is any text, `?` one character; everything else is itself. Letters of either case count as written.
bool matches(std::string_view pattern, std::string_view text);
bool matches_any(const std::vector<std::string>& patterns, std::string_view text);

/// A pattern with a dot is compared with `schema.table`, one without with the table's name in any schema.
bool matches_table(std::string_view pattern, const ObjectName& table);
bool matches_any_table(const std::vector<std::string>& patterns, const ObjectName& table);

}  // namespace planner::rules
