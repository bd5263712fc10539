#include "rules/about.h"

namespace planner::rules {
namespace {

std::vector<Verdict> check(const Subject& subject) {
  // Intentions are qualified; what the file says stands in the statement itself.
  const SourceRef at = subject.intention.sources.front();
  if (at.nested >= 0) return {};
  const Operation& written = subject.file.statements[at.statement].operations[at.operation];
  const auto* create = std::get_if<CreateTable>(&written);
  if (create == nullptr || !create->table.schema.empty() || create->persistence == Persistence::Temporary)
    return {};
  Verdict verdict;
  verdict.object = display(create->table);
  verdict.message = "In which schema " + name_of(create->table) +
                    " is made depends on the search_path of whoever runs the migration";
  verdict.help = "Name the schema";
  std::vector<Verdict> one;
  one.push_back(std::move(verdict));
  return one;
}

}  // namespace

extern const Rule unqualified_name;
const Rule unqualified_name{.id = "unqualified-name",
                            .summary = "A table made in whatever schema comes first",
                            .severity = Severity::Info,
                            .category = Category::Hygiene,
                            .opt_in = true,
                            .check = check};

}  // namespace planner::rules
