#include <algorithm>

#include "rules/planners.h"

namespace planner::rules {
namespace {

/// What PostgreSQL silently drops together with a column.
std::vector<std::string> gone_with(const Table& table, const Identifier& column) {
  std::vector<std::string> gone;
  const auto holds = [&](const std::vector<Identifier>& columns) {
    return std::find(columns.begin(), columns.end(), column) != columns.end();
  };
  for (const Constraint& constraint : table.constraints) {
    const ConstraintDefinition& definition = constraint.definition;
    const bool only_check = definition.kind == ConstraintKind::Check && definition.expression &&
                            definition.expression.mentions(column);
    if (definition.kind != ConstraintKind::NotNull && (holds(definition.columns) || only_check)) {
      gone.push_back("constraint \"" + definition.name.str() + "\"");
    }
  }
  for (const Index& index : table.indexes) {
    if (!index.constraint.empty()) continue;
    bool uses = holds(index.included) || (index.predicate && index.predicate.mentions(column));
    for (const IndexElement& element : index.elements) {
      uses = uses || element.column == column || (element.expression && element.expression.mentions(column));
    }
    if (uses) gone.push_back("index \"" + index.name.name.str() + "\"");
  }
  return gone;
}

std::optional<Verdict> check(const DropColumn& drop, const Subject& subject) {
  if (is_questioned(subject.questions, drop.table, drop.column)) return std::nullopt;
  if (is_new_column(subject.before, drop.table, drop.column)) return std::nullopt;
  if (is_planners(drop.column)) return std::nullopt;
  const Table* table = subject.before.table(drop.table);
  if (table != nullptr && table->certainty == Certainty::Known && table->column(drop.column) == nullptr)
    return std::nullopt;
  Verdict verdict;
  verdict.object = object_of(drop.table, drop.column);
  verdict.message = "Dropping " + column_of(drop.table, drop.column) +
                    " loses its values, and every running application that still names the column fails from "
                    "this statement on";
  verdict.help = "Drop it when no running release names it any more, with the values kept for the way back";
  if (table != nullptr) {
    const std::vector<std::string> gone = gone_with(*table, drop.column);
    if (!gone.empty()) verdict.notes.push_back("PostgreSQL silently drops with it: " + join_words(gone));
  }
  if (drop.cascade == Cascade::Cascade) {
    const std::vector<ObjectName> views = subject.before.views_reading(drop.table, drop.column);
    if (!views.empty())
      verdict.notes.push_back("CASCADE also drops the views that read it: " + list_of(views));
  }
  return about_table(subject, drop.table, Matters::Anyway, std::move(verdict));
}

}  // namespace

extern const Rule drop_column;
const Rule drop_column{
    .id = "drop-column",
    .summary = "A dropped column breaks the release that still names it, and its values are gone",
    .severity = Severity::Error,
    .category = Category::LosesData,
    .recipe = "drop-column",
    .check = on<check>};

}  // namespace planner::rules
