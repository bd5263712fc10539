#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "planner/delivery.h"
#include "planner/finding.h"
#include "rules/team_rule.h"

/// planner.toml: what a team says about its repository. Only this folder knows the TOML library.
namespace planner::project {

/// One `[[service]]`. Paths are relative to the folder of planner.toml.
struct ServiceConfig {
  std::string name;
  std::string migrations;
  std::string plans;         ///< where plan folders go; empty: `plans` beside the migrations folder
  std::string schema;        ///< schema.prisma, for what a plan says about it
  std::string database_env;  ///< name of the environment variable that holds its database URL
  std::optional<Tool> deploys_with;
  std::vector<std::string> tables;  ///< the tables it owns, as globs
  int line = 0;
};

/// One `[[owner]]`: owns tables, and has no migrations folder of its own.
struct OwnerConfig {
  std::string name;
  std::vector<std::string> tables;
  int line = 0;
};

struct RuleConfig {
  Severity severity = Severity::Error;
  int line = 0;
};

/// `[hooks]`: commands for the shell, run in the folder of planner.toml. One that fails stops the deploy.
struct Hooks {
  std::string before_deploy, after_deploy, before_drop;
};

struct Config {
  std::filesystem::path file;  ///< empty: there is no planner.toml
  std::optional<Tool> deploys_with;
  std::optional<int> server_version;  ///< as server_version_num: 150000
  std::optional<double> small_table_rows;
  std::optional<std::string> time_zone;
  std::optional<Severity> fail_on;
  std::optional<int> batch_rows;
  bool hygiene = false;
  std::string base;   ///< git base when none is given
  std::string plans;  ///< default of every service
  std::map<std::string, RuleConfig> rules;
  std::vector<ServiceConfig> services;
  Hooks hooks;
  std::vector<OwnerConfig> owners;
  std::vector<rules::TeamRule> team_rules;  ///< `[[team_rule]]`
  std::string
      baseline;  ///< file of old findings; empty: planner-baseline.json beside planner.toml, if it is there

  std::filesystem::path folder() const { return file.parent_path(); }
};

/// Reads planner.toml. Unknown keys, wrong types and impossible values are Errors with file, line and the
/// nearest known word.
Config read_config(const std::filesystem::path& file);
/// The same of a text that is not (yet) on disk; `file` is what errors call it.
Config parse_config(const std::string& text, const std::filesystem::path& file);

/// planner.toml in the folder or the nearest one above it, up to the top of the git repository.
std::optional<std::filesystem::path> find_config(const std::filesystem::path& folder);

/// `run_in_transaction` of Diesel's metadata.toml (default true). Throws Error when the file is broken.
bool diesel_runs_in_transaction(const std::filesystem::path& metadata);

/// `provider` of a migration_lock.toml read as TOML; nullopt when it does not parse or has none.
std::optional<std::string> lock_provider_as_toml(const std::string& text);

/// Does a Cargo.toml list this dependency?
bool cargo_depends_on(const std::filesystem::path& cargo_toml, const std::string& crate);

/// The known words nearest to one that is not known, nearest first, at most `count`.
std::vector<std::string> nearest(const std::string& word, const std::vector<std::string>& known,
                                 std::size_t count = 3);

}  // namespace planner::project
