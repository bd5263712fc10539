#pragma once

#include <optional>
#include <string>
#include <vector>

#include "src/database/history_table.h"
#include "src/project/services.h"

/// Files against what a database has recorded: one answer per migration, for every command that asks.
namespace planner::commands {

enum class MigrationState {
  Pending,
  Applied,
  Failed,      ///< started and not finished; whether it runs is for the deploy lock to say
  RolledBack,  ///< declared undone: the next deploy applies it again
};

struct JudgedFile {
  MigrationState state = MigrationState::Pending;
  bool edited = false;  ///< the database applied another text
  const RecordedMigration* record = nullptr;
};

struct JudgedHistory {
  std::vector<JudgedFile> files;  ///< one per file of the service, in its order
  std::vector<const RecordedMigration*>
      missing;  ///< recorded as applied or failed, and no longer in the folder
};

/// By name, number or journal, as the service's tool compares them. `texts` are the files as on disk; empty:
/// edits are not looked for.
JudgedHistory judge_history(const RecordedHistory& recorded, const project::Service& service,
                            const std::vector<std::string>& texts);

/// Line endings never count for Prisma: the sum is also tried with CRLF and LF exchanged.
bool same_content(const std::string& text, const std::string& checksum);

}  // namespace planner::commands
