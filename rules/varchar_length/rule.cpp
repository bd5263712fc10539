#include "rules/about.h"

namespace planner::rules {
namespace {

std::vector<Verdict> check(const Subject& subject) {
  std::vector<Verdict> verdicts;
  for_each_new_column(
      subject.intention.operation, [&](const TableName& table, const ColumnDefinition& column) {
        if (!column.type.is("varchar") || column.type.modifiers.empty()) return;
        Verdict verdict;
        verdict.object = object_of(table, column.name);
        verdict.message =
            column_of(table, column.name) + " is " + display(column.type) +
            ": a shorter limit later rewrites the table, and the limit cannot be kept for new rows only";
        verdict.help = "Use text with a CHECK on its length, which can be added NOT VALID and validated";
        verdicts.push_back(std::move(verdict));
      });
  return verdicts;
}

}  // namespace

extern const Rule varchar_length;
const Rule varchar_length{.id = "varchar-length",
                          .summary = "A length limit that lives in the type",
                          .severity = Severity::Info,
                          .category = Category::Hygiene,
                          .opt_in = true,
                          .check = check};

}  // namespace planner::rules
