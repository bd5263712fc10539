#pragma once

#include <optional>
#include <string>
#include <vector>

#include "src/proof/release_model.h"
#include "src/proof/workload.h"

namespace planner {

class Connection;

/// The log of committed writes: schema `planner_oracle` in the database under test.
void create_oracle(Connection& connection);
/// Takes the rows that are there as committed by the old release.
void remember_rows(Connection& connection, const ReleaseTable& table);
/// The text of a row's key as the log keeps it.
Sql key_text(const ReleaseTable& table, const Identifier& row);
/// Are two texts one value, for a column that has another type in the other release? `1.5` and `1.50000000`
/// are.
bool same_value(Connection& connection, const ReleaseColumn& column, const std::optional<std::string>& a,
                const std::optional<std::string>& b);
/// Every value committed last against every value that is there, as `model` sees the database; `old_release`
/// gives the types old writers used.
std::vector<RowDifference> compare_with_oracle(Connection& connection, const ReleaseModel& model,
                                               const ReleaseModel& old_release, std::size_t at_most);

}  // namespace planner
