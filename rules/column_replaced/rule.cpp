#include "rules/about.h"

namespace planner::rules {
namespace {

std::optional<Verdict> check(const ReplaceColumn& replace, const Subject& subject) {
  const Identifier& column = replace.column.name;
  if (is_new_column(subject.migration_start, replace.table, column)) return std::nullopt;
  const Table* table = subject.migration_start.table(replace.table);
  // Added earlier in this very migration: it holds nothing yet.
  if (table != nullptr && table->certainty == Certainty::Known && table->column(column) == nullptr)
    return std::nullopt;
  const Column* old_column = table != nullptr ? table->column(column) : nullptr;
  Verdict verdict;
  verdict.object = object_of(replace.table, column);
  verdict.message = "Dropping " + column_of(replace.table, column) + " and adding it again";
  if (old_column != nullptr && old_column->type != replace.column.type) {
    verdict.message += " as " + display(replace.column.type) + " (it is " + display(old_column->type) + ")";
  }
  verdict.message +=
      " loses every value in it, and the running release reads and writes a column that is no longer what it "
      "was";
  if (replace.column.not_null && replace.column.default_value.empty() && !replace.column.identity &&
      replace.column.generated.empty()) {
    verdict.message += "; on a table with rows it fails, because the column is required";
  }
  verdict.help = "Convert the values into a second column and swap the two";
  return about_table(subject.migration_start, subject.settings, replace.table, Matters::Anyway,
                     Severity::Error, std::move(verdict));
}

}  // namespace

extern const Rule column_replaced;
const Rule column_replaced{
    .id = "column-replaced",
    .summary = "A column is dropped and added again under its own name: its values are lost",
    .severity = Severity::Error,
    .category = Category::LosesData,
    .recipe = "replace-column",
    .check = on<check>};

}  // namespace planner::rules
