#include <algorithm>

#include "rules/about.h"

namespace planner::rules {
namespace {

bool fills_itself(const ColumnDefinition& column) {
  return !column.default_value.empty() || column.identity || !column.generated.empty() ||
         column.type.is("serial4") || column.type.is("serial8") || column.type.is("serial2");
}

bool is_required(const ColumnDefinition& column) {
  const bool key =
      std::any_of(column.constraints.begin(), column.constraints.end(),
                  [](const ConstraintDefinition& c) { return c.kind == ConstraintKind::PrimaryKey; });
  return column.not_null || key;
}

/// A primary key that the same migration adds requires the column that was added without it.
std::optional<Verdict> required_by_key(const AddColumn& add, const Subject& subject) {
  const Table* after = subject.migration_end.table(add.table);
  const Column* left = after != nullptr ? after->column(add.column.name) : nullptr;
  const Constraint* key = after != nullptr ? after->primary_key() : nullptr;
  if (left == nullptr || key == nullptr || !left->default_value.empty() || left->identity)
    return std::nullopt;
  const Table* before = subject.before.table(add.table);
  if (before != nullptr && before->column(add.column.name) != nullptr) return std::nullopt;
  const std::vector<Identifier>& columns = key->definition.columns;
  if (std::find(columns.begin(), columns.end(), add.column.name) == columns.end()) return std::nullopt;
  Verdict verdict;
  verdict.object = object_of(add.table, add.column.name);
  verdict.message =
      "The new column " + column_of(add.table, add.column.name) +
      " becomes part of the primary key and has no default: every INSERT of the running release, "
      "which does not know the column, fails from then on";
  verdict.recipe = "add-primary-key";
  verdict.help = "Add the key when every running release writes the column";
  return about_table(subject, add.table, Matters::Anyway, std::move(verdict));
}

std::optional<Verdict> check(const AddColumn& add, const Subject& subject) {
  const ColumnDefinition& column = add.column;
  if (!is_required(column) && !fills_itself(column)) return required_by_key(add, subject);
  if (!is_required(column) || is_questioned(subject.questions, add.table, column.name)) return std::nullopt;
  const Table* table = subject.before.table(add.table);
  if (add.if_not_exists && table != nullptr && table->column(column.name) != nullptr) return std::nullopt;
  Verdict verdict;
  verdict.object = object_of(add.table, column.name);
  if (!fills_itself(column)) {
    verdict.message = "Adding the required column " + column_of(add.table, column.name) +
                      " without a default fails when the table has rows, and every INSERT of the running "
                      "release, which does not know "
                      "the column, fails from then on";
    verdict.help = "Add it nullable, fill it, and require it when every release writes it";
    return about_table(subject, add.table, Matters::Anyway, std::move(verdict));
  }
  // The default may be there only to get past the rows that exist.
  const Table* after = subject.migration_end.table(add.table);
  const Column* left = after != nullptr ? after->column(column.name) : nullptr;
  if (left == nullptr || column.default_value.empty() || !left->default_value.empty() || !left->not_null ||
      left->identity) {
    return std::nullopt;
  }
  verdict.message = "The required column " + column_of(add.table, column.name) +
                    " loses its default in the same migration: every INSERT of the running release, which "
                    "does not know the column, fails";
  verdict.help = "Keep the default until every running release writes the column";
  return about_table(subject, add.table, Matters::Anyway, std::move(verdict));
}

}  // namespace

extern const Rule required_column;
const Rule required_column{.id = "required-column",
                           .summary = "A new column that must have a value, and nothing that gives it one",
                           .severity = Severity::Error,
                           .category = Category::Fails,
                           .recipe = "required-column",
                           .check = on<check>};

}  // namespace planner::rules
