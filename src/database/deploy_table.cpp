#include "src/database/deploy_table.h"

#include <fmt/core.h>

#include "planner/sql/sql.h"
#include "src/database/prisma_table.h"

namespace planner {
namespace {

std::string literal(const std::string& text) { return quoted(Literal(text)); }

/// Where the tool finds its table, else where it would make one; quoted, with its schema.
class NamedTable : public DeployTable {
 public:
  NamedTable(Connection& session, const char* name) : session_(session) {
    const Result found = session.exec_params(
        "SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_class c JOIN pg_namespace n "
        "ON n.oid = c.relnamespace WHERE c.oid = to_regclass($1)",
        {std::string(name)});
    exists_ = !found.empty();
    if (exists_) {
      table_ = found.text();
      return;
    }
    const Value schema = session.exec("SELECT quote_ident(current_schema())").value();
    if (!schema)
      throw Error("the session's search_path names no schema that exists",
                  "set it in the URL or for the role: the table of applied migrations goes there");
    table_ = *schema + "." + name;
  }

  bool exists() const override { return exists_; }
  void create() override {
    session_.exec(definition());
    exists_ = true;
  }
  BegunMigration begin(const MigrationIdentity& identity, const std::string& /*unfinished*/,
                       bool /*with_the_record*/) override {
    return {identity, ""};
  }
  bool marks_begun() const override { return false; }
  void fail(const BegunMigration& /*begun*/, const std::string& /*logs*/) override {}
  std::string noting(const BegunMigration& /*begun*/, double /*seconds*/) const override { return ""; }
  bool is_finished(const BegunMigration& begun) override {
    return !session_.exec(fmt::format("SELECT 1 FROM {} WHERE {}", table_, is_this(begun.identity))).empty();
  }
  void mark_applied(const MigrationIdentity& identity) override { session_.exec(finishing({identity, ""})); }
  void roll_back(const MigrationIdentity& identity, const std::string& /*before*/) override {
    session_.exec(fmt::format("DELETE FROM {} WHERE {}", table_, is_this(identity)));
  }

 protected:
  virtual std::string definition() const = 0;
  /// The condition under which a row says that it is applied.
  virtual std::string is_this(const MigrationIdentity& identity) const {
    return "version = " + literal(identity.version);
  }

  Connection& session_;
  std::string table_;

 private:
  bool exists_ = false;
};

/// golang-migrate, database/postgres/postgres.go: SetVersion(version, true), the file as one query,
/// SetVersion(version, false); each empties the table and writes the only row.
class GolangMigrateTable : public NamedTable {
 public:
  explicit GolangMigrateTable(Connection& session) : NamedTable(session, "schema_migrations") {}

  BegunMigration begin(const MigrationIdentity& identity, const std::string& /*unfinished*/,
                       bool with_the_record) override {
    // Work that is recorded in its own transaction leaves no dirty version behind when it is stopped.
    if (!with_the_record) session_.exec(set_version(identity.version, true));
    return {identity, ""};
  }
  bool marks_begun() const override { return true; }
  std::string finishing(const BegunMigration& begun) const override {
    return set_version(begun.identity.version, false);
  }
  void roll_back(const MigrationIdentity& /*identity*/, const std::string& before) override {
    session_.exec(before.empty() ? fmt::format("TRUNCATE {}", table_) : set_version(before, false));
  }

 protected:
  std::string definition() const override {
    return fmt::format(
        "CREATE TABLE IF NOT EXISTS {} (version bigint not null primary key, dirty boolean not null)",
        table_);
  }
  std::string is_this(const MigrationIdentity& identity) const override {
    return fmt::format("version = {} AND NOT dirty", literal(identity.version));
  }

 private:
  /// Two statements of one message are one transaction.
  std::string set_version(const std::string& version, bool dirty) const {
    return fmt::format("TRUNCATE {0}; INSERT INTO {0} (version, dirty) VALUES ({1}, {2})", table_,
                       literal(version), dirty);
  }
};

/// sqlx, sqlx-postgres/src/migrate.rs: the row is written in the transaction of the work with a time of -1,
/// which is corrected behind it. The checksum is SHA-384 of the file (sqlx-core/src/migrate/migration.rs).
class SqlxTable : public NamedTable {
 public:
  explicit SqlxTable(Connection& session) : NamedTable(session, "_sqlx_migrations") {}

  std::string finishing(const BegunMigration& begun) const override {
    return fmt::format(
        "INSERT INTO {} ( version, description, success, checksum, execution_time ) VALUES ( {}, {}, TRUE, "
        "decode({}, 'hex'), -1 )",
        table_, literal(begun.identity.version), literal(begun.identity.description),
        literal(begun.identity.checksum));
  }
  std::string noting(const BegunMigration& begun, double seconds) const override {
    return fmt::format("UPDATE {} SET execution_time = {:.0f} WHERE version = {}", table_, seconds * 1e9,
                       literal(begun.identity.version));
  }
  void mark_applied(const MigrationIdentity& identity) override {
    session_.exec(fmt::format("DELETE FROM {} WHERE NOT success AND version = {}; {}", table_,
                              literal(identity.version), finishing({identity, ""})));
  }
  void roll_back(const MigrationIdentity& identity, const std::string& /*before*/) override {
    session_.exec(fmt::format("DELETE FROM {} WHERE version = {}", table_, literal(identity.version)));
  }

 protected:
  std::string definition() const override {
    return fmt::format(
        "CREATE TABLE IF NOT EXISTS {} (version BIGINT PRIMARY KEY, description TEXT NOT NULL, installed_on "
        "TIMESTAMPTZ NOT NULL DEFAULT now(), success BOOLEAN NOT NULL, checksum BYTEA NOT NULL, "
        "execution_time BIGINT NOT NULL)",
        table_);
  }
  std::string is_this(const MigrationIdentity& identity) const override {
    return fmt::format("version = {} AND success", literal(identity.version));
  }
};

/// Diesel, diesel/src/migration/setup_migration_table.sql and diesel_migrations/src/migration_harness.rs.
class DieselTable : public NamedTable {
 public:
  explicit DieselTable(Connection& session) : NamedTable(session, "__diesel_schema_migrations") {}

  std::string finishing(const BegunMigration& begun) const override {
    return fmt::format("INSERT INTO {} (version) VALUES ({})", table_, literal(begun.identity.version));
  }

 protected:
  std::string definition() const override {
    return fmt::format(
        "CREATE TABLE IF NOT EXISTS {} (version VARCHAR(50) PRIMARY KEY NOT NULL, run_on TIMESTAMP NOT NULL "
        "DEFAULT CURRENT_TIMESTAMP)",
        table_);
  }
};

/// dbmate, pkg/driver/postgres/postgres.go and pkg/dbmate/db.go (Migrate).
class DbmateTable : public NamedTable {
 public:
  explicit DbmateTable(Connection& session) : NamedTable(session, "schema_migrations") {}

  std::string finishing(const BegunMigration& begun) const override {
    return fmt::format("INSERT INTO {} (version) VALUES ({})", table_, literal(begun.identity.version));
  }

 protected:
  std::string definition() const override {
    return fmt::format("CREATE TABLE IF NOT EXISTS {} (version varchar(255) primary key)", table_);
  }
};

/// goose, database/dialect/postgres.go; a new table begins with version 0.
class GooseTable : public NamedTable {
 public:
  explicit GooseTable(Connection& session) : NamedTable(session, "goose_db_version") {}

  std::string finishing(const BegunMigration& begun) const override {
    return fmt::format("INSERT INTO {} (version_id, is_applied) VALUES ({}, true)", table_,
                       literal(begun.identity.version));
  }

 protected:
  std::string definition() const override {
    return fmt::format(
        "CREATE TABLE {0} (id integer PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY, version_id bigint NOT "
        "NULL, is_applied boolean NOT NULL, tstamp timestamp NOT NULL DEFAULT now()); INSERT INTO {0} "
        "(version_id, is_applied) VALUES (0, true)",
        table_);
  }
  std::string is_this(const MigrationIdentity& identity) const override {
    // A version that was taken back has a later row which says so.
    return fmt::format("id = (SELECT max(id) FROM {0} WHERE version_id = {1}) AND is_applied", table_,
                       literal(identity.version));
  }
};

}  // namespace

bool is_deployed_by_planner(Tool tool) {
  switch (tool) {
    case Tool::GolangMigrate:
    case Tool::Sqlx:
    case Tool::Diesel:
    case Tool::Dbmate:
    case Tool::Goose:
    case Tool::PrismaUnknown:
    case Tool::PrismaWhole:
    case Tool::PrismaSplit:
      return true;
    default:
      return false;
  }
}

std::unique_ptr<DeployTable> open_deploy_table(Tool tool, Connection& session) {
  switch (tool) {
    case Tool::GolangMigrate:
      return std::make_unique<GolangMigrateTable>(session);
    case Tool::Sqlx:
      return std::make_unique<SqlxTable>(session);
    case Tool::Diesel:
      return std::make_unique<DieselTable>(session);
    case Tool::Dbmate:
      return std::make_unique<DbmateTable>(session);
    case Tool::Goose:
      return std::make_unique<GooseTable>(session);
    default:
      return std::make_unique<PrismaTable>(session);
  }
}

}  // namespace planner
