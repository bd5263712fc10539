#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

namespace planner {

class Connection;

/// Every object of the user's schemas as one line each, in pg_catalog's own words, sorted; column order left
/// out. Planner's oracle and what it keeps in schema planner, and the deploying tool's history table are not
/// the application's schema and stay out.
std::vector<std::string> catalog_lines(Connection& connection);

/// Every row of every table as text, columns in name order, rows sorted: `public.users` -> rows. `left_out`:
/// columns by table. `instead`, likewise: where a column is NULL, what the other one holds, if it is there.
using DataSnapshot = std::map<std::string, std::vector<std::string>>;
using StandIns = std::map<std::string, std::map<std::string, std::string>>;
DataSnapshot data_snapshot(Connection& connection,
                           const std::map<std::string, std::set<std::string>>& left_out = {},
                           const StandIns& instead = {});

/// Lines of `expected` that `found` lacks (`- ...`) and the other way round (`+ ...`), at most `at_most`.
std::vector<std::string> difference(const std::vector<std::string>& expected,
                                    const std::vector<std::string>& found, std::size_t at_most = 40);
std::vector<std::string> difference(const DataSnapshot& expected, const DataSnapshot& found,
                                    std::size_t at_most = 40);

}  // namespace planner
