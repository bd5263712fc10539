#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "planner/delivery.h"
#include "planner/sql/parse.h"

namespace planner {

/// One deployable unit as text. Where it came from is the caller's business; the engine never opens files.
struct Migration {
  std::string name;  ///< `20240102030405_rename_name_to_fullname`
  std::string path;  ///< as shown to people: `prisma/migrations/2024.../migration.sql`
  std::string text;
  bool pending = false;  ///< to be judged
  bool no_transaction_marker =
      false;  ///< its tool's own word for "no transaction" (sqlx, goose, dbmate, diesel)
};

/// All migrations of one service in the order its tool applies them.
struct History {
  std::string service;  ///< empty: the repository has one
  Tool tool = Tool::PrismaUnknown;
  std::vector<Migration> migrations;
};

/// The part of a migration's name that says what it does: `rename_name_to_fullname`.
std::string purpose_of(std::string_view migration_name);

}  // namespace planner
