#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include "planner/sql/parse.h"
#include "tests/effects/oracle.h"
#include "tests/support/paths.h"

/// Every cell of facts/type_matrix.txt: a type change in a context (an index, a key, a check, ... on the
/// column). The table with its rows comes from any row of locks.tsv of the same pair; the contexts are always
/// the same.
namespace planner::test {
namespace {

/// `CREATE TABLE t(..); INSERT ..;` of a measured row, with what it needs in front, and without its context.
std::string plain_setup(std::string setup, const std::string& context) {
  if (context == "fkout" && setup.starts_with("CREATE TABLE p(")) setup.erase(0, setup.find(';') + 1);
  const std::size_t table = setup.find("CREATE TABLE t(");
  const std::size_t rows = setup.find("INSERT INTO t ", table == std::string::npos ? 0 : table);
  if (table == std::string::npos || rows == std::string::npos) return {};
  const std::string series = "generate_series(1,3000) g;";
  const std::size_t end = setup.find(series, rows);
  if (end == std::string::npos) return {};
  setup.resize(end + series.size());
  const std::string not_null = " NOT NULL, o text)";
  if (const std::size_t at = setup.find(not_null); context == "nn" && at != std::string::npos)
    setup.replace(at, not_null.size(), ", o text)");
  return setup;
}

/// The column's type as the setup writes it.
std::string type_in(const std::string& setup) {
  const std::string begin = "PRIMARY KEY, c ";
  const std::size_t from = setup.find(begin) + begin.size();
  const std::size_t end = setup.find(", o text)", from);
  return setup.find(begin) == std::string::npos || end == std::string::npos ? ""
                                                                            : setup.substr(from, end - from);
}

std::string in_context(const std::string& plain, const std::string& context) {
  const std::string type = type_in(plain);
  const std::string unique = "ALTER TABLE t ADD CONSTRAINT t_c_key UNIQUE(c);";
  if (context == "idx") return plain + "CREATE INDEX t_c_idx ON t(c);";
  if (context == "uniq") return plain + unique;
  if (context == "fkref")
    return plain + unique + "CREATE TABLE child(id bigint PRIMARY KEY, c " + type + " REFERENCES t(c));";
  if (context == "fkout") {
    std::string with_parent = plain;
    with_parent.insert(plain.find("CREATE TABLE t("), "CREATE TABLE p(c " + type + " PRIMARY KEY);");
    return with_parent + "ALTER TABLE t ADD CONSTRAINT t_fk FOREIGN KEY(c) REFERENCES p(c);";
  }
  if (context == "chk") return plain + "ALTER TABLE t ADD CONSTRAINT t_chk CHECK (c IS NOT NULL);";
  if (context == "dflt") return plain + "ALTER TABLE t ALTER COLUMN c SET DEFAULT '1'::" + type + ";";
  if (context == "nn") return plain + "ALTER TABLE t ALTER COLUMN c SET NOT NULL;";
  if (context == "partial") return plain + "CREATE INDEX t_part_idx ON t(id) WHERE c IS NOT NULL;";
  if (context == "inc") return plain + "CREATE INDEX t_inc_idx ON t(o) INCLUDE(c);";
  if (context == "view") return plain + "CREATE VIEW v AS SELECT c FROM t;";
  return plain;
}

/// The cell that effects stand for; `measured` decides where both are possible.
std::string cell_of(const Outcome& said, const std::string& measured) {
  const bool state = measured.size() == 5 && std::isdigit(static_cast<unsigned char>(measured[0])) != 0;
  if (state) {
    const bool by_data = std::any_of(said.effects.failures.begin(), said.effects.failures.end(),
                                     [](const Failure& f) { return f.depends_on_data; });
    if (said.sqlstates.contains(measured) || (measured.starts_with("2") && by_data && said.sqlstates.empty()))
      return measured;
  }
  if (!said.sqlstates.empty()) return *said.sqlstates.begin();
  std::string cell;
  const bool rewritten = std::any_of(said.effects.rewrites.begin(), said.effects.rewrites.end(),
                                     [](const ObjectName& name) { return name.name.str() == "t"; });
  if (rewritten) cell = "RW";
  for (const IndexEffect& index : said.effects.indexes) {
    if (index.table.name.str() != "t" || index.index.name.str() == "t_pkey") continue;
    cell += index.work == IndexWork::RecreatedWithoutBuild ? "~ix" : "+IX";
  }
  std::set<std::string> read;
  for (const Scan& scan : said.effects.scans) {
    const std::string name = scan.relation.name.str();
    if (scan.reason == ScanReason::Rewrite || (rewritten && name == "t")) continue;
    // Of the two tables of a key only the referencing one is sure to be read.
    const bool optional = scan.reason == ScanReason::ForeignKey && measured.find(name) == std::string::npos;
    if (!optional) read.insert(name);
  }
  if (!read.empty()) {
    std::string list;
    for (const std::string& name : read) list += (list.empty() ? "" : "+") + name;
    cell += (cell.empty() ? "S:" : " S:") + list;
  }
  return cell.empty() ? "." : cell;
}

TEST(TypeMatrix, EveryCellIsWhatEffectsSay) {
  PLANNER_SHARED_OR_SKIP(shared);
  std::map<std::string, std::pair<std::string, std::string>> pairs;  // name -> plain setup, statement
  for (const TableRow& row : read_table(shared / "facts" / "locks.tsv")) {
    const std::vector<std::string> id = split(row.at("case_id"), "/");
    if (id.size() != 3 || (id[0] != "type" && id[0] != "typex") || pairs.contains(id[1])) continue;
    const std::string plain = plain_setup(row.at("setup_sql"), id[2]);
    if (!plain.empty() && !type_in(plain).empty()) pairs[id[1]] = {plain, row.at("statement")};
  }
  std::ifstream matrix(shared / "facts" / "type_matrix.txt");
  std::string line;
  std::vector<std::pair<std::string, std::size_t>> columns;
  std::size_t compared = 0;
  std::size_t agreed = 0;
  std::size_t without_setup = 0;
  std::size_t impossible = 0;
  EffectsSettings settings;
  settings.time_zone_known = true;
  while (std::getline(matrix, line)) {
    if (columns.empty()) {
      std::istringstream words(line);
      for (std::string word; words >> word;) columns.emplace_back(word, line.find(" " + word) + 1);
      columns.front().second = 0;
      continue;
    }
    const std::string name = line.substr(0, line.find(' '));
    const auto pair = pairs.find(name);
    for (std::size_t i = 1; i < columns.size() && !name.empty(); ++i) {
      const std::size_t width =
          i + 1 < columns.size() ? columns[i + 1].second - columns[i].second : std::string::npos;
      std::string cell = columns[i].second < line.size() ? line.substr(columns[i].second, width) : "";
      cell.erase(std::min(cell.find_last_not_of(' ') + 1, cell.size()));
      if (cell.empty() || cell == "-") continue;
      if (pair == pairs.end()) {
        ++without_setup;
        continue;
      }
      std::vector<std::string> problems;
      bool newer = false;
      Schema start;
      start.server_version = settings.server_version;
      const Schema before =
          schema_after(in_context(pair->second.first, columns[i].first), std::move(start), &problems, &newer);
      if (!problems.empty() || newer) {
        ++impossible;
        continue;
      }
      ++compared;
      const std::string said = cell_of(outcome(pair->second.second, before, settings, true), cell);
      if (said == cell) {
        ++agreed;
      } else {
        ADD_FAILURE() << name << "/" << columns[i].first << ": " << pair->second.second << "\n    measured "
                      << cell << ", said " << said;
      }
    }
  }
  std::cout << agreed << " of " << compared << " cells agree; " << without_setup
            << " of pairs without a measured row; " << impossible
            << " in contexts that could not be replayed\n";
}

}  // namespace
}  // namespace planner::test
