#include <algorithm>

#include "rules/about.h"
#include "rules/keys.h"

namespace planner::rules {
namespace {

std::optional<Verdict> verdict_for(const TableName& table, const ConstraintDefinition& constraint,
                                   const Subject& subject) {
  const bool scans = std::any_of(subject.own.scans.begin(), subject.own.scans.end(), [&](const Scan& scan) {
    return scan.reason == ScanReason::Check || scan.reason == ScanReason::NotNull;
  });
  if (constraint.not_valid || !scans || name_is_taken(subject.own)) return std::nullopt;
  Verdict verdict;
  verdict.object = display(table) + (constraint.name.empty() ? std::string() : "." + constraint.name.str());
  verdict.message =
      "Adding " +
      (constraint.name.empty() ? std::string("a CHECK") : "the CHECK \"" + constraint.name.str() + "\"") +
      " to " + name_of(table) + " reads every row while nobody can read or write the table";
  verdict.help = "Add it NOT VALID, and validate it in a migration of its own";
  return about_table(subject, table, Matters::Size, std::move(verdict));
}

std::vector<Verdict> check(const Subject& subject) {
  std::vector<Verdict> verdicts;
  const auto add = [&](const TableName& table, const ConstraintDefinition& constraint) {
    if (auto verdict = verdict_for(table, constraint, subject)) verdicts.push_back(std::move(*verdict));
  };
  if (const auto* added = std::get_if<AddCheck>(&subject.intention.operation)) {
    add(added->table, added->constraint);
  } else if (const auto* column = std::get_if<AddColumn>(&subject.intention.operation)) {
    for (const ConstraintDefinition& constraint : column->column.constraints) {
      if (constraint.kind == ConstraintKind::Check) add(column->table, constraint);
    }
  }
  return verdicts;
}

}  // namespace

extern const Rule add_check;
const Rule add_check{
    .id = "add-check",
    .summary = "A CHECK that is verified at once reads every row while nobody can use the table",
    .severity = Severity::Error,
    .category = Category::Blocks,
    .recipe = "add-check",
    .check = check};

}  // namespace planner::rules
