#pragma once

#include <optional>
#include <string>
#include <vector>

#include "src/database/connection.h"
#include "src/database/deploy_table.h"

/// `_prisma_migrations` as Prisma itself reads and writes it, so that either tool goes on where the other
/// stopped.
namespace planner {

/// One row; times are ISO 8601 in UTC, empty for NULL.
struct PrismaRow {
  std::string id, name, checksum;
  Value logs;                   ///< NULL too where only planner's mark is in it
  bool all_or_nothing = false;  ///< planner began it: what it does and that it is done are one transaction
  std::string started_at, finished_at, rolled_back_at;
  double seconds = 0;  ///< from start to finish; 0 where it has none
  int steps = 0;

  /// Prisma calls this failed; it may also be running, or its deployer was killed.
  bool unfinished() const { return finished_at.empty() && rolled_back_at.empty(); }
  bool applied() const { return !finished_at.empty() && rolled_back_at.empty(); }
};

/// What planner writes into `logs` of a migration that it applies and records in one transaction, until it is
/// done: a row that still has it says that nothing of it lasted. Prisma shows it to whoever asks.
inline constexpr std::string_view kAllOrNothing =
    "planner applies this migration and records it in one transaction: as long as this row is unfinished, "
    "nothing of "
    "it is there. When no deploy runs it was stopped, and `planner deploy` applies it again.";

class PrismaTable : public DeployTable {
 public:
  /// Looks through the session's search path. The session must stay out of transactions.
  explicit PrismaTable(Connection& session);

  bool exists() const override { return exists_; }
  /// Schema and name, quoted.
  const std::string& name() const { return name_; }
  /// In the first schema of the search path, with the statement Prisma sends.
  void create() override;

  /// In the order in which they were started.
  std::vector<PrismaRow> rows();

  BegunMigration begin(const MigrationIdentity& identity, const std::string& unfinished,
                       bool with_the_record) override;
  bool marks_begun() const override { return true; }
  std::string finishing(const BegunMigration& begun) const override;
  bool is_finished(const BegunMigration& begun) override;
  void fail(const BegunMigration& begun, const std::string& logs) override;
  std::string noting(const BegunMigration& /*begun*/, double /*seconds*/) const override { return ""; }
  /// A row of that id is done.
  void finish(const std::string& id);
  /// `migrate resolve --rolled-back`: every unfinished row of the name.
  void roll_back(const MigrationIdentity& identity, const std::string& before) override;
  /// `migrate resolve --applied`: unfinished rows are closed, and one row says that it is applied.
  void mark_applied(const MigrationIdentity& identity) override;

 private:
  Connection& session_;
  std::string name_;
  bool exists_ = false;
};

/// Prisma looks at one schema only: the URL's, else `public`, whatever the role's search_path says. Creates
/// it when `create` says so and it is missing, as Prisma does.
void use_prisma_schema(Connection& session, std::string_view url, bool create);

/// Does the schema hold tables although nothing was ever applied to it (Prisma's P3005)?
bool schema_has_tables(Connection& session);

}  // namespace planner
