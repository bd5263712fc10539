#pragma once

#include <string_view>

namespace planner::project {

/// Orders names as JavaScript's `localeCompare` does (ICU's root collation), which Prisma 6.6 and later use: punctuation
/// before digits before letters, case only as a tie-break (lower case first). Exact for ASCII; other characters come after
/// ASCII letters, by code point, which ICU does not promise.
/// Negative, zero, positive.
int locale_compare(std::string_view a, std::string_view b);

}  // namespace planner::project
