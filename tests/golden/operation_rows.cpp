#include "tests/golden/operation_rows.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "tests/support/files.h"
#include "tests/support/paths.h"

namespace planner::test {
namespace {

std::filesystem::path folder() { return source_dir() / "tests/golden/operations"; }

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields;
  std::istringstream stream(line);
  for (std::string field; std::getline(stream, field, '\t');) fields.push_back(field);
  return fields;
}

void read_rows(const std::string& name, std::vector<OperationRow>& all) {
  std::ifstream file(folder() / (name + ".tsv"));
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.empty() || line.front() == '#' || line.rfind("id\t", 0) == 0) continue;
    const std::vector<std::string> fields = fields_of(line);
    if (fields.size() != 5)
      throw std::runtime_error(name + ".tsv:" + std::to_string(number) + ": five columns");
    all.push_back({name, number, fields[0], fields[1], fields[2], fields[3], fields[4]});
  }
}

}  // namespace

void PrintTo(const OperationRow& row, std::ostream* out) { *out << row.statement; }

const std::string& OperationRow::schema() const {
  static const std::string survey = read_file(folder() / "schema.sql");
  static const std::string shapes = read_file(folder() / "shapes_schema.sql");
  return file == "operations" ? survey : shapes;
}

std::vector<OperationRow> operation_rows() {
  std::vector<OperationRow> all;
  read_rows("operations", all);
  read_rows("shapes", all);
  read_rows("histories", all);
  return all;
}

}  // namespace planner::test
