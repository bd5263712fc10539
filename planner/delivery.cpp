#include "planner/delivery.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace planner {
namespace {

struct NamedTool {
  Tool tool;
  std::string_view name;
  std::string_view title;  ///< as sentences call it
};
constexpr std::array<NamedTool, 12> kTools{{
    {Tool::PrismaUnknown, "prisma", "Prisma"},
    {Tool::PrismaWhole, "prisma-7.3", "Prisma up to 7.3"},
    {Tool::PrismaSplit, "prisma-7.4", "Prisma from 7.4 on"},
    {Tool::Psql, "psql", "psql"},
    {Tool::Flyway, "flyway", "Flyway"},
    {Tool::GolangMigrate, "golang-migrate", "golang-migrate"},
    {Tool::Diesel, "diesel", "Diesel"},
    {Tool::Sqlx, "sqlx", "sqlx"},
    {Tool::Drizzle, "drizzle", "drizzle"},
    {Tool::Goose, "goose", "goose"},
    {Tool::Dbmate, "dbmate", "dbmate"},
    {Tool::PlainSql, "sql", "The tool"},
}};

std::string_view title_of(Tool tool) {
  const auto found =
      std::find_if(kTools.begin(), kTools.end(), [&](const NamedTool& t) { return t.tool == tool; });
  return found->title;
}

const Transaction* transaction_of(const Statement& statement) {
  return statement.operations.empty() ? nullptr : std::get_if<Transaction>(&statement.operations.front());
}

bool begins(const Transaction* transaction) {
  return transaction != nullptr && transaction->action == TransactionAction::Begin;
}

bool ends(const Transaction* transaction) {
  return transaction != nullptr && (transaction->action == TransactionAction::Commit ||
                                    transaction->action == TransactionAction::Rollback ||
                                    transaction->action == TransactionAction::Prepare);
}

/// Statements PostgreSQL refuses inside a transaction block (25001), for tools that look for them.
bool cannot_share(const Statement& statement) {
  return std::any_of(statement.operations.begin(), statement.operations.end(),
                     [](const Operation& operation) {
                       if (const auto* op = std::get_if<CreateIndex>(&operation)) return op->concurrently;
                       if (const auto* op = std::get_if<DropIndex>(&operation)) return op->concurrently;
                       if (const auto* op = std::get_if<DetachPartition>(&operation)) return op->concurrently;
                       if (const auto* op = std::get_if<Vacuum>(&operation)) return !op->analyze_only;
                       if (const auto* op = std::get_if<Reindex>(&operation)) {
                         return op->concurrently ||
                                (op->target != ReindexTarget::Index && op->target != ReindexTarget::Table);
                       }
                       if (const auto* op = std::get_if<OtherObject>(&operation)) {
                         return (op->change == 'c' || op->change == 'd') &&
                                (op->kind == ObjectKind::Database || op->kind == ObjectKind::Tablespace ||
                                 op->kind == ObjectKind::Subscription);
                       }
                       return false;
                     });
}

/// The statements that Flyway's parser knows to need no transaction: those of cannot_share without the
/// CONCURRENTLY of DETACH PARTITION and REINDEX, which it sends in one like any other.
bool flyway_knows(const Statement& statement) {
  return cannot_share(statement) &&
         std::none_of(
             statement.operations.begin(), statement.operations.end(), [](const Operation& operation) {
               const auto* reindex = std::get_if<Reindex>(&operation);
               return std::holds_alternative<DetachPartition>(operation) ||
                      (reindex != nullptr &&
                       (reindex->target == ReindexTarget::Index || reindex->target == ReindexTarget::Table));
             });
}

/// Outside of the file's own BEGIN .. COMMIT every statement is its own transaction.
std::vector<TransactionGroup> one_by_one(const ParsedFile& file, std::size_t first = 0) {
  std::vector<TransactionGroup> groups;
  bool open = false;
  for (std::size_t i = first; i < file.statements.size(); ++i) {
    const Transaction* transaction = transaction_of(file.statements[i]);
    if (!open) groups.push_back(TransactionGroup{{}, begins(transaction), begins(transaction), false});
    groups.back().statements.push_back(i);
    open = open || begins(transaction);
    if (ends(transaction)) {
      open = transaction->chain;
      if (open) groups.push_back(TransactionGroup{{}, true, true, false});
    }
  }
  if (!groups.empty() && groups.back().statements.empty()) groups.pop_back();
  if (open && !groups.empty()) groups.back().left_open = true;
  return groups;
}

/// Several statements in one Query message are an implicit transaction block; COMMIT inside really commits,
/// and what follows is the next block (measured: implicit/* of the facts). BEGIN takes what stood before it
/// along.
std::vector<TransactionGroup> one_query(const ParsedFile& file, std::size_t first = 0) {
  const std::size_t count = file.statements.size();
  if (count - first == 1) return one_by_one(file, first);
  std::vector<TransactionGroup> groups;
  bool fresh = true;
  bool open = false;
  for (std::size_t i = first; i < count; ++i) {
    const Transaction* transaction = transaction_of(file.statements[i]);
    if (fresh) groups.push_back(TransactionGroup{{}, true, false, false});
    fresh = false;
    TransactionGroup& group = groups.back();
    group.statements.push_back(i);
    if (begins(transaction)) open = group.explicit_block = true;
    if (ends(transaction)) {
      fresh = true;
      open = transaction->chain;
    }
  }
  if (open && !groups.empty()) groups.back().left_open = true;
  return groups;
}

/// The tool opens a transaction. The file's own BEGIN is only a warning then, its COMMIT ends the tool's
/// transaction.
std::vector<TransactionGroup> in_transaction(const ParsedFile& file, bool rest_as_one_query) {
  TransactionGroup group{{}, true, false, false};
  for (std::size_t i = 0; i < file.statements.size(); ++i) {
    group.statements.push_back(i);
    if (!ends(transaction_of(file.statements[i])) || i + 1 == file.statements.size()) continue;
    std::vector<TransactionGroup> groups{group};
    std::vector<TransactionGroup> rest = rest_as_one_query ? one_query(file, i + 1) : one_by_one(file, i + 1);
    // The one query goes on: its remaining statements are still several.
    if (rest_as_one_query) {
      for (TransactionGroup& each : rest) each.in_block = true;
    }
    groups.insert(groups.end(), rest.begin(), rest.end());
    return groups;
  }
  return {group};
}

std::string count_of(const ParsedFile& file) {
  const std::size_t count = file.statements.size();
  return count == 1 ? "its statement" : "its " + std::to_string(count) + " statements";
}

std::string explain(Tool tool, const ParsedFile& file, const std::vector<TransactionGroup>& groups,
                    std::string_view how) {
  std::string text(title_of(tool));
  text += " sends this file ";
  text += how;
  const auto open =
      std::any_of(groups.begin(), groups.end(), [](const TransactionGroup& g) { return g.left_open; });
  const auto own =
      std::any_of(groups.begin(), groups.end(), [](const TransactionGroup& g) { return g.explicit_block; });
  if (file.statements.size() == 1 && groups.size() == 1) {
    text +=
        groups.front().in_block ? ": it runs inside a transaction block" : ": it is a transaction of its own";
  } else if (groups.size() == 1) {
    text += ": " + count_of(file) + " share one transaction";
  } else if (groups.size() == file.statements.size()) {
    text += ": each of " + count_of(file) + " is a transaction of its own";
  } else {
    text += ": " + count_of(file) + " make " + std::to_string(groups.size()) + " transactions";
  }
  if (open) {
    text += "; BEGIN is never followed by COMMIT, so everything after it is lost when the connection closes";
  } else if (own && groups.size() > 1) {
    text += " (the file's own BEGIN and COMMIT count)";
  }
  return text;
}

Delivered delivered(Tool tool, const ParsedFile& file, std::vector<TransactionGroup> groups,
                    std::string_view how) {
  Delivered out;
  out.explanation = explain(tool, file, groups, how);
  out.groups = std::move(groups);
  return out;
}

Delivered whole(Tool tool, const ParsedFile& file) {
  return delivered(tool, file, one_query(file), "as one query");
}
Delivered split(Tool tool, const ParsedFile& file) {
  return delivered(tool, file, one_by_one(file), "statement by statement");
}

/// The tools' own words for "no transaction", read from the file's comments.
bool says_no_transaction(std::string_view text, Tool tool) {
  if (tool != Tool::Sqlx && tool != Tool::Goose && tool != Tool::Dbmate) return false;
  for (const FileComment& comment : comments_of(text)) {
    const std::string_view words = comment.text;
    if (tool == Tool::Sqlx && comment.span.begin == 0 && words.starts_with("no-transaction")) return true;
    if (tool == Tool::Goose && words.starts_with("+goose NO TRANSACTION")) return true;
    if (tool == Tool::Dbmate && words.starts_with("migrate:up") &&
        words.find("transaction:false") != std::string_view::npos)
      return true;
  }
  return false;
}

int number_before(std::string_view text, char end, std::string_view* rest) {
  int value = -1;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return -1;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  *rest = text.starts_with(end) ? text.substr(1) : text;
  return value;
}

}  // namespace

std::string_view tool_name(Tool tool) {
  return std::find_if(kTools.begin(), kTools.end(), [&](const NamedTool& t) { return t.tool == tool; })->name;
}

std::optional<Tool> tool_from_name(std::string_view name) {
  for (const NamedTool& each : kTools) {
    if (each.name == name) return each.tool;
  }
  constexpr std::string_view kPrisma = "prisma-";
  if (!name.starts_with(kPrisma)) return std::nullopt;
  std::string_view rest;
  const int major = number_before(name.substr(kPrisma.size()), '.', &rest);
  if (major < 0) return std::nullopt;
  if (major != 7) return major < 7 ? Tool::PrismaWhole : Tool::PrismaSplit;
  if (rest.empty()) return Tool::PrismaUnknown;
  const int minor = number_before(rest, '.', &rest);
  if (minor < 0) return std::nullopt;
  // 7.4.0 began to split files (facts on Prisma, section 2).
  return minor < 4 ? Tool::PrismaWhole : Tool::PrismaSplit;
}

std::vector<Delivered> deliveries(const ParsedFile& file, std::string_view text, Tool tool,
                                  bool no_transaction_marker) {
  if (file.statements.empty()) return {Delivered{{}, "The file holds no statement"}};
  const bool no_transaction = no_transaction_marker || says_no_transaction(text, tool);
  const auto tools_transaction = [&](bool one_message) {
    return delivered(tool, file, in_transaction(file, one_message), "in a transaction it opens");
  };
  switch (tool) {
    case Tool::PrismaWhole:
    case Tool::GolangMigrate:
      return {whole(tool, file)};
    case Tool::PrismaSplit:
    case Tool::PrismaUnknown: {
      if (file.statements.size() == 1) return {whole(tool, file)};
      const SplitAnswer answer = prisma_splits(file, text);
      std::vector<Delivered> ways;
      if (tool == Tool::PrismaUnknown || answer.unsure || !answer.splits) ways.push_back(whole(tool, file));
      if (answer.unsure || answer.splits) ways.push_back(split(tool, file));
      return ways;
    }
    case Tool::Psql:
      return {split(tool, file)};
    case Tool::Flyway: {
      const bool alone = std::any_of(file.statements.begin(), file.statements.end(), flyway_knows);
      if (no_transaction || alone) return {split(tool, file)};
      return {tools_transaction(false)};
    }
    case Tool::Diesel:
    case Tool::Sqlx:
    case Tool::Dbmate:
      if (no_transaction) return {whole(tool, file)};
      return {tools_transaction(true)};
    case Tool::Goose:
      if (no_transaction) return {split(tool, file)};
      return {tools_transaction(false)};
    case Tool::Drizzle:
      return {tools_transaction(false)};
    case Tool::PlainSql:
      if (no_transaction) return {split(tool, file)};
      if (file.statements.size() == 1 && cannot_share(file.statements.front())) return {split(tool, file)};
      return {tools_transaction(true), split(tool, file)};
  }
  return {};
}

std::optional<std::size_t> flyway_refuses_at(const ParsedFile& file) {
  for (std::size_t i = 1; i < file.statements.size(); ++i) {
    if (flyway_knows(file.statements[i]) != flyway_knows(file.statements.front())) return i;
  }
  return std::nullopt;
}

}  // namespace planner
