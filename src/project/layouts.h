#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "planner/delivery.h"
#include "planner/finding.h"
#include "src/project/files.h"

/// How migration tools lay out their files: which files are migrations, in which order they are applied,
/// which part of a file is the forward direction, and where the tool records what was applied.
namespace planner::project {

enum class Layout { Prisma, GolangMigrate, Flyway, Diesel, Sqlx, Drizzle, Goose, Dbmate, Plain };

struct LayoutFacts {
  Layout layout;
  std::string_view name;           ///< `golang-migrate`
  Tool tool;                       ///< who sends the files when nothing more is known
  std::string_view files;          ///< `N_name.up.sql, N_name.down.sql`
  std::string_view history_table;  ///< where applied migrations are recorded; empty: nowhere planner knows
  std::string_view transaction;    ///< is one file one transaction there?
};
const std::vector<LayoutFacts>& layout_facts();
const LayoutFacts& facts_of(Layout layout);
/// The layout a tool's files have: `prisma-7.4` -> Prisma.
Layout layout_of(Tool tool);

/// One migration as it lies on disk.
struct MigrationFile {
  std::string name;  ///< as the tool records it or, where it records numbers, the file's name without endings
  std::string version;                 ///< the number or timestamp in front; empty: none
  PathText file;                       ///< the forward SQL
  PathText folder;                     ///< its own folder; empty: it is a single file
  PathText down;                       ///< the reverse SQL; empty: none
  bool repeatable = false;             ///< Flyway's R__: after all versioned ones, again whenever it changes
  bool no_transaction = false;         ///< its tool's own word for it
  std::int64_t when = 0;               ///< drizzle's journal: recorded in the database as created_at
  std::optional<std::string> unsaved;  ///< an editor's text, read instead of the file
};

/// A migrations folder, listed but not read.
struct MigrationFolder {
  Layout layout = Layout::Plain;
  std::filesystem::path path;
  std::vector<MigrationFile> files;  ///< in the order in which the tool applies them
  std::vector<Finding> findings;     ///< what the tool itself would stumble over
};

/// Which layout the folder has; nullopt: nothing in it looks like migrations. `by_name` also takes a folder
/// of plain .sql files.
std::optional<Layout> detect_layout(const std::filesystem::path& folder, bool take_plain_sql);

/// Lists a folder. Throws Error for what no order can be made of (two files of one version, a journal that
/// does not parse).
MigrationFolder list_migrations(const std::filesystem::path& folder, Layout layout);

/// A file as the engine reads it and as people see it.
struct MigrationText {
  std::string text;   ///< the reverse section blanked, drizzle's breakpoints turned into semicolons; every
                      ///< byte keeps its place
  std::string shown;  ///< as it lies on disk; empty: the same
  bool no_transaction = false;  ///< the file says so itself
};
/// Reads and checks a migration's SQL. Throws Error when it cannot be read or is no plain text.
MigrationText read_migration(const MigrationFile& file, Layout layout);

}  // namespace planner::project
