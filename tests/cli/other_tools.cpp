#include "tests/cli/other_tools.h"

namespace planner::test {

const std::vector<OtherTool>& other_tools() {
  static const std::vector<OtherTool> tools{
      {"golang_migrate",
       {{"migrations/000001_init.up.sql", kUsers},
        {"migrations/000001_init.down.sql", "DROP TABLE users;\n"},
        {"migrations/000002_age.up.sql", kAge},
        {"migrations/000002_age.down.sql", "ALTER TABLE users DROP COLUMN age;\n"}},
       "CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL); INSERT "
       "INTO schema_migrations VALUES (1, false)",
       "000002_age",
       "migrate up",
       "SELECT string_agg(version || ' ' || dirty, ', ') FROM schema_migrations",
       "1 false",
       "2 false"},
      {"flyway",
       {{"sql/V1__init.sql", kUsers}, {"sql/V2__age.sql", kAge}},
       "CREATE TABLE flyway_schema_history (installed_rank int PRIMARY KEY, version varchar(50), description "
       "varchar(200) NOT NULL, type varchar(20) NOT NULL, script varchar(1000) NOT NULL, checksum int, "
       "installed_by varchar(100) NOT NULL, installed_on timestamp NOT NULL DEFAULT now(), execution_time "
       "int "
       "NOT NULL, success boolean NOT NULL); INSERT INTO flyway_schema_history VALUES (1, '1', 'init', "
       "'SQL', "
       "'V1__init.sql', 1, 'x', now(), 1, true)",
       "V2__age",
       "flyway migrate",
       "",
       "",
       ""},
      {"goose",
       {{"migrations/00001_init.sql",
         std::string("-- +goose Up\n") + kUsers + "-- +goose Down\nDROP TABLE users;\n"},
        {"migrations/00002_age.sql",
         std::string("-- +goose Up\n") + kAge + "-- +goose Down\nALTER TABLE users DROP COLUMN age;\n"}},
       "CREATE TABLE goose_db_version (id serial PRIMARY KEY, version_id bigint NOT NULL, is_applied boolean "
       "NOT NULL, tstamp timestamp DEFAULT now()); INSERT INTO goose_db_version (version_id, is_applied) "
       "VALUES (0, true), (1, true)",
       "00002_age",
       "goose up",
       "SELECT string_agg(version_id || ' ' || is_applied, ', ' ORDER BY id) FROM goose_db_version",
       "0 true, 1 true",
       "0 true, 1 true, 2 true"},
      {"sqlx",
       {{"migrations/20240101000000_init.sql", kUsers},
        {"migrations/20240102000000_age.sql", kAge},
        {"Cargo.toml", "[dependencies]\nsqlx = \"0.7\"\n"}},
       "CREATE TABLE _sqlx_migrations (version bigint PRIMARY KEY, description text NOT NULL, installed_on "
       "timestamptz NOT NULL DEFAULT now(), success boolean NOT NULL, checksum bytea NOT NULL, "
       "execution_time "
       "bigint NOT NULL); INSERT INTO _sqlx_migrations VALUES (20240101000000, 'init', now(), true, "
       "sha384(convert_to('CREATE TABLE users (id int PRIMARY KEY, email "
       "text);' || E'\\n', 'UTF8')), 1)",
       "20240102000000_age",
       "sqlx migrate run",
       "SELECT string_agg(version || ' ' || description || ' ' || success || ' ' || (execution_time > 0), ', "
       "' ORDER BY version) FROM _sqlx_migrations",
       "20240101000000 init true true",
       "20240101000000 init true true, 20240102000000 age true true"},
      {"dbmate",
       {{"db/migrations/20240101000000_init.sql",
         std::string("-- migrate:up\n") + kUsers + "-- migrate:down\nDROP TABLE users;\n"},
        {"db/migrations/20240102000000_age.sql",
         std::string("-- migrate:up\n") + kAge + "-- migrate:down\nALTER TABLE users DROP COLUMN age;\n"}},
       "CREATE TABLE schema_migrations (version varchar PRIMARY KEY); INSERT INTO schema_migrations VALUES "
       "('20240101000000')",
       "20240102000000_age",
       "dbmate up",
       "SELECT string_agg(version, ', ' ORDER BY version) FROM schema_migrations",
       "20240101000000",
       "20240101000000, 20240102000000"},
      {"diesel",
       {{"migrations/2024-01-01-000001_init/up.sql", kUsers},
        {"migrations/2024-01-01-000001_init/down.sql", "DROP TABLE users;\n"},
        {"migrations/2024-01-02-000002_age/up.sql", kAge},
        {"migrations/2024-01-02-000002_age/down.sql", "ALTER TABLE users DROP COLUMN age;\n"},
        {"Cargo.toml", "[dependencies]\ndiesel = \"2\"\n"}},
       "CREATE TABLE __diesel_schema_migrations (version varchar(50) PRIMARY KEY, run_on timestamp NOT NULL "
       "DEFAULT now()); INSERT INTO __diesel_schema_migrations VALUES ('20240101000001')",
       "2024-01-02-000002_age",
       "diesel migration run",
       "SELECT string_agg(version, ', ' ORDER BY version) FROM __diesel_schema_migrations",
       "20240101000001",
       "20240101000001, 20240102000002"},
      {"drizzle",
       {{"drizzle/0000_init.sql", kUsers},
        {"drizzle/0001_age.sql", kAge},
        {"drizzle/meta/_journal.json",
         R"({"version": "7", "dialect": "postgresql", "entries": [)"
         R"({"idx": 0, "version": "7", "when": 1704067200000, "tag": "0000_init", "breakpoints": true}, )"
         R"({"idx": 1, "version": "7", "when": 1704153600000, "tag": "0001_age", "breakpoints": true}]})"}},
       "CREATE SCHEMA drizzle; CREATE TABLE drizzle.__drizzle_migrations (id serial PRIMARY KEY, hash text "
       "NOT "
       "NULL, created_at bigint); INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('x', "
       "1704067200000)",
       "0001_age",
       "drizzle-kit migrate",
       "",
       "",
       ""},
  };
  return tools;
}

}  // namespace planner::test
