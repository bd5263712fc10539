#include "rules/about.h"

namespace planner::rules {
namespace {

std::optional<Verdict> check(const DropDefault& op, const Subject& subject) {
  const Table* table = subject.before.table(op.table);
  const Column* column = table != nullptr ? table->column(op.column) : nullptr;
  if (column == nullptr || column->default_value.empty() || !column->not_null || column->is_new)
    return std::nullopt;
  const Table* after = subject.migration_end.table(op.table);
  const Column* left = after != nullptr ? after->column(op.column) : nullptr;
  if (left == nullptr || !left->default_value.empty() || left->identity || !left->not_null)
    return std::nullopt;
  Verdict verdict;
  verdict.object = object_of(op.table, op.column);
  verdict.message = "Without its default, " + column_of(op.table, op.column) +
                    " must be given by every INSERT: those of the running release that leave it out fail";
  verdict.help = "Keep the default until every running release writes the column";
  return about_table(subject, op.table, Matters::Anyway, std::move(verdict));
}

}  // namespace

extern const Rule drop_default;
const Rule drop_default{
    .id = "drop-default",
    .summary = "A required column loses its default while the running release may rely on it",
    .severity = Severity::Warning,
    .category = Category::BreaksRelease,

    .check = on<check>};

}  // namespace planner::rules
