#pragma once

#include <map>
#include <string>
#include <vector>

#include "planner/schema.h"
#include "src/database/connection.h"
#include "src/database/live_schema.h"

/// Inside of read_schema(): shared by its parts only.
namespace planner::live {

struct Relation {
  ObjectName name;
  char kind = 'r';
};

struct Reader {
  Connection& connection;
  const LiveSchemaOptions& options;
  Schema schema;
  std::map<std::string, Relation> relations;  ///< by oid
  std::map<ObjectName, Table> tables;
  std::map<ObjectName, View> views;

  /// Runs a query that may use `seen` (the user's schemas) and `rel` (their relations without extension
  /// members).
  Result rows(const std::string& query);
  TypeName type(const std::string& text);
  static ObjectName qualified(const Identifier& schema_name, const Identifier& name);
  static ObjectName without_catalog(const ObjectName& name);
  static const ConstraintDefinition& constraint_of(const Operation& operation);

  std::map<std::string, TypeName> types_ = {};
};

bool is_true(const Value& value);
Identifier name_of(const Value& value);
Expression expression_of(const Value& value);
std::vector<Identifier> names_of(const Value& value);
std::vector<Option> options_of(const Value& value);

/// Everything but tables: sequences, types, functions, triggers, policies, rules, statistics, extensions,
/// publications.
void read_objects(Reader& reader);

}  // namespace planner::live
