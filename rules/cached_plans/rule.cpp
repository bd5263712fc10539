#include "rules/about.h"

namespace planner::rules {
namespace {

std::optional<Verdict> check(const ChangeType& change, const Subject& subject) {
  if (!subject.own.breaks_cached_plans || !subject.own.failures.empty() ||
      subject.own.rewrites_table(change.table))
    return std::nullopt;
  const Table* table = subject.before.table(change.table);
  const Column* column = table != nullptr ? table->column(change.column) : nullptr;
  if (column != nullptr && column->type == change.type) return std::nullopt;
  if (is_new_column(subject.before, change.table, change.column)) return std::nullopt;
  Verdict verdict;
  verdict.object = object_of(change.table, change.column);
  verdict.message = "Changing the type of " + column_of(change.table, change.column) +
                    " costs nothing, but connections that prepared a SELECT of it get \"cached plan must not "
                    "change result type\" once";
  verdict.help = "Let the application retry, or recycle its connections after the deployment";
  return about_table(subject, change.table, Matters::Anyway, std::move(verdict));
}

}  // namespace

extern const Rule cached_plans;
const Rule cached_plans{
    .id = "cached-plans",
    .summary = "A free type change still fails prepared statements that select the column",
    .severity = Severity::Info,
    .category = Category::BreaksRelease,
    .check = on<check>};

}  // namespace planner::rules
