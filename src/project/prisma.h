#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "planner/delivery.h"
#include "src/project/layouts.h"

/// What is Prisma's alone: order, migration_lock.toml, and which version deploys.
namespace planner::project {

MigrationFolder list_prisma(const std::filesystem::path& folder);

/// Checks migration_lock.toml as Prisma reads it: a line that starts with `provider`, cut by text, not by
/// TOML. Throws Error for another database; returns findings for what makes Prisma stop with P3019 although
/// it means PostgreSQL.
std::vector<Finding> check_migration_lock(const std::filesystem::path& migrations_folder);

struct DetectedTool {
  Tool tool = Tool::PrismaUnknown;
  std::string evidence;  ///< `node_modules/prisma/package.json says 7.4.1`; empty: nothing was found
};
/// Looks at node_modules, package.json and the lock files of npm, yarn, pnpm and bun from the migrations
/// folder up to `top`.
DetectedTool detect_prisma_version(const std::filesystem::path& migrations_folder,
                                   const std::filesystem::path& top);

/// `7.4.1` -> PrismaSplit, `^6.2.0` -> PrismaWhole, `^7.0.0` -> PrismaUnknown (it may install either).
Tool prisma_tool_of(const std::string& version_or_range);

}  // namespace planner::project
