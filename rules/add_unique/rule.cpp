#include "rules/about.h"

namespace planner::rules {
namespace {

Verdict verdict_for(const TableName& table, const std::vector<Identifier>& columns) {
  Verdict verdict;
  verdict.object = columns.size() == 1 ? object_of(table, columns.front()) : display(table);
  verdict.message = "Adding a unique constraint on " + list_of(columns) + " of " + name_of(table) +
                    " builds its index while nobody can read or write the table, and fails if values repeat";
  verdict.help = "Build the unique index CONCURRENTLY, then add the constraint USING INDEX";
  return verdict;
}

std::vector<Verdict> check(const Subject& subject) {
  std::vector<Verdict> verdicts;
  const auto add = [&](const TableName& table, const std::vector<Identifier>& columns) {
    if (auto verdict = about_table(subject, table, Matters::Size, verdict_for(table, columns)))
      verdicts.push_back(std::move(*verdict));
  };
  if (const auto* unique = std::get_if<AddUnique>(&subject.intention.operation)) {
    // A partitioned table takes over the constraints that its partitions have.
    if (unique->constraint.using_index.empty() &&
        scans_any(subject.own, family_of(subject.before, unique->table)))
      add(unique->table, unique->constraint.columns);
  } else if (const auto* column = std::get_if<AddColumn>(&subject.intention.operation)) {
    for (const ConstraintDefinition& constraint : column->column.constraints) {
      if (constraint.kind == ConstraintKind::Unique) add(column->table, {column->column.name});
    }
  }
  return verdicts;
}

}  // namespace

extern const Rule add_unique;
const Rule add_unique{.id = "add-unique",
                      .summary = "ADD UNIQUE builds an index while nobody can use the table",
                      .severity = Severity::Error,
                      .category = Category::Blocks,
                      .recipe = "add-unique",
                      .check = check};

}  // namespace planner::rules
