#pragma once

#include <optional>
#include <string>
#include <vector>

#include "planner/schema.h"
#include "src/commands/context.h"
#include "src/project/services.h"

namespace CLI {
class App;
}

/// Which migrations a command works on: the same options and the same rules for every command.
namespace planner::commands {

struct SelectionOptions {
  std::vector<std::string> paths;
  std::optional<std::string> database;  ///< given bare: empty
  std::string base;
  bool all = false;
  bool reports_history = false;        ///< findings about the history are shown as such; else as warnings
  std::optional<std::string> unsaved;  ///< the file whose text comes from standard input
};
void add_selection_options(CLI::App& command, SelectionOptions& options);
/// `--database` may have swallowed a path that stood behind it; puts it back.
void settle(SelectionOptions& options);

/// One service with its history read and its pending migrations marked.
struct SelectedService {
  project::Service service;
  project::LoadedHistory loaded;
  std::string reason;          ///< `judging 2 of 7 migrations of prisma/migrations: new against origin/main`
  bool every = false;          ///< all migrations were chosen, not the ones that go out together
  std::optional<Schema> live;  ///< the database's schema when one was asked
  std::vector<Finding> findings;  ///< what is wrong with the history itself
};
struct Selection {
  project::Config config;
  std::vector<SelectedService> services;
  std::vector<project::MigrationPlace> named;
};
/// Opens the project, reads the histories and marks what is to be judged. The choice and its reason are said
/// on standard error.
Selection select_migrations(SelectionOptions options, Context& context);

/// The database URL for a service: the one given, else its environment variable. Throws Error when there is
/// none.
std::string database_url(const std::optional<std::string>& given, const project::Service& service);

/// Which of the service's migrations the database has not applied.
struct PendingOnes {
  std::vector<bool> pending;
  std::string described;              ///< `pending in "app" on db:5432`
  std::vector<std::string> warnings;  ///< failed ones, broken ones
  std::vector<Finding>
      findings;  ///< edited ones, ones that are missing here, new ones that sort before applied ones
};
PendingOnes pending_in_database(const std::string& url, const project::Service& service,
                                const project::LoadedHistory& loaded);

}  // namespace planner::commands
