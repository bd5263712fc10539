#include "src/commands/schema_source.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "planner/error.h"
#include "planner/replay/replay.h"
#include "planner/sql/parse.h"
#include "planner/tool_table.h"
#include "src/database/connection.h"
#include "src/database/live_schema.h"
#include "src/database/url.h"
#include "src/project/files.h"

namespace planner::commands {
namespace {

void note_gaps(const std::string& path, const std::string& text, const ParsedFile& file,
               const std::vector<FileProblem>& problems, std::vector<std::string>& gaps) {
  const auto place = [&](std::uint32_t at) {
    return fmt::format("{}:{}: ", path, position_of(text, at).line);
  };
  for (const Statement& statement : file.statements) {
    if (statement.problem != ParseProblem::None) gaps.push_back(place(statement.error_at) + statement.error);
  }
  for (const FileProblem& problem : problems) {
    gaps.push_back(place(file.statements[problem.statement].span.begin) + problem.problem.message);
  }
}

/// What tools write down in the database is no part of anybody's schema.
void leave_out_records(Schema& schema) {
  static constexpr std::array<std::string_view, 9> kTables{
      "_prisma_migrations",         "schema_migrations", "flyway_schema_history",
      "__diesel_schema_migrations", "_sqlx_migrations",  "__drizzle_migrations",
      "goose_db_version",           "schema_lock",       "schema_migrations_lock"};
  std::vector<TableName> found;
  for (const auto& [name, table] : schema.tables) {
    if (std::find(kTables.begin(), kTables.end(), name.name.str()) != kTables.end()) found.push_back(name);
  }
  for (const TableName& name : found) {
    for (const ObjectName& sequence : schema.tables.find(name)->owned_sequences)
      schema.sequences.erase(sequence);
    schema.tables.erase(name);
  }
  // drizzle keeps its records in a schema of their own.
  const Identifier drizzle("drizzle");
  const auto lives_there = [&](const auto& catalogue) {
    const auto first = catalogue.lower_bound(ObjectName(drizzle, Identifier()));
    return first != catalogue.end() && first->first.schema == drizzle;
  };
  if (!found.empty() && !lives_there(schema.tables) && !lives_there(schema.views) &&
      !lives_there(schema.sequences)) {
    schema.schemas.erase(drizzle);
  }
}

std::size_t index_of(const project::Service& service, const std::string& at) {
  const auto found = project::migrations_called({service}, at);
  if (found.size() == 1) return found.front().migration;
  std::vector<std::string> names;
  for (const project::MigrationFile& file : service.folder.files) names.push_back(file.name);
  std::string near;
  for (const std::string& name : project::nearest(at, names)) near += (near.empty() ? "" : ", ") + name;
  throw Error(fmt::format("{} {} called \"{}\"", project::shown(service.folder.path),
                          found.empty() ? "has no migration" : "has several migrations", at),
              near.empty() ? "" : "nearest: " + near);
}

bool is_url(const std::string& word) {
  return word.find("://") != std::string::npos || word.find("host=") != std::string::npos ||
         word.find("dbname=") != std::string::npos;
}

SchemaSource schema_of_file(const std::string& path) {
  const std::string text = project::read_file(path);
  SchemaSource source;
  source.described = path;
  const ParsedFile file = parse_file(text);
  note_gaps(path, text, file, replay_file(source.schema, file), source.gaps);
  for (std::string& gap : source.schema.distinct_gaps()) source.gaps.push_back(std::move(gap));
  return source;
}

}  // namespace

SchemaSource schema_of_history(const project::Service& service, const std::string& at,
                               const std::vector<bool>* applied, std::vector<SchemaStep>* steps) {
  const project::LoadedHistory loaded = project::load_history(service);
  const std::vector<Migration>& migrations = loaded.history.migrations;
  const std::size_t last = at.empty() ? migrations.size() : index_of(service, at) + 1;
  SchemaSource source;
  source.schema = schema_at_start(service.tool);
  source.described = at.empty() ? fmt::format("the history {}", project::shown(service.folder.path))
                                : fmt::format("the history {} at {}", project::shown(service.folder.path),
                                              migrations[last - 1].name);
  for (std::size_t i = 0; i < last; ++i) {
    if (applied != nullptr && !(*applied)[i]) continue;
    const ParsedFile file = parse_file(migrations[i].text);
    note_gaps(migrations[i].path, migrations[i].text, file, replay_file(source.schema, file), source.gaps);
    if (steps != nullptr) steps->push_back({migrations[i].name, source.schema});
  }
  for (std::string& gap : source.schema.distinct_gaps()) source.gaps.push_back(std::move(gap));
  leave_out_records(source.schema);
  return source;
}

project::Service only_service(const std::vector<std::string>& arguments) {
  project::Project project = project::open_project(arguments);
  if (project.services.size() != 1) {
    std::string all;
    for (const project::Service& service : project.services)
      all += "\n  " + project::shown(service.folder.path);
    throw Error(fmt::format("{} histories were found", project.services.size()),
                "name the migrations folder of one of them:" + all);
  }
  return std::move(project.services.front());
}

SchemaSource schema_of_database(const std::string& url) {
  Connection connection(url);
  LiveSchemaOptions options;
  options.sizes = false;
  SchemaSource source;
  source.schema = read_schema(connection, options);
  source.described = "the database " + parse_database_url(url).described();
  source.gaps = source.schema.distinct_gaps();
  leave_out_records(source.schema);
  return source;
}

SchemaSource schema_named(const std::string& word) {
  if (word == "empty") return {Schema(), "an empty schema", {}};
  if (is_url(word)) return schema_of_database(word);
  if (word.ends_with(".sql") && project::is_file(word)) return schema_of_file(word);
  const std::size_t sign = word.rfind('@');
  const std::string path = word.substr(0, sign);
  const std::string at = sign == std::string::npos ? "" : word.substr(sign + 1);
  const bool named = !path.empty() && path != "history";
  return schema_of_history(only_service(named ? std::vector<std::string>{path} : std::vector<std::string>{}),
                           at);
}

}  // namespace planner::commands
