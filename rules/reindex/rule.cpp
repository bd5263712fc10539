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
  if (op.target != ReindexTarget::Table && op.target != ReindexTarget::Index) {
    verdict.message = "REINDEX of " +
                      std::string(op.target == ReindexTarget::Schema ? "the schema " : "the database ") +
                      (op.name.empty() ? std::string() : name_of(op.name) + " ") +
                      "builds every index anew, one table after another: nobody can write to the table whose "
                      "turn it is, and queries that plan with its indexes wait too";
    verdict.help = "REINDEX TABLE CONCURRENTLY, one table at a time, each alone in its migration";
    return verdict;
  }
  verdict.message = "REINDEX of " + name_of(op.name) +
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
