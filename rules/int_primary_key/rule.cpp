#include "rules/about.h"

namespace planner::rules {
namespace {

std::vector<Verdict> check(const Subject& subject) {
  std::vector<Verdict> verdicts;
  for_each_new_column(
      subject.intention.operation, [&](const TableName& table, const ColumnDefinition& column) {
        const bool small = column.type.is("int4") || column.type.is("int2") || column.type.is("serial4") ||
                           column.type.is("serial2");
        const Table* end = subject.migration_end.table(table);
        const Constraint* key = end != nullptr ? end->primary_key() : nullptr;
        if (!small || key == nullptr || key->definition.columns != std::vector<Identifier>{column.name})
          return;
        Verdict verdict;
        verdict.object = object_of(table, column.name);
        verdict.message =
            "The primary key " + column_of(table, column.name) + " ends at " +
            (column.type.is("int2") || column.type.is("serial2") ? "32,767" : "2,147,483,647") +
            ": then every INSERT fails, and a wider type rewrites the table and all that reference it";
        verdict.help = "Use bigint";
        verdicts.push_back(std::move(verdict));
      });
  return verdicts;
}

}  // namespace

extern const Rule int_primary_key;
const Rule int_primary_key{.id = "int-primary-key",
                           .summary = "An integer primary key runs out of numbers",
                           .severity = Severity::Info,
                           .category = Category::Hygiene,
                           .opt_in = true,
                           .check = check};

}  // namespace planner::rules
