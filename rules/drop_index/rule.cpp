#include "rules/about.h"

namespace planner::rules {
namespace {

std::optional<Verdict> check(const DropIndex& op, const Subject& subject) {
  if (op.concurrently) return std::nullopt;
  const Index* index = subject.before.index(op.index);
  if (index == nullptr) return std::nullopt;            // IF EXISTS on a missing one takes no lock
  if (!index->constraint.empty()) return std::nullopt;  // refused: the rule statement-refused
  Verdict verdict;
  verdict.object = display(index->table) + "." + index->name.name.str();
  verdict.message = "DROP INDEX \"" + index->name.name.str() + "\" waits for every query on " +
                    name_of(index->table) + ", and " + who_waits(LockMode::AccessExclusive) +
                    " until the transaction ends";
  verdict.help = "Drop it CONCURRENTLY, alone in its migration";
  const Table* table = subject.before.table(index->table);
  if (table != nullptr && table->kind == RelationKind::PartitionedTable) {
    verdict.help =
        "PostgreSQL cannot drop a partitioned index concurrently: keep the transaction short, with a "
        "lock_timeout and retries";
    verdict.splittable = false;
  }
  return about_table(subject, index->table, Matters::Anyway, std::move(verdict));
}

}  // namespace

extern const Rule drop_index;
const Rule drop_index{.id = "drop-index",
                      .summary = "DROP INDEX locks the whole table for a moment that may be long",
                      .severity = Severity::Warning,
                      .category = Category::Blocks,
                      .recipe = "drop-index",

                      .check = on<check>};

}  // namespace planner::rules
