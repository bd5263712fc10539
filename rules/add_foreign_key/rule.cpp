#include <algorithm>

#include "rules/about.h"
#include "rules/keys.h"

namespace planner::rules {
namespace {

bool validates(const Effects& effects) {
  return std::any_of(effects.scans.begin(), effects.scans.end(),
                     [](const Scan& scan) { return scan.reason == ScanReason::ForeignKey; });
}

std::optional<Verdict> verdict_for(const TableName& table, const std::vector<Identifier>& columns,
                                   const ConstraintDefinition& key, const Subject& subject) {
  if (key.not_valid || !validates(subject.own) || name_is_taken(subject.own)) return std::nullopt;
  const TableName& target = key.references.table;
  Verdict verdict;
  verdict.object = columns.size() == 1 ? object_of(table, columns.front()) : display(table);
  // The other parts of the statement may need a stronger lock than the key itself.
  const LockMode mode = std::max(subject.effects.lock_on(table), subject.own.lock_on(table));
  std::string who = blocks_reads(mode) ? "nobody can read or write " + name_of(table)
                                       : "nobody can write to " + name_of(table);
  if (target != table && !is_new(subject.before, target)) {
    const LockMode other = std::max(subject.effects.lock_on(target), subject.own.lock_on(target));
    who += blocks_reads(mode) == blocks_reads(other)
               ? " or " + name_of(target)
               : " and nobody can " + std::string(blocks_reads(other) ? "read or write " : "write to ") +
                     name_of(target);
  }
  verdict.message = "Adding a foreign key from " + list_of(columns) + " of " + name_of(table) + " to " +
                    name_of(target) + " checks every row while " + who;
  verdict.help = "Add it NOT VALID, and validate it in a migration of its own";
  // A column that came with this deployment is all NULL: nothing can be missing, but PostgreSQL reads every
  // row all the same.
  return verdict;
}

std::vector<Verdict> check(const Subject& subject) {
  std::vector<Verdict> verdicts;
  const auto add = [&](const TableName& table, const std::vector<Identifier>& columns,
                       const ConstraintDefinition& key) {
    std::optional<Verdict> verdict = verdict_for(table, columns, key, subject);
    if (verdict) verdict = about_table(subject, table, Matters::Size, std::move(*verdict));
    if (verdict) verdicts.push_back(std::move(*verdict));
  };
  if (const auto* foreign = std::get_if<AddForeignKey>(&subject.intention.operation)) {
    add(foreign->table, foreign->constraint.columns, foreign->constraint);
  } else if (const auto* column = std::get_if<AddColumn>(&subject.intention.operation)) {
    for (const ConstraintDefinition& constraint : column->column.constraints) {
      if (constraint.kind != ConstraintKind::ForeignKey) continue;
      ConstraintDefinition key = constraint;
      key.inline_of_column = true;
      add(column->table, {column->column.name}, key);
    }
  }
  return verdicts;
}

}  // namespace

extern const Rule add_foreign_key;
const Rule add_foreign_key{.id = "add-foreign-key",
                           .summary = "A foreign key that is checked at once stops writes to both tables",
                           .severity = Severity::Error,
                           .category = Category::Blocks,
                           .recipe = "add-foreign-key",
                           .check = check};

}  // namespace planner::rules
