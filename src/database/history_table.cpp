#include "src/database/history_table.h"

#include <fmt/core.h>

#include <map>

#include "src/database/prisma_table.h"

namespace planner {
namespace {

/// Resolves through the search path, as the tools do; empty when there is no such table.
std::string table_named(Connection& connection, const char* name) {
  const Result found = connection.exec_params("SELECT to_regclass($1)::text", {std::string(name)});
  return found.value().value_or("");
}

std::string or_empty(const Value& value) { return value.value_or(""); }

void read_prisma(Connection& connection, RecordedHistory& history) {
  const Result rows = connection.exec(
      "SELECT migration_name, checksum, logs, to_char(started_at AT TIME ZONE 'UTC', "
      "'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'), "
      "to_char(finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'), "
      "to_char(rolled_back_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"') "
      "FROM _prisma_migrations ORDER BY started_at, finished_at NULLS LAST");
  std::map<std::string, std::size_t> places;
  for (const Row& row : rows.rows) {
    RecordedMigration migration;
    migration.name = or_empty(row.at(0));
    migration.checksum = or_empty(row.at(1));
    migration.logs = or_empty(row.at(2));
    if (migration.logs == kAllOrNothing) migration.logs.clear();  // no error: it runs, or it was stopped
    migration.started_at = or_empty(row.at(3));
    migration.finished_at = or_empty(row.at(4));
    migration.rolled_back_at = or_empty(row.at(5));
    if (!migration.rolled_back_at.empty()) {
      migration.state = RecordedState::RolledBack;
    } else if (migration.finished_at.empty()) {
      migration.state = RecordedState::Failed;
    }
    // Several rows per name are normal; a row that is not rolled back is the live one.
    const auto [place, first] = places.emplace(migration.name, history.migrations.size());
    if (first) {
      history.migrations.push_back(std::move(migration));
    } else if (RecordedMigration& same = history.migrations[place->second];
               same.state == RecordedState::RolledBack || migration.state == RecordedState::Applied) {
      same = std::move(migration);
    }
  }
}

/// Tools that record one number per applied migration, and perhaps whether it succeeded and its checksum.
void read_numbers(Connection& connection, const std::string& query, RecordedHistory& history) {
  const Result rows = connection.exec(query);
  for (const Row& row : rows.rows) {
    RecordedMigration migration;
    migration.version = or_empty(row.at(0));
    if (row.size() > 1 && or_empty(row.at(1)) != "t") migration.state = RecordedState::Failed;
    if (row.size() > 2) migration.checksum = or_empty(row.at(2));
    history.migrations.push_back(std::move(migration));
  }
}

void read_flyway(Connection& connection, RecordedHistory& history) {
  const Result rows = connection.exec(
      "SELECT coalesce(version, ''), regexp_replace(script, '^.*/|\\.sql$', '', 'g'), success FROM "
      "flyway_schema_history "
      "WHERE type LIKE 'SQL%' ORDER BY installed_rank");
  for (const Row& row : rows.rows) {
    RecordedMigration migration;
    migration.version = or_empty(row.at(0));
    migration.name = or_empty(row.at(1));
    if (or_empty(row.at(2)) != "t") migration.state = RecordedState::Failed;
    history.migrations.push_back(std::move(migration));
  }
}

void read_goose(Connection& connection, RecordedHistory& history) {
  // The newest row of a version counts: a migration that was taken back has a later row with is_applied =
  // false.
  const Result rows = connection.exec(
      "SELECT DISTINCT ON (version_id) version_id::text, is_applied FROM goose_db_version WHERE version_id > "
      "0 ORDER BY version_id, id DESC");
  for (const Row& row : rows.rows) {
    RecordedMigration migration;
    migration.version = or_empty(row.at(0));
    if (or_empty(row.at(1)) != "t") migration.state = RecordedState::RolledBack;
    history.migrations.push_back(std::move(migration));
  }
}

void read_drizzle(Connection& connection, RecordedHistory& history) {
  const Result rows =
      connection.exec("SELECT created_at::text, hash FROM drizzle.__drizzle_migrations ORDER BY created_at");
  for (const Row& row : rows.rows) {
    RecordedMigration migration;
    migration.when = std::stoll(row.at(0).value_or("0"));
    migration.checksum = or_empty(row.at(1));
    history.migrations.push_back(std::move(migration));
  }
}

const char* table_of(Tool tool) {
  switch (tool) {
    case Tool::PrismaUnknown:
    case Tool::PrismaWhole:
    case Tool::PrismaSplit:
      return "_prisma_migrations";
    case Tool::Flyway:
      return "flyway_schema_history";
    case Tool::GolangMigrate:
    case Tool::Dbmate:
      return "schema_migrations";
    case Tool::Diesel:
      return "__diesel_schema_migrations";
    case Tool::Sqlx:
      return "_sqlx_migrations";
    case Tool::Drizzle:
      return "drizzle.__drizzle_migrations";
    case Tool::Goose:
      return "goose_db_version";
    case Tool::Psql:
    case Tool::PlainSql:
      break;
  }
  throw Error("nothing records which of these plain SQL files were applied to the database",
              "name the migrations to judge, or use --base, or say `deploys_with` in planner.toml");
}

}  // namespace

RecordedHistory read_recorded_history(Connection& connection, Tool tool) {
  RecordedHistory history;
  const char* name = table_of(tool);
  history.table = table_named(connection, name);
  history.exists = !history.table.empty();
  if (!history.exists) {
    history.table = name;
    return history;
  }
  switch (tool) {
    case Tool::Flyway:
      read_flyway(connection, history);
      break;
    case Tool::GolangMigrate:
      read_numbers(connection, "SELECT version::text, NOT dirty FROM schema_migrations", history);
      history.up_to = true;
      break;
    case Tool::Dbmate:
      read_numbers(connection, "SELECT version::text FROM schema_migrations ORDER BY version", history);
      break;
    case Tool::Diesel:
      read_numbers(connection, "SELECT version::text FROM __diesel_schema_migrations ORDER BY version",
                   history);
      break;
    case Tool::Sqlx:
      read_numbers(
          connection,
          "SELECT version::text, success, encode(checksum, 'hex') FROM _sqlx_migrations ORDER BY version",
          history);
      break;
    case Tool::Drizzle:
      read_drizzle(connection, history);
      break;
    case Tool::Goose:
      read_goose(connection, history);
      break;
    default:
      read_prisma(connection, history);
  }
  return history;
}

}  // namespace planner
