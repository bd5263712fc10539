// Deploys with the real Prisma CLI, which tests/interop/prisma runs without its native engine.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace planner::test {

/// What users have: a CLI, and the way in which its engine sends a migration file.
struct PrismaRelease {
  std::string_view name;  // as it appears in test names
  std::string_view cli;   // version on npm
  std::string_view
      wire;  // `native`: the file is one query; `native74`: one query per statement if all of it parses
};
inline constexpr PrismaRelease kPrisma6{"prisma_6", "6.19.3", "native"};
inline constexpr PrismaRelease kPrisma7{"prisma_7", "7.10.1", "native74"};

inline void PrintTo(const PrismaRelease& release, std::ostream* out) { *out << release.name; }

/// How a command of the CLI ended.
struct PrismaRun {
  int exit_code = 0;
  std::string output;  // standard output, then standard error

  bool ok() const { return exit_code == 0; }
};

/// What `prisma migrate diff` says: the statements that lead from the database to the other side.
struct PrismaDifference {
  bool empty = false;
  std::string script;
};

/// A phase that has been put into a migrations folder and deployed.
struct PhaseDeployment {
  std::string phase;                // its folder in the plan, such as 2_backfill
  std::filesystem::path migration;  // its folder in the history
  PrismaRun run;
};

class PrismaCli {
 public:
  /// Why nothing here can run, in one sentence; nothing when it can. The first call installs the npm
  /// packages.
  static const std::optional<std::string>& unavailable();

  explicit PrismaCli(const PrismaRelease& release) : release_(release) {}

  PrismaRun deploy(const std::filesystem::path& migrations, const std::string& url) const;
  PrismaRun status(const std::filesystem::path& migrations, const std::string& url) const;
  PrismaRun resolve_applied(const std::filesystem::path& migrations, const std::string& url,
                            const std::string& name) const;
  PrismaRun resolve_rolled_back(const std::filesystem::path& migrations, const std::string& url,
                                const std::string& name) const;

  /// From the database to a schema file that names no URL; always answered by the CLI that accepts one.
  static PrismaDifference diff(const std::string& url, const std::filesystem::path& schema_prisma);
  /// From the database to what the migrations build in a shadow database. The folder has a
  /// migration_lock.toml.
  PrismaDifference diff_to_migrations(const std::string& url, const std::filesystem::path& migrations) const;

 private:
  PrismaRun run(const std::string& command, const std::filesystem::path& migrations, const std::string& url,
                const std::vector<std::string>& more) const;

  PrismaRelease release_;
};

/// Phases of a plan in the order of their numbers: the folders that hold a migration.sql.
std::vector<std::filesystem::path> plan_phases(const std::filesystem::path& plan);

/// Copies migration folder `from` to the end of a history, as `<timestamp>_<name>`; returns the copy.
std::filesystem::path append_migration(const std::filesystem::path& migrations,
                                       const std::filesystem::path& from, const std::string& name);

/// Releases and deploys one phase after another, as a team does over days. Stops after a deploy that fails.
/// `after_phase` runs after each successful one.
std::vector<PhaseDeployment> deploy_plan(const PrismaCli& cli, const std::filesystem::path& plan,
                                         const std::filesystem::path& migrations, const std::string& url,
                                         const std::function<void(const PhaseDeployment&)>& after_phase = {});

}  // namespace planner::test
