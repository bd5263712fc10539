#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/commands/migration_states.h"
#include "src/database/connection.h"
#include "src/database/deploy_lock.h"
#include "src/database/history_table.h"
#include "src/project/plan_files.h"
#include "src/project/services.h"

namespace CLI {
class App;
}

/// Databases a command looks at: one per environment, each asked anew. Nothing about them is stored anywhere.
namespace planner::commands {

/// `--database URL` or `--database staging=URL`, repeatable.
struct NamedUrl {
  std::string name;  ///< empty: the database's own description
  std::string url;
};
void add_database_option(CLI::App& command, std::vector<std::string>& given);
std::vector<NamedUrl> named_urls(const std::vector<std::string>& given);
/// The given ones, else the service's environment variable if it is set, else none.
std::vector<NamedUrl> urls_for(const std::vector<NamedUrl>& given, const project::Service& service);

/// One service in one database.
struct Environment {
  std::string name;  ///< `staging`, or `"app" on db:5432 as "deploy"`
  std::string url;
  std::unique_ptr<Connection> session;
  RecordedHistory recorded;
  std::optional<SessionSeen> deployer;  ///< who holds the deploy lock
  JudgedHistory judged;
  bool standby = false;
  bool unrecorded = false;          ///< nothing records what was applied: it was told from the catalogue
  std::vector<std::string> untold;  ///< and these change rows only, which a catalogue does not show
};

/// Connects and reads. `texts` are the history's files as on disk. Throws Error when the database cannot be
/// reached.
Environment open_environment(const NamedUrl& url, const project::Service& service,
                             const std::vector<std::string>& texts);
/// Throws Error when the database is a read-only standby: what `what` needs can only be done, or seen, on the
/// primary.
void require_primary(const Environment& environment, const char* what);
void require_primary(Connection& session, const std::string& url, const char* what);
/// Reads again what a session has changed meanwhile.
void refresh(Environment& environment, const project::Service& service,
             const std::vector<std::string>& texts);

/// The files of a history as they lie on disk.
std::vector<std::string> texts_on_disk(const project::Service& service);

/// What has become of a phase in one environment. `Running` is told from `Failed` by the deploy lock.
enum class PhaseState { Waiting, Released, Running, Failed, Applied };
std::string_view phase_state_name(PhaseState state);
PhaseState phase_state(const Environment& environment, const project::Service& service, const Plan& plan,
                       const Phase& phase);

/// Is this unfinished migration being applied right now?
bool is_running(const Environment& environment, const RecordedMigration& record);

/// The service with what only a database knows listed too: a new migration goes behind what is in the folder
/// and behind what any environment has applied.
project::Service behind_everything(const project::Service& service,
                                   const std::vector<Environment>& environments);

}  // namespace planner::commands
