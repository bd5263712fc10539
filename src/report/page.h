#pragma once

#include <string>
#include <string_view>

#include "src/report/terminal.h"

namespace planner::report {

/// A rule's page for a terminal: headings painted, paragraphs wrapped, examples indented under what they are.
std::string page_as_text(std::string_view markdown, const TextStyle& style);

}  // namespace planner::report
