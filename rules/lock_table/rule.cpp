#include "rules/about.h"

namespace planner::rules {
namespace {

std::optional<Verdict> check(const LockTable& op, const Subject& subject) {
  if (!blocks_writes(subject.own.strongest())) return std::nullopt;
  std::vector<ObjectName> tables;
  for (const TableName& table : op.tables) {
    if (!is_new(subject.before, table)) tables.push_back(table);
  }
  if (tables.empty()) return std::nullopt;
  Verdict verdict;
  verdict.object = display(tables.front());
  verdict.message = "LOCK TABLE " + list_of(tables) + " IN " + op.mode +
                    " MODE: " + who_waits_on(subject.own.strongest(), tables.front()) +
                    " until the transaction ends";
  verdict.help = "Let the statement that needs the lock take it, with a lock_timeout and retries";
  return about_table(subject, tables.front(), Matters::Anyway, std::move(verdict));
}

}  // namespace

extern const Rule lock_table;
const Rule lock_table{.id = "lock-table",
                      .summary = "A lock is taken by hand",
                      .severity = Severity::Warning,
                      .category = Category::Blocks,

                      .check = on<check>};

}  // namespace planner::rules
