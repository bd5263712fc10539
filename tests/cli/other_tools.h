#pragma once

#include <ostream>
#include <string>
#include <utility>
#include <vector>

/// Small histories of every tool but Prisma, as the tool leaves them after the first migration.
namespace planner::test {

inline constexpr const char* kUsers = "CREATE TABLE users (id int PRIMARY KEY, email text);\n";
inline constexpr const char* kAge = "ALTER TABLE users ADD COLUMN age int;\n";

struct OtherTool {
  std::string name;
  std::vector<std::pair<std::string, std::string>> files;  ///< the first one is applied
  std::string record;                                      ///< as the tool leaves it
  std::string pending, command;
  /// Every row of the tool's table but times, as text; empty: planner does not write it.
  std::string rows;
  std::string after_one, after_both;  ///< what `rows` answers
};

inline void PrintTo(const OtherTool& tool, std::ostream* out) { *out << tool.name; }

const std::vector<OtherTool>& other_tools();

}  // namespace planner::test
