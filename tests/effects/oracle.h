#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "planner/effects/effects.h"
#include "planner/schema.h"

/// Measured rows, and what planner says about the same statements.
namespace planner::test {

/// A tab-separated file without quoting: one map from column to text per row.
using TableRow = std::map<std::string, std::string>;
std::vector<TableRow> read_table(const std::filesystem::path& file);
std::vector<std::string> split(const std::string& text, const std::string& separator);

/// What a text does when its statements run one after the other in one transaction, beginning with a schema.
struct Outcome {
  Effects effects;  ///< of all statements together; relations made on the way count as created
  std::set<std::string>
      sqlstates;              ///< refusals that do not depend on rows, of the first statement that has one
  bool newer_syntax = false;  ///< the parser does not know it
  bool syntax_error = false;
  Schema after;
};
Outcome outcome(const std::string& text, Schema schema, const EffectsSettings& settings,
                bool tables_have_rows);

/// The schema after a setup. `problems` takes what could not be replayed.
Schema schema_after(const std::string& setup, Schema schema, std::vector<std::string>* problems,
                    bool* newer_syntax);

LockMode lock_mode(const std::string& name);  ///< `AccessExclusiveLock`, `AX`, ...
std::string short_name(LockMode mode);        ///< `AX`

}  // namespace planner::test
