#include <algorithm>

#include "rules/about.h"

namespace planner::rules {
namespace {

bool scans_for_not_null(const Effects& effects, const std::vector<TableName>& family) {
  return scans_any(effects, family, ScanReason::NotNull);
}

std::optional<Verdict> check(const SetNotNull& required, const Subject& subject) {
  const Table* table = subject.before.table(required.table);
  const Column* column = table != nullptr ? table->column(required.column) : nullptr;
  if (column != nullptr && column->not_null) return std::nullopt;
  // A column that came with this deployment is used by nobody yet, but its rows still have to be read.
  const std::vector<TableName> family = family_of(subject.before, required.table);
  const bool proven_alone = table != nullptr && !scans_for_not_null(subject.own, family);
  Verdict verdict;
  verdict.object = object_of(required.table, required.column);
  if (proven_alone && !scans_for_not_null(subject.effects, family)) return std::nullopt;
  if (proven_alone && table != nullptr && subject.before.not_null_proven(*table, required.column)) {
    verdict.message = "SET NOT NULL on " + column_of(required.table, required.column) +
                      " reads every row while nobody can read or write the table: the CHECK that proves it "
                      "is dropped in the same ALTER "
                      "TABLE, and PostgreSQL drops first";
    verdict.help = "Drop the CHECK in a statement of its own, after this one";
    verdict.splittable = false;
    return about_table(subject, required.table, Matters::Size, std::move(verdict));
  }
  verdict.message = "SET NOT NULL on " + column_of(required.table, required.column) +
                    " reads every row while nobody can read or write the table, and fails if one is NULL";
  verdict.help = "Let a validated CHECK prove it first";
  if (subject.intention.evidence) {
    for (const std::string& reason : subject.intention.evidence->reasons) verdict.notes.push_back(reason);
  }
  if (column != nullptr && column->default_value.empty() && !column->is_new) {
    verdict.notes.push_back("the running release must not write NULL into it any more");
  }
  return about_table(subject, required.table, Matters::Size, std::move(verdict));
}

}  // namespace

extern const Rule set_not_null;
const Rule set_not_null{.id = "set-not-null",
                        .summary = "SET NOT NULL reads the whole table while nobody can use it",
                        .severity = Severity::Error,
                        .category = Category::Blocks,
                        .recipe = "set-not-null",
                        .check = on<check>};

}  // namespace planner::rules
