#include "rules/about.h"

namespace planner::rules {
namespace {

std::vector<Verdict> check(const MigrationSubject& subject) {
  std::vector<Verdict> verdicts;
  for (std::size_t i = 0; i < subject.file.statements.size(); ++i) {
    if (subject.file.statements[i].problem != ParseProblem::NewerSyntax) continue;
    Verdict verdict;
    verdict.at = SourceRef{i, 0, -1};
    verdict.message = "This statement needs a newer PostgreSQL than planner reads (15): it was not looked at";
    verdict.help = "Judge it by hand";
    verdicts.push_back(std::move(verdict));
  }
  for (const Intention& intention : subject.intentions) {
    const auto* unknown = std::get_if<Unrecognized>(&intention.operation);
    if (unknown == nullptr) continue;
    const SourceRef at = intention.sources.front();
    if (subject.file.statements[at.statement].problem != ParseProblem::None) continue;
    Verdict verdict;
    verdict.at = at;
    if (unknown->dynamic) {
      verdict.message = "SQL that is put together at run time was not looked at";
    } else {
      verdict.message = (unknown->what.empty() ? std::string("This statement") : unknown->what) +
                        " was not looked at: planner does not follow it";
    }
    if (!unknown->may_touch.empty()) {
      verdict.message += "; what it does to " + list_of(unknown->may_touch) + " is not known from here on";
    } else if (!unknown->dynamic) {
      verdict.severity = Severity::Info;
    }
    verdict.help = "Judge it by hand";
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

}  // namespace

extern const Rule not_understood;
const Rule not_understood{.id = "not-understood",
                          .summary = "A statement that planner does not follow and did not judge",
                          .severity = Severity::Warning,
                          .category = Category::Hygiene,
                          .check_migration = check};

}  // namespace planner::rules
