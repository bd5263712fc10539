#pragma once

#include <random>
#include <string>
#include <vector>

#include "planner/engine.h"

/// Schemas and migrations nobody thought of, the same ones for the same numbers.
namespace planner::test {

/// What a column is made of.
struct RandomKind {
  std::string type, value;  ///< `value`: a constant of the type
  bool distinct = false;    ///< generated rows all differ
  bool comparable = true;   ///< has an order: can be indexed
};

struct RandomColumn {
  std::string name;
  RandomKind kind;
  bool required = false, in_key = false, has_default = false, generated = false;
};
struct RandomTable {
  ObjectName name;
  std::vector<RandomColumn> columns;
  std::vector<std::string> key;
  bool partitioned = false;
  std::string unique_column;                                    ///< that a foreign key may point at
  std::vector<std::string> indexes;                             ///< by CREATE INDEX
  std::vector<std::string> constraints;                         ///< checks and uniques
  std::vector<std::pair<std::string, std::string>> references;  ///< foreign key and what follows FOREIGN KEY

  std::string sql() const;  ///< its name in quotes
};
struct RandomEnum {
  ObjectName name;
  std::vector<std::string> labels;
};
struct RandomSchema {
  std::vector<RandomTable> tables;
  std::vector<RandomEnum> enums;
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

// ---- shared by both ----

using Random = std::mt19937;
std::size_t below(Random& random, std::size_t limit);
bool maybe(Random& random, unsigned percent);
std::string in_quotes(const std::string& name);
const std::vector<RandomKind>& random_kinds();

}  // namespace planner::test
