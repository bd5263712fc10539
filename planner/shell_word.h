#pragma once

#include <string>
#include <string_view>

namespace planner {

/// A name or a path as one word of a command that people copy into their shell: as it is when it needs no
/// quotes, else in single quotes.
std::string shell_word(std::string_view word);

}  // namespace planner
