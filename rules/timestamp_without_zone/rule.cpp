#include "rules/about.h"

namespace planner::rules {
namespace {

std::vector<Verdict> check(const Subject& subject) {
  std::vector<Verdict> verdicts;
  for_each_new_column(
      subject.intention.operation, [&](const TableName& table, const ColumnDefinition& column) {
        if (!column.type.is("timestamp")) return;
        Verdict verdict;
        verdict.object = object_of(table, column.name);
        verdict.message = column_of(table, column.name) +
                          " is a timestamp without time zone: what moment it means depends on who reads it";
        verdict.help = "Use timestamptz";
        verdicts.push_back(std::move(verdict));
      });
  return verdicts;
}

}  // namespace

extern const Rule timestamp_without_zone;
const Rule timestamp_without_zone{.id = "timestamp-without-zone",
                                  .summary = "A timestamp without a time zone",
                                  .severity = Severity::Info,
                                  .category = Category::Hygiene,
                                  .opt_in = true,
                                  .check = check};

}  // namespace planner::rules
