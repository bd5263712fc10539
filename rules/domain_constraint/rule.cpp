#include <algorithm>

#include "rules/about.h"

namespace planner::rules {
namespace {

std::optional<Verdict> check(const AlterDomain& op, const Subject& subject) {
  std::vector<ObjectName> tables;
  for (const Scan& scan : subject.own.scans) {
    if (!is_new(subject.before, scan.relation) &&
        std::find(tables.begin(), tables.end(), scan.relation) == tables.end())
      tables.push_back(scan.relation);
  }
  if (tables.empty()) return std::nullopt;
  Verdict verdict;
  verdict.object = display(op.domain);
  verdict.message = "Changing the domain " + name_of(op.domain) + " reads every row of " + list_of(tables) +
                    " while nobody can write to " + (tables.size() == 1 ? "it" : "them");
  verdict.help = op.change == DomainChange::AddConstraint
                     ? "Add the constraint NOT VALID: it holds for new values at once; validating it later "
                       "takes the same lock"
                     : "Use a CHECK on the columns, added NOT VALID and validated";
  return about_table(subject, tables.front(), Matters::Size, std::move(verdict));
}

}  // namespace

extern const Rule domain_constraint;
const Rule domain_constraint{.id = "domain-constraint",
                             .summary = "A constraint on a domain is checked in every table that uses it",
                             .severity = Severity::Error,
                             .category = Category::Blocks,
                             .check = on<check>};

}  // namespace planner::rules
