#include "rules/about.h"

namespace planner::rules {
namespace {

std::optional<Verdict> check(const DropNotNull& op, const Subject& subject) {
  const Table* table = subject.before.table(op.table);
  const Column* column = table != nullptr ? table->column(op.column) : nullptr;
  if (column != nullptr && (!column->not_null || column->is_new)) return std::nullopt;
  // DROP NOT NULL before the column goes, or before another type is put in, leaves nothing to read.
  const Table* after = subject.migration_end.table(op.table);
  if (after != nullptr && (after->column(op.column) == nullptr || after->column(op.column)->not_null))
    return std::nullopt;
  Verdict verdict;
  verdict.object = object_of(op.table, op.column);
  verdict.message = column_of(op.table, op.column) +
                    " may be NULL from here on: the running release does not expect that, and typed clients "
                    "fail when they read one";
  verdict.help = "Deploy a release that can read NULL before anything writes it";
  return about_table(subject, op.table, Matters::Anyway, std::move(verdict));
}

}  // namespace

extern const Rule drop_not_null;
const Rule drop_not_null{.id = "drop-not-null",
                         .summary = "A column becomes nullable that the running release reads as always set",
                         .severity = Severity::Warning,
                         .category = Category::BreaksRelease,

                         .check = on<check>};

}  // namespace planner::rules
