#pragma once

#include <optional>
#include <string>
#include <vector>

#include "planner/schema.h"
#include "planner/schema_diff.h"
#include "src/project/services.h"

/// Where a schema comes from: a history, a database, an SQL file, or nothing at all.
namespace planner::commands {

struct SchemaSource {
  Schema schema;
  std::string described;  ///< for sentences: `the history prisma/migrations`, `the database "app" on ..`
  std::vector<std::string> gaps;  ///< what could not be followed, with file and line
};

/// One step of a history: what it leaves, for telling which migration made something.
struct SchemaStep {
  std::string migration;
  Schema after;
};

/// The history up to and with the migration `at` (its name, or the part after the timestamp; empty: to its
/// end). `applied`, where given, says which migrations count. Throws Error when there is no such migration.
SchemaSource schema_of_history(const project::Service& service, const std::string& at,
                               const std::vector<bool>* applied = nullptr,
                               std::vector<SchemaStep>* steps = nullptr);
/// The one history that the arguments name. Throws Error when there are several.
project::Service only_service(const std::vector<std::string>& arguments);

/// Without the tables in which migration tools record what they applied.
SchemaSource schema_of_database(const std::string& url);

/// `empty`, a database URL, an SQL file, or `[PATH][@MIGRATION]` (`history` for the one below the current
/// folder).
SchemaSource schema_named(const std::string& word);

}  // namespace planner::commands
