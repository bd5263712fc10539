#include <algorithm>

#include "rules/about.h"

namespace planner::rules {
namespace {

std::optional<Verdict> verdict_for(const TableName& table, const ConstraintDefinition& key,
                                   const Subject& subject) {
  Verdict verdict;
  verdict.object = display(table);
  if (!key.using_index.empty()) {
    const bool scans = std::any_of(subject.own.scans.begin(), subject.own.scans.end(), [&](const Scan& scan) {
      return scan.relation == table && scan.reason == ScanReason::NotNull;
    });
    if (!scans) return std::nullopt;
    verdict.message =
        "Adding the primary key of " + name_of(table) + " from the index \"" + key.using_index.str() +
        "\" reads every row while nobody can read or write the table, because a column of it may be NULL";
    verdict.help = "Make its columns NOT NULL first, through a validated CHECK";
    return verdict;
  }
  // A partitioned table takes over the keys that its partitions have.
  if (!scans_any(subject.own, family_of(subject.before, table))) return std::nullopt;
  verdict.message = "Adding a primary key on " + list_of(key.columns) + " of " + name_of(table) +
                    " builds its index while nobody can read or write the table";
  verdict.help = "Build a unique index CONCURRENTLY, then add the primary key USING INDEX";
  return verdict;
}

std::vector<Verdict> check(const Subject& subject) {
  std::vector<Verdict> verdicts;
  const auto add = [&](const TableName& table, const ConstraintDefinition& key) {
    std::optional<Verdict> verdict = verdict_for(table, key, subject);
    if (verdict) verdict = about_table(subject, table, Matters::Size, std::move(*verdict));
    if (verdict) verdicts.push_back(std::move(*verdict));
  };
  if (const auto* primary = std::get_if<AddPrimaryKey>(&subject.intention.operation)) {
    add(primary->table, primary->constraint);
  } else if (const auto* column = std::get_if<AddColumn>(&subject.intention.operation)) {
    for (const ConstraintDefinition& constraint : column->column.constraints) {
      if (constraint.kind != ConstraintKind::PrimaryKey) continue;
      ConstraintDefinition key = constraint;
      key.columns = {column->column.name};
      add(column->table, key);
    }
  }
  return verdicts;
}

}  // namespace

extern const Rule add_primary_key;
const Rule add_primary_key{
    .id = "add-primary-key",
    .summary = "ADD PRIMARY KEY builds an index, or reads every row, while nobody can use the table",
    .severity = Severity::Error,
    .category = Category::Blocks,
    .recipe = "add-primary-key",
    .check = check};

}  // namespace planner::rules
