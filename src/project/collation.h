#pragma once

#include <optional>
#include <string_view>

namespace planner::project {

/// Orders names as JavaScript's `localeCompare` does (ICU's root collation), which Prisma 6.6 and later use:
/// punctuation before digits before letters, case only as a tie-break. Negative, zero, positive.
int locale_compare(std::string_view a, std::string_view b);
/// The same, where letters, digits and underscores of ASCII decide it, without ICU; else nothing.
std::optional<int> plain_compare(std::string_view a, std::string_view b);
/// The same, asked of ICU.
int icu_compare(std::string_view a, std::string_view b);

}  // namespace planner::project
