#include "rules/about.h"

namespace planner::rules {
namespace {

std::optional<Verdict> check(const SetDefault& op, const Subject& subject) {
  const Table* table = subject.before.table(op.table);
  const Column* column = table != nullptr ? table->column(op.column) : nullptr;
  if (column == nullptr || column->is_new || column->default_value.empty() || op.value.empty())
    return std::nullopt;
  if (op.value.facts().is_null_constant && column->not_null) return std::nullopt;  // the rule drop-default
  const Table* start = subject.migration_start.table(op.table);
  const Column* was = start != nullptr ? start->column(op.column) : nullptr;
  if (was == nullptr || was->default_value.empty() || same_meaning(was->default_value, op.value))
    return std::nullopt;
  Verdict verdict;
  verdict.object = object_of(op.table, op.column);
  verdict.message =
      "The default of " + column_of(op.table, op.column) + " changes from " +
      was->default_value.text().str() + " to " + op.value.text().str() +
      " for the running release too; releases that send their own default go on with the old value";
  verdict.help = "Make sure that both values are right while both releases run";
  return about_table(subject, op.table, Matters::Anyway, std::move(verdict));
}

}  // namespace

extern const Rule change_default;
const Rule change_default{.id = "change-default",
                          .summary = "A default changes under the running release",
                          .severity = Severity::Info,
                          .category = Category::BreaksRelease,

                          .check = on<check>};

}  // namespace planner::rules
