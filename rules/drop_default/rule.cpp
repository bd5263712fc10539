#include "rules/about.h"

namespace planner::rules {
namespace {

bool has_default(const Column& column) {
  return !column.default_value.empty() && !column.default_value.facts().is_null_constant;
}

template <typename Op>
std::optional<Verdict> judge(const Op& op, const Subject& subject) {
  const Table* table = subject.before.table(op.table);
  const Column* column = table != nullptr ? table->column(op.column) : nullptr;
  if (column == nullptr || !has_default(*column) || !column->not_null || column->is_new) return std::nullopt;
  const Table* after = subject.migration_end.table(op.table);
  const Column* left = after != nullptr ? after->column(op.column) : nullptr;
  if (left == nullptr || has_default(*left) || left->identity || !left->not_null) return std::nullopt;
  Verdict verdict;
  verdict.object = object_of(op.table, op.column);
  verdict.message = "Without its default, " + column_of(op.table, op.column) +
                    " must be given by every INSERT: those of the running release that leave it out fail";
  verdict.help = "Keep the default until every running release writes the column";
  return about_table(subject, op.table, Matters::Anyway, std::move(verdict));
}

std::vector<Verdict> check(const Subject& subject) {
  std::optional<Verdict> verdict;
  if (const auto* drop = std::get_if<DropDefault>(&subject.intention.operation))
    verdict = judge(*drop, subject);
  const auto* set = std::get_if<SetDefault>(&subject.intention.operation);
  if (set != nullptr && set->value.facts().is_null_constant) verdict = judge(*set, subject);
  std::vector<Verdict> verdicts;
  if (verdict) verdicts.push_back(std::move(*verdict));
  return verdicts;
}

}  // namespace

extern const Rule drop_default;
const Rule drop_default{
    .id = "drop-default",
    .summary = "A required column loses its default while the running release may rely on it",
    .severity = Severity::Warning,
    .category = Category::BreaksRelease,

    .check = check};

}  // namespace planner::rules
