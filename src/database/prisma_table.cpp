#include "src/database/prisma_table.h"

#include <fmt/core.h>

#include <random>

#include "planner/sql/sql.h"
#include "src/database/url.h"

namespace planner {
namespace {

/// Version 4: 122 random bits.
std::string new_uuid() {
  std::random_device device;
  std::uniform_int_distribution<unsigned> any(0, 0xFFFF);
  const unsigned version = (any(device) & 0x0FFFU) | 0x4000U;
  const unsigned variant = (any(device) & 0x3FFFU) | 0x8000U;
  return fmt::format("{:04x}{:04x}-{:04x}-{:04x}-{:04x}-{:04x}{:04x}{:04x}", any(device), any(device),
                     any(device), version, variant, any(device), any(device), any(device));
}

std::string or_empty(const Value& value) { return value.value_or(""); }

}  // namespace

PrismaTable::PrismaTable(Connection& session) : session_(session) {
  const Result found = session.exec(
      "SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_class c JOIN pg_namespace n ON "
      "n.oid = c.relnamespace "
      "WHERE c.oid = to_regclass('_prisma_migrations')");
  exists_ = !found.empty();
  if (exists_) {
    name_ = found.text();
  } else {
    name_ = session.exec("SELECT coalesce(quote_ident(current_schema()) || '.', '') || '_prisma_migrations'")
                .text();
  }
}

void PrismaTable::create() {
  session_.exec(
      fmt::format("CREATE TABLE {} (\n"
                  "    id                      VARCHAR(36) PRIMARY KEY NOT NULL,\n"
                  "    checksum                VARCHAR(64) NOT NULL,\n"
                  "    finished_at             TIMESTAMPTZ,\n"
                  "    migration_name          VARCHAR(255) NOT NULL,\n"
                  "    logs                    TEXT,\n"
                  "    rolled_back_at          TIMESTAMPTZ,\n"
                  "    started_at              TIMESTAMPTZ NOT NULL DEFAULT now(),\n"
                  "    applied_steps_count     INTEGER NOT NULL DEFAULT 0\n"
                  ");",
                  name_));
  exists_ = true;
}

std::vector<PrismaRow> PrismaTable::rows() {
  std::vector<PrismaRow> rows;
  if (!exists_) return rows;
  const Result found = session_.exec(
      fmt::format("SELECT id, migration_name, checksum, logs, to_char(started_at AT TIME ZONE 'UTC', "
                  "'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'), "
                  "to_char(finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'), "
                  "to_char(rolled_back_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'), "
                  "coalesce(extract(epoch FROM finished_at - started_at), 0), applied_steps_count FROM {} "
                  "ORDER BY started_at, finished_at NULLS LAST",
                  name_));
  rows.reserve(found.size());
  for (const Row& row : found.rows) {
    PrismaRow one;
    one.id = or_empty(row.at(0));
    one.name = or_empty(row.at(1));
    one.checksum = or_empty(row.at(2));
    one.all_or_nothing = row.at(3) == kAllOrNothing;
    if (!one.all_or_nothing) one.logs = row.at(3);
    one.started_at = or_empty(row.at(4));
    one.finished_at = or_empty(row.at(5));
    one.rolled_back_at = or_empty(row.at(6));
    one.seconds = std::stod(row.at(7).value_or("0"));
    one.steps = std::stoi(row.at(8).value_or("0"));
    rows.push_back(std::move(one));
  }
  return rows;
}

BegunMigration PrismaTable::begin(const MigrationIdentity& identity, const std::string& unfinished,
                                  bool with_the_record) {
  const Value logs = with_the_record ? Value(kAllOrNothing) : Value();
  if (!unfinished.empty()) {
    const Result taken =
        session_.exec_params(fmt::format("UPDATE {} SET started_at = clock_timestamp(), checksum = $2, logs "
                                         "= $3 WHERE id = $1 AND finished_at IS NULL",
                                         name_),
                             {unfinished, identity.checksum, logs});
    if (taken.affected == 1) return {identity, unfinished};
  }
  const std::string id = new_uuid();
  session_.exec_params(fmt::format("INSERT INTO {} (id, checksum, started_at, migration_name, logs) VALUES "
                                   "($1, $2, clock_timestamp(), $3, $4)",
                                   name_),
                       {id, identity.checksum, identity.name, logs});
  return {identity, id};
}

std::string PrismaTable::finishing(const BegunMigration& begun) const {
  return fmt::format(
      "UPDATE {} SET applied_steps_count = applied_steps_count + 1, finished_at = clock_timestamp(), logs = "
      "NULL WHERE id = {}",
      name_, quoted(Literal(begun.id)));
}

void PrismaTable::finish(const std::string& id) { session_.exec(finishing({{}, id})); }

bool PrismaTable::is_finished(const BegunMigration& begun) {
  return !session_
              .exec_params(fmt::format("SELECT 1 FROM {} WHERE id = $1 AND finished_at IS NOT NULL AND "
                                       "rolled_back_at IS NULL",
                                       name_),
                           {begun.id})
              .empty();
}

void PrismaTable::fail(const BegunMigration& begun, const std::string& logs) {
  session_.exec_params(fmt::format("UPDATE {} SET logs = $2 WHERE id = $1 AND finished_at IS NULL", name_),
                       {begun.id, logs});
}

void PrismaTable::roll_back(const MigrationIdentity& identity, const std::string& /*before*/) {
  session_.exec_params(fmt::format("UPDATE {} SET rolled_back_at = clock_timestamp() WHERE migration_name = "
                                   "$1 AND finished_at IS NULL AND "
                                   "rolled_back_at IS NULL",
                                   name_),
                       {identity.name});
}

void PrismaTable::mark_applied(const MigrationIdentity& identity) {
  // One statement, so that no moment exists in which the migration is neither failed nor applied.
  session_.exec_params(fmt::format("WITH closed AS (UPDATE {0} SET rolled_back_at = clock_timestamp() WHERE "
                                   "migration_name = $3 AND finished_at IS NULL AND "
                                   "rolled_back_at IS NULL), moment AS (SELECT clock_timestamp() AS at) "
                                   "INSERT INTO {0} (id, checksum, started_at, finished_at, migration_name, "
                                   "logs, applied_steps_count) "
                                   "SELECT $1, $2, at, at, $3, '', 0 FROM moment",
                                   name_),
                       {new_uuid(), identity.checksum, identity.name});
}

void use_prisma_schema(Connection& session, std::string_view url, bool create) {
  const std::string schema = parse_database_url(url).schema.value_or("public");
  session.exec_params("SELECT set_config('search_path', quote_ident($1), false)", {schema});
  if (session.exec("SELECT current_schema() IS NOT NULL").truth()) return;
  if (create) session.exec(sql("CREATE SCHEMA IF NOT EXISTS {}", Identifier(schema)).str());
}

bool schema_has_tables(Connection& session) {
  return session
      .exec(
          "SELECT EXISTS (SELECT 1 FROM pg_class WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE "
          "nspname = current_schema()) AND "
          "relkind = 'r' "
          "AND relname <> '_prisma_migrations')")
      .truth();
}

}  // namespace planner
