#include <algorithm>

#include "rules/about.h"

namespace planner::rules {
namespace {

std::vector<Identifier> columns_of(const Index& index) {
  std::vector<Identifier> columns;
  for (const IndexElement& element : index.elements) columns.push_back(element.column);
  return columns;
}

/// Is there still a unique index on exactly these columns when the migration is over?
bool still_unique(const Subject& subject, const TableName& name, const std::vector<Identifier>& columns) {
  const Table* table = subject.migration_end.table(name);
  if (table == nullptr) return true;  // the table is gone too
  std::vector<Identifier> wanted = columns;
  std::sort(wanted.begin(), wanted.end());
  return std::any_of(table->indexes.begin(), table->indexes.end(), [&](const Index& index) {
    std::vector<Identifier> found = columns_of(index);
    std::sort(found.begin(), found.end());
    return index.unique && !index.predicate && found == wanted;
  });
}

bool column_is_gone(const Subject& subject, const TableName& name, const std::vector<Identifier>& columns) {
  const Table* table = subject.migration_end.table(name);
  return table == nullptr || std::any_of(columns.begin(), columns.end(), [&](const Identifier& column) {
           return table->column(column) == nullptr;
         });
}

std::vector<Verdict> check(const Subject& subject) {
  TableName table;
  std::vector<Identifier> columns;
  std::string what;
  if (const auto* constraint = std::get_if<DropConstraint>(&subject.intention.operation)) {
    const Table* owner = subject.before.table(constraint->table);
    const Constraint* found = owner != nullptr ? owner->constraint(constraint->constraint) : nullptr;
    if (found == nullptr || (found->definition.kind != ConstraintKind::Unique &&
                             found->definition.kind != ConstraintKind::PrimaryKey))
      return {};
    table = constraint->table;
    columns = found->definition.columns;
    what = found->definition.kind == ConstraintKind::PrimaryKey ? "primary key" : "unique constraint";
  } else if (const auto* drop = std::get_if<DropIndex>(&subject.intention.operation)) {
    const Index* index = subject.before.index(drop->index);
    if (index == nullptr || !index->unique || index->predicate) return {};
    table = index->table;
    columns = columns_of(*index);
    what = "unique index";
  } else {
    return {};
  }
  if (columns.empty() || still_unique(subject, table, columns) || column_is_gone(subject, table, columns))
    return {};
  Verdict verdict;
  verdict.object = columns.size() == 1 ? object_of(table, columns.front()) : display(table);
  verdict.message =
      "Without the " + what + " on " + list_of(columns) + " of " + name_of(table) +
      ", INSERT ... ON CONFLICT and the upserts of the running release fail, and duplicates can come in";
  verdict.help = "Drop it when no running release relies on it any more";
  std::vector<Verdict> verdicts;
  if (auto fitted = about_table(subject, table, Matters::Anyway, std::move(verdict)))
    verdicts.push_back(std::move(*fitted));
  return verdicts;
}

}  // namespace

extern const Rule drop_unique;
const Rule drop_unique{.id = "drop-unique",
                       .summary = "Uniqueness that the running release may rely on is given up",
                       .severity = Severity::Warning,
                       .category = Category::BreaksRelease,
                       .recipe = "drop-constraint",
                       .check = check};

}  // namespace planner::rules
