#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "planner/labels.h"
#include "planner/operation.h"
#include "planner/schema.h"

/// Small things every recipe says or writes.
namespace planner::plans {

/// Lines of one statement as they stand inside a DO block, continued at the block's depth.
Sql on_lines(const std::vector<Sql>& lines);

/// `"name"` for sentences.
std::string said(const Identifier& name);
/// `users.email` for sentences.
std::string said(const TableName& table, const Identifier& column);

/// `planner_<what>_<text>`, at most 63 bytes, unique by hash when cut.
Identifier planner_name(std::string_view what, std::string_view text);

/// `ROW(expression)::record`: compared with *= and *<>, which look at the stored bytes and so need no `=` for
/// the type and see changes of case in citext or of scale in numeric.
Sql image(const Sql& expression);

/// The value over a row of the table as a trigger sees it: `a` and `t.a` are `new.a`.
Expression of_new_row(const Expression& value, const TableName& table);

inline constexpr std::string_view kMoment = "for a moment (catalogue only)";
inline constexpr std::string_view kScan = "while every row is read; reads and writes go on";

}  // namespace planner::plans
