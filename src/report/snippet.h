#pragma once

#include <string>
#include <string_view>

#include "planner/sql/parse.h"
#include "src/report/terminal.h"

namespace planner::report {

/// The source lines of a span with the span underlined, as compilers show them:
///
///        |
///      3 | ALTER TABLE "User" RENAME COLUMN "name" TO "fullname";
///        |                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
///
/// `line` is the number of the span's first line, `gutter` the width of the line numbers. Long lines are
/// clipped around the span; of a long span the first lines are shown.
std::string snippet(std::string_view text, Span span, int line, Ink ink, int gutter, const TextStyle& style);

}  // namespace planner::report
