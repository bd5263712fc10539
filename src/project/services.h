#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "planner/migration.h"
#include "src/project/config.h"
#include "src/project/layouts.h"

/// Finding the histories of a repository and reading them.
namespace planner::project {

/// One history with everything that is known about who deploys it and where its plans lie.
struct Service {
  std::string name;  ///< empty: the repository has only one
  MigrationFolder folder;
  Tool tool = Tool::PlainSql;
  std::string tool_evidence;     ///< why this tool: `package.json asks for prisma ^7.4.0`
  std::filesystem::path plans;   ///< holds one folder per plan
  std::filesystem::path schema;  ///< schema.prisma; empty: none
  std::string database_env = "DATABASE_URL";
};

/// A migration somebody named.
struct MigrationPlace {
  std::size_t service = 0;
  std::size_t migration = 0;
  friend bool operator==(const MigrationPlace&, const MigrationPlace&) = default;
};

struct Project {
  Config config;
  std::vector<Service> services;
  std::vector<MigrationPlace> named;  ///< in the order they were named, each once
};

/// Finds what the arguments mean: folders to search, migrations folders, migration folders, SQL files, names
/// of migrations. Without arguments: planner.toml's services, else every history below the current folder.
/// Throws Error when nothing is found or a name is unknown or ambiguous (nearest candidates in the hint).
Project open_project(const std::vector<std::string>& arguments);

/// The project around one file whose text an editor holds: the file, which need not exist yet, is named and
/// reads as `text`. A new one stands where its tool would apply it. Throws Error when no history lies around
/// it.
Project open_project_around(const std::filesystem::path& file, std::string text);

/// The histories below a folder, found by their layout.
std::vector<std::filesystem::path> find_histories(const std::filesystem::path& root);

/// A history's texts, in order. Throws Error for a file that cannot be read as SQL text.
struct LoadedHistory {
  History history;
  std::vector<std::string>
      shown;  ///< texts as they lie on disk where the engine reads a changed one; else empty
};
LoadedHistory load_history(const Service& service);

/// Migrations called `name`: by folder or file name, else by the part after the timestamp, else by the full
/// path.
std::vector<MigrationPlace> migrations_called(const std::vector<Service>& services, const std::string& name);

/// `--base`: which of the service's migrations are not at the base.
struct NewOnes {
  std::vector<bool> is_new;
  std::string described;                  ///< `origin/main`
  std::optional<std::string> moved_from;  ///< where the base has the folder, when it was moved since
};
struct GitRepository;
NewOnes new_against(const GitRepository& repository, const std::string& ref, const Service& service);

}  // namespace planner::project
