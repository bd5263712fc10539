#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "src/database/connection.h"
#include "tests/effects/oracle.h"

/// What a server really does for a statement, in a form that can be compared with what planner says.
namespace planner::test {

struct Observed {
  std::string sqlstate = "00000";
  std::string message;
  std::map<std::string, LockMode> locks;       ///< on relations that were there before; ACCESS SHARE left out
  std::set<std::string> rewrites;              ///< tables, materialized views and sequences with a new file
  std::map<std::string, std::string> indexes;  ///< built, rebuilt, recreated, dropped
  std::set<std::string> scans;                 ///< tables of which every row was read
  std::set<std::string> holding_rows;          ///< before the statement
  bool checks_keys = false;
};

/// A session in which statements are run and rolled back.
class Measuring {
 public:
  explicit Measuring(Connection& session);
  /// Runs the text in a transaction that is rolled back. Names are qualified.
  Observed run(const std::string& text);

 private:
  struct Relation {
    std::string name;
    char kind = 'r';
    std::string file;
    bool holds_rows = false;
    std::string rows_read;
  };
  std::map<std::string, Relation> relations();

  Connection& db_;
  std::vector<std::string> messages_;
};

/// What planner says, in the same form. Only relations of `before` count.
Observed said_of(const Outcome& outcome, const Schema& before);

/// One line per difference; none when both agree.
std::vector<std::string> differences(const Observed& measured, const Outcome& said, const Schema& before);

/// Every text that a template stands for: `{a|b|}` is one of its alternatives, which may hold braces again.
std::vector<std::string> expand(const std::string& pattern);

}  // namespace planner::test
