#pragma once

#include <memory>
#include <string>

#include "planner/delivery.h"
#include "src/database/connection.h"

/// The tables in which tools record what they applied, as a deploy writes them: row for row what the tool
/// itself would have written.
namespace planner {

/// A migration as these tables know it.
struct MigrationIdentity {
  std::string name;         ///< of its folder or file, without endings
  std::string version;      ///< the number in front
  std::string description;  ///< sqlx: what follows the number, with spaces
  std::string checksum;     ///< hex, of the kind the tool keeps; empty: it keeps none
};

/// One that was begun.
struct BegunMigration {
  MigrationIdentity identity;
  std::string id;  ///< of its row where rows have one
};

class DeployTable {
 public:
  DeployTable() = default;
  DeployTable(const DeployTable&) = delete;
  DeployTable& operator=(const DeployTable&) = delete;
  virtual ~DeployTable() = default;

  virtual bool exists() const = 0;
  /// With the statement the tool sends.
  virtual void create() = 0;

  /// A migration begins. `unfinished`: the row of a stopped run, which is taken again. `with_the_record`: it
  /// will be recorded in the transaction that does its work.
  virtual BegunMigration begin(const MigrationIdentity& identity, const std::string& unfinished,
                               bool with_the_record) = 0;
  /// Does begin() leave a mark, by which the next run knows of one that was stopped?
  virtual bool marks_begun() const = 0;
  /// The statement that records success; for the transaction that does the work where it is one.
  virtual std::string finishing(const BegunMigration& begun) const = 0;
  virtual bool is_finished(const BegunMigration& begun) = 0;
  virtual void fail(const BegunMigration& begun, const std::string& logs) = 0;
  /// What some tools note behind the transaction; empty: nothing.
  virtual std::string noting(const BegunMigration& begun, double seconds) const = 0;

  /// A person or the catalogue says that its work is done.
  virtual void mark_applied(const MigrationIdentity& identity) = 0;
  /// ... or that nothing of it is there. `before`: the last version in front of it; empty: none.
  virtual void roll_back(const MigrationIdentity& identity, const std::string& before) = 0;
};

/// Tools whose tables a deploy can write exactly: Prisma, golang-migrate, sqlx, Diesel, goose, dbmate. Not
/// Flyway (checksums of its own parser's lines), drizzle (every pending file in one transaction), and files
/// that nothing records.
bool is_deployed_by_planner(Tool tool);

/// The session must stay out of transactions while the table writes.
std::unique_ptr<DeployTable> open_deploy_table(Tool tool, Connection& session);

}  // namespace planner
