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
  /// A default as the server prints it. Thousands of columns share a few.
  Expression expression(const Value& value);
  /// What pg_get_constraintdef() says.
  const ConstraintDefinition& constraint(const std::string& definition);
  static ObjectName qualified(const Identifier& schema_name, const Identifier& name);
  static ObjectName without_catalog(const ObjectName& name);
  static const ConstraintDefinition& constraint_of(const Operation& operation);

  std::map<std::string, TypeName> types_ = {};
  std::map<std::string, Expression> expressions_ = {};
  std::map<std::string, ConstraintDefinition> constraints_ = {};
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
