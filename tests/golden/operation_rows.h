#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace planner::test {

/// One operation of tests/golden/operations/*.tsv: a statement, and what planner says about it.
struct OperationRow {
  std::string file;  ///< without .tsv
  int line = 0;
  std::string id, settings, given, statement, expected;

  /// The history that the rows of this file meet.
  const std::string& schema() const;
};

void PrintTo(const OperationRow& row, std::ostream* out);

/// The survey, and the same operations in other shapes: quoted, of a second schema, in DO blocks, on
/// partitions.
std::vector<OperationRow> operation_rows();

}  // namespace planner::test
