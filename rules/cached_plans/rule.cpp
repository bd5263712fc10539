#include <algorithm>

#include "rules/about.h"

namespace planner::rules {
namespace {

std::optional<Verdict> check(const ChangeType& change, const Subject& subject) {
  const std::vector<TableName> family = family_of(subject.before, change.table);
  const bool builds =
      std::any_of(subject.own.indexes.begin(), subject.own.indexes.end(), [](const IndexEffect& index) {
        return index.work == IndexWork::Rebuilt || index.work == IndexWork::Built;
      });
  if (!subject.own.breaks_cached_plans || !subject.own.failures.empty() ||
      rewrites_any(subject.own, family) || scans_any(subject.own, family) || builds)
    return std::nullopt;  // the rule change-type
  const Table* table = subject.before.table(change.table);
  const Column* column = table != nullptr ? table->column(change.column) : nullptr;
  if (column != nullptr && column->type == change.type &&
      (change.collation.empty() || column->collation == change.collation))
    return std::nullopt;
  if (column != nullptr &&
      depends_on_time_zone(type_change(column->type, change.type, change.using_expression, change.column,
                                       subject.before, subject.settings.effects),
                           subject))
    return std::nullopt;  // the rule change-type
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
