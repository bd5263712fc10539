#include <algorithm>

#include "rules/about.h"

namespace planner::rules {
namespace {

bool has_capitals(const std::string& name) {
  return std::any_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

std::vector<Verdict> check(const Subject& subject) {
  std::vector<Verdict> verdicts;
  const auto add = [&](const std::string& object, const Identifier& name) {
    if (!has_capitals(name.str())) return;
    Verdict verdict;
    verdict.object = object;
    verdict.message = "\"" + name.str() + "\" holds capitals: it has to be quoted wherever it is named";
    verdict.help = "Use lower case with underscores (Prisma: @map and @@map)";
    verdicts.push_back(std::move(verdict));
  };
  if (const auto* create = std::get_if<CreateTable>(&subject.intention.operation))
    add(display(create->table), create->table.name);
  for_each_new_column(subject.intention.operation,
                      [&](const TableName& table, const ColumnDefinition& column) {
                        add(object_of(table, column.name), column.name);
                      });
  return verdicts;
}

}  // namespace

extern const Rule mixed_case_name;
const Rule mixed_case_name{.id = "mixed-case-name",
                           .summary = "A name that must always be quoted",
                           .severity = Severity::Info,
                           .category = Category::Hygiene,
                           .opt_in = true,
                           .check = check};

}  // namespace planner::rules
