#pragma once

#include <array>
#include <string>
#include <vector>

#include "plans/schema_script.h"

/// What the files of script_between() share.
namespace planner::plans::script {

/// The order of a script.
enum class Stage {
  Release,  ///< what would hold or take along something that is dropped
  DropViews,
  DropParts,        ///< triggers, rules, policies, statistics
  DropKeys,         ///< foreign keys
  DropConstraints,  ///< other constraints and indexes
  Detach,
  DropTables,
  DropFunctions,
  Schemas,
  Types,
  Sequences,
  Functions,
  Tables,
  Columns,
  Attach,
  Constraints,
  Indexes,
  Keys,
  Owners,
  LateFunctions,
  Views,
  Parts,  ///< triggers, rules, policies, statistics
  Settings,
  Comments,
  DropTypes,
  DropSchemas,
  Count
};

struct Scripter {
  const Schema& from;
  const Schema& to;
  SchemaScript result = {};
  std::array<std::vector<Sql>, static_cast<std::size_t>(Stage::Count)> stages = {};
  bool functions_read_tables = false;
  std::vector<ObjectName> swapped_enums = {};

  void add(Stage stage, Sql statement) {
    stages[static_cast<std::size_t>(stage)].push_back(std::move(statement));
  }
  void note(std::string sentence) { result.notes.push_back(std::move(sentence)); }
  /// Labels went or changed places: a new type takes the old one's name, and columns are cast over.
  void swap_enum(const EnumType& wanted);
};

/// Tables with all their parts, and views.
void script_tables(Scripter& script);

}  // namespace planner::plans::script
