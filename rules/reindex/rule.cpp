#include "rules/about.h"

namespace planner::rules {
namespace {

std::optional<Verdict> check(const Reindex& op, const Subject& subject) {
  if (op.concurrently) return std::nullopt;
  TableName table;
  if (op.target == ReindexTarget::Table) {
    table = op.name;
  } else if (op.target == ReindexTarget::Index) {
    const Index* index = subject.before.index(op.name);
    if (index != nullptr) table = index->table;
  }
  Verdict verdict;
  verdict.object = display(op.name);
  verdict.message = "REINDEX of " + (op.name.empty() ? std::string("everything") : name_of(op.name)) +
                    " lets nobody write to the table while it builds, and locks the index: queries that plan "
                    "with it wait too, so reads stop as well";
  verdict.help = "REINDEX ... CONCURRENTLY, alone in its migration";
  if (table.empty()) return verdict;
  return about_table(subject, table, Matters::Size, std::move(verdict));
}

}  // namespace

extern const Rule reindex;
const Rule reindex{.id = "reindex",
                   .summary = "REINDEX without CONCURRENTLY stops writes, and in effect reads",
                   .severity = Severity::Error,
                   .category = Category::Blocks,
                   .recipe = "reindex",

                   .check = on<check>};

}  // namespace planner::rules
