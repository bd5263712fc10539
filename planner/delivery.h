#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "planner/sql/parse.h"

namespace planner {

/// Who sends the file. Decides which statements share a transaction and what a migration must look like.
enum class Tool {
  PrismaUnknown,  ///< Prisma, version not known: the worst of both
  PrismaWhole,    ///< <= 7.3: the file is one simple Query
  PrismaSplit,    ///< >= 7.4: statement by statement when its splitter understands the file, else as before
  Psql,           ///< statement by statement, autocommit
  Flyway,         ///< one transaction per file unless it holds a statement that cannot run in one
  GolangMigrate,  ///< one simple Query per file
  Diesel,         ///< one transaction per file unless metadata.toml says run_in_transaction = false
  Sqlx,           ///< one transaction per file unless it starts with `-- no-transaction`
  Drizzle,        ///< all pending files in one transaction, split at statement-breakpoint
  Goose,          ///< one transaction per file unless `-- +goose NO TRANSACTION`
  Dbmate,         ///< one transaction per file unless `transaction:false`
  PlainSql,       ///< unknown runner: the worst of one transaction and autocommit
};
std::string_view tool_name(
    Tool tool);  ///< `prisma`, `prisma-7.4`, `flyway`, ... as in planner.toml `deploys_with`
std::optional<Tool> tool_from_name(std::string_view name);

/// Statements that share one transaction; locks last to its end.
struct TransactionGroup {
  std::vector<std::size_t> statements;  ///< indexes into ParsedFile::statements, in order
  bool in_block = false;                ///< a transaction block: CONCURRENTLY and COMMIT inside DO fail
  bool explicit_block = false;          ///< BEGIN .. COMMIT written in the file
  bool left_open = false;               ///< BEGIN without COMMIT
};

struct Delivered {
  std::vector<TransactionGroup> groups;
  std::string explanation;  ///< one sentence: "Prisma sends this file as one query: its 3 statements share
                            ///< one transaction"
};

/// Every way the file may arrive: one for a known tool and file, several when it is not known (rules judge
/// the worst).
std::vector<Delivered> deliveries(const ParsedFile& file, std::string_view text, Tool tool,
                                  bool no_transaction_marker = false);

/// Flyway refuses a file in which some statements need no transaction and others run in one, unless its
/// setting `mixed` is on: the first statement of the second kind it meets; nullopt when all are of one kind.
std::optional<std::size_t> flyway_refuses_at(const ParsedFile& file);

}  // namespace planner
