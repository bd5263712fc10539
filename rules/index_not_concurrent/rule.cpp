#include "rules/about.h"

namespace planner::rules {
namespace {

std::optional<Verdict> check(const CreateIndex& index, const Subject& subject) {
  if (index.concurrently) return std::nullopt;
  // On a materialized view only REFRESH waits; nobody else writes it.
  if (subject.before.view(index.table) != nullptr) return std::nullopt;
  Verdict verdict;
  verdict.object = display(index.table) + (index.name.empty() ? std::string() : "." + index.name.str());
  const Table* table = subject.before.table(index.table);
  // ONLY leaves out the partitions and with them the work; on any other table it means nothing.
  if (index.only && (table == nullptr || table->kind == RelationKind::PartitionedTable)) return std::nullopt;
  const std::string name = index.name.empty() ? "an index" : "the index \"" + index.name.str() + "\"";
  const ObjectName qualified_name{index.table.schema, index.name};
  if (index.if_not_exists && !index.name.empty() && subject.before.index(qualified_name) != nullptr) {
    verdict.message = "CREATE INDEX IF NOT EXISTS waits for every writer of " + name_of(index.table) +
                      " and holds up those behind it, only to find that " + name + " exists";
    verdict.help = "Remove the statement";
    verdict.severity = Severity::Warning;
    verdict.splittable = false;
    return about_table(subject, index.table, Matters::Anyway, std::move(verdict));
  }
  verdict.message = std::string("Building ") + (index.unique ? "the unique " : "") +
                    (index.unique ? name.substr(name.find(' ') + 1) : name) + " on " + name_of(index.table) +
                    " reads every row while nobody can write to the table";
  if (index.unique) verdict.message += ", and fails if values repeat";
  verdict.help = "Build it CONCURRENTLY, alone in its migration";
  if (table != nullptr && table->kind == RelationKind::PartitionedTable) {
    verdict.message += " or to any of its partitions";
    verdict.help = "Build it CONCURRENTLY on each partition, then attach them to an index ON ONLY the parent";
  }
  return about_table(subject, index.table, Matters::Size, std::move(verdict));
}

}  // namespace

extern const Rule index_not_concurrent;
const Rule index_not_concurrent{
    .id = "index-not-concurrent",
    .summary = "CREATE INDEX without CONCURRENTLY stops all writes while it builds",
    .severity = Severity::Error,
    .category = Category::Blocks,
    .recipe = "create-index",
    .check = on<check>};

}  // namespace planner::rules
