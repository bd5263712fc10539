#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "planner/schema.h"
#include "planner/schema_diff.h"

/// Schemas and their differences for programs, and text for SQL scripts.
namespace planner::report {

/// src/report/schemas/schema.schema.json
std::string schema_as_json(const Schema& schema, const std::string& described,
                           const std::vector<std::string>& gaps, const std::string& version);
/// src/report/schemas/diff.schema.json; `explanations`: one per difference, or none.
std::string differences_as_json(const std::vector<SchemaDifference>& differences, const std::string& a,
                                const std::string& b, const std::string& version,
                                const std::vector<std::string>& explanations = {});
/// Lines of an SQL comment.
std::string sql_comment(std::string_view text);

}  // namespace planner::report
