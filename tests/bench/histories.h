#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace planner::bench {

/// Migration files of one history, oldest first.
struct HistoryFiles {
  std::string name;
  std::filesystem::path folder;  ///< where planner is called
  std::vector<std::filesystem::path> files;
  std::size_t bytes = 0;
};

/// The real Prisma histories beside the repository; empty when they are not there.
std::vector<HistoryFiles> real_histories();

/// A Prisma history of `count` migrations on `count / 10` tables, as a team would write them: tables,
/// columns, indexes, foreign keys, enums, renames and updates. Written below `folder`.
HistoryFiles generated_history(const std::filesystem::path& folder, std::size_t count);

/// A history whose last file has `count` statements, or parts of one statement, that all need what the ones
/// before them made. Written below `folder`.
enum class Heavy { OneAlterTable, AlterTables, CreateTables, Selects };
HistoryFiles heavy_history(const std::filesystem::path& folder, Heavy kind, std::size_t count);

/// Milliseconds that `pg_query_parse_protobuf` alone needs for all the files, one after another in one
/// thread.
double parse_alone_ms(const HistoryFiles& history);

}  // namespace planner::bench
