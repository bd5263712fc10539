#pragma once

#include <random>
#include <string>
#include <vector>

#include "planner/engine.h"

/// Schemas and migrations nobody thought of, the same ones for the same numbers.
namespace planner::test {

struct RandomColumn {
  std::string name, type, value;  ///< `value`: a constant of the type
  bool required = false, in_key = false;
};
struct RandomTable {
  std::string name;
  std::vector<RandomColumn> columns;
  std::vector<std::string> key;
};
struct RandomSchema {
  std::vector<RandomTable> tables;
  std::string sql;
};
RandomSchema random_schema(unsigned seed);

/// A migration and the answers a person gives along.
struct RandomChange {
  std::string sql;
  SplitOptions options;
};
/// One operation for each number.
RandomChange random_change(const RandomSchema& schema, const std::vector<unsigned>& numbers);

}  // namespace planner::test
