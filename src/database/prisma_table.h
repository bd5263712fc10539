#pragma once

#include <optional>
#include <string>
#include <vector>

#include "src/database/connection.h"

/// `_prisma_migrations` as Prisma itself reads and writes it, so that either tool goes on where the other
/// stopped.
namespace planner {

/// One row; times are ISO 8601 in UTC, empty for NULL.
struct PrismaRow {
  std::string id, name, checksum;
  Value logs;
  std::string started_at, finished_at, rolled_back_at;
  double seconds = 0;  ///< from start to finish; 0 where it has none
  int steps = 0;

  /// Prisma calls this failed; it may also be running, or its deployer was killed.
  bool unfinished() const { return finished_at.empty() && rolled_back_at.empty(); }
  bool applied() const { return !finished_at.empty() && rolled_back_at.empty(); }
};

class PrismaTable {
 public:
  /// Looks through the session's search path. The session must stay out of transactions.
  explicit PrismaTable(Connection& session);

  bool exists() const { return exists_; }
  /// Schema and name, quoted.
  const std::string& name() const { return name_; }
  /// In the first schema of the search path, with the statement Prisma sends.
  void create();

  /// In the order in which they were started.
  std::vector<PrismaRow> rows();

  /// A migration begins: its id. A row that a stopped run left unfinished is taken again.
  std::string begin(const std::string& migration, const std::string& checksum,
                    const std::string& unfinished_id = "");
  /// The statements that record success, for the transaction that made the change.
  std::string finishing(const std::string& id) const;
  void finish(const std::string& id);
  void fail(const std::string& id, const std::string& logs);
  /// `migrate resolve --rolled-back`: every unfinished row of the name.
  void roll_back(const std::string& migration);
  /// `migrate resolve --applied`: unfinished rows are closed, and one row says that it is applied.
  void mark_applied(const std::string& migration, const std::string& checksum);

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
