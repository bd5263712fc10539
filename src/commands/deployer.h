#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "src/commands/context.h"
#include "src/commands/environments.h"
#include "src/database/deploy_lock.h"
#include "src/database/deploy_table.h"
#include "src/database/prisma_table.h"
#include "src/project/plan_files.h"

/// Applies pending migrations as the history's own tool does, and phases of plans better where they say so.
namespace planner::commands {

/// What a migration is to the plan it comes from.
struct ReleasedPhaseOf {
  const project::StoredPlan* stored = nullptr;
  const Phase* phase = nullptr;
  bool way_back = false;  ///< it takes the phase back
  bool commits = false;   ///< it cannot run in a transaction block
};

/// As the service's tool records it. `text`: the file as on disk.
MigrationIdentity identity_of_migration(const project::Service& service, std::size_t migration,
                                        const std::string& text);

/// Throws Error when both lead through a pooler in transaction mode.
void refuse_pooler(Connection& one, Connection& other);

class Deployer {
 public:
  /// `texts` are the files as on disk. `plans` outlive the deployer.
  Deployer(std::string url, const project::Service& service, const std::vector<project::StoredPlan>& plans,
           Context& context);

  /// The deploy lock, asked for again and again without ever queueing for it. False: `seconds` went by, or
  /// somebody pressed Ctrl-C.
  bool take_lock(std::optional<int> seconds);

  /// What is pending, in order; throws Error where the tool would refuse (Prisma: P3005, P3009, P3015).
  /// Unfinished phases of plans are settled first: what took effect is recorded so, the rest becomes pending
  /// again.
  std::vector<std::size_t> prepare();

  /// The statements of the migration as they will be sent, and one sentence about it.
  std::vector<std::string> messages(std::size_t migration, std::string* explanation) const;

  /// Applies one migration and records it. False: it failed, and the table says so.
  bool apply(std::size_t migration);

  /// Does a migration that fails stay in the way until it is resolved?
  bool marks_begun() const { return table_->marks_begun(); }

  /// Null: the migration is no phase of a plan and takes none back.
  const ReleasedPhaseOf* phase_of(std::size_t migration) const;
  const std::vector<std::string>& warnings() const { return warnings_; }
  const std::string& database() const { return described_; }

  /// Migrations of other services in the same database: their rows in the history table are not missed.
  std::set<std::string> of_others;

  /// Called before a phase's statement; for hooks.
  std::function<void(const Plan&, const Phase&)> before_phase;

 private:
  Connection& control();
  Connection& worker();
  void reconnect(std::unique_ptr<Connection>& session, const char* what);
  /// `waits_for`: a phase that waits for its locks says for whom, when it takes long.
  void run_message(const std::string& text, const Phase* waits_for = nullptr);
  bool apply_plain(std::size_t migration, const BegunMigration& begun);
  bool apply_atomic(std::size_t migration, const BegunMigration& begun, const Phase& phase);
  bool apply_committing(std::size_t migration, const BegunMigration& begun, const ReleasedPhaseOf& released);
  bool is_finished(const BegunMigration& begun);
  bool is_there_already(std::size_t migration);
  void keep_lock();
  void free_session();
  void restore_session();
  bool failed(std::size_t migration, const BegunMigration& begun, const DatabaseError& error,
              const Phase* phase);
  void say_blockers(const Phase& phase);
  void find_phases();
  void require_its_schema(const ReleasedPhaseOf& released);
  enum class Settled { Done, Again };
  Settled settle_phase(std::size_t migration, const ReleasedPhaseOf& released, bool left_nothing);
  void settle_unfinished(std::vector<PrismaRow>& rows);
  bool is_prisma() const;
  std::vector<std::size_t> prepare_prisma(PrismaTable& table);
  std::vector<std::size_t> prepare_other();
  void require_what_the_tool_requires(const JudgedHistory& judged);
  std::unique_ptr<DeployTable> open_table();
  MigrationIdentity identity_of(std::size_t migration) const;

  std::string url_, described_;
  const project::Service& service_;
  const std::vector<project::StoredPlan>& plans_;
  Context& context_;
  std::vector<std::string> texts_;
  std::vector<project::MigrationText> forward_;  ///< what the tool sends of each
  DeployLock lock_;
  std::vector<ReleasedPhaseOf> phases_;  ///< one per file; null where it is none
  std::unique_ptr<Connection> control_, worker_;
  bool worker_is_free_ = false;  ///< of its role's timeouts
  std::unique_ptr<DeployTable> table_;
  std::vector<std::string> edited_;          ///< per file: what is to be said of a phase edited by hand
  std::vector<std::string> unfinished_ids_;  ///< per file: the row that is taken again
  std::vector<std::string> warnings_;
};

}  // namespace planner::commands
