#include "plans/steps/text.h"

namespace planner::plans {

Sql on_lines(const std::vector<Sql>& lines) { return join(lines, "\n      "); }

std::string said(const Identifier& name) { return quoted(name); }

std::string said(const TableName& table, const Identifier& column) {
  return display(table) + "." + column.str();
}

Identifier planner_name(std::string_view what, std::string_view text) {
  return fitted_name("planner_" + std::string(what) + "_" + std::string(text));
}

Sql image(const Sql& expression) { return sql("ROW({})::record", expression); }

Expression of_new_row(const Expression& value, const TableName& table) {
  const Identifier row("new");
  return value.with_table_renamed(ObjectName(table.name), ObjectName(row)).with_columns_qualified(row);
}

}  // namespace planner::plans
