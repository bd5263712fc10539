#include "rules/about.h"

namespace planner::rules {
namespace {

std::vector<Verdict> check(const Subject& subject) {
  std::vector<Verdict> verdicts;
  if (const auto* owner = std::get_if<ChangeOwner>(&subject.intention.operation)) {
    if (owner->kind != ObjectKind::Table || subject.before.table(owner->name) == nullptr) return verdicts;
    Verdict verdict;
    verdict.object = display(owner->name);
    verdict.message = "With another owner, the running release may lose its rights on " +
                      name_of(owner->name) + ", and the next migration may no longer change it";
    verdict.help = "Grant what is needed before the owner changes";
    if (auto fitted = about_table(subject, owner->name, Matters::Anyway, std::move(verdict)))
      verdicts.push_back(std::move(*fitted));
  } else if (const auto* grant = std::get_if<Grant>(&subject.intention.operation)) {
    if (!grant->revoke || grant->role_membership || grant->kind != ObjectKind::Table) return verdicts;
    std::vector<ObjectName> tables;
    for (const ObjectName& object : grant->objects) {
      if (!is_new(subject.before, object)) tables.push_back(object);
    }
    if (tables.empty() && !grant->all_in_schema) return verdicts;
    Verdict verdict;
    verdict.object = tables.empty() ? std::string() : display(tables.front());
    verdict.message = "REVOKE takes rights on " +
                      (tables.empty() ? std::string("every table of a schema") : list_of(tables)) +
                      " away at once, also from the running release";
    verdict.help = "Revoke when no running release needs them any more";
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

}  // namespace

extern const Rule access_change;
const Rule access_change{.id = "access-change",
                         .summary = "The running release may lose its rights",
                         .severity = Severity::Warning,
                         .category = Category::BreaksRelease,
                         .check = check};

}  // namespace planner::rules
