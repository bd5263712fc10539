#include "rules/about.h"

namespace planner::rules {
namespace {

std::vector<Verdict> check(const MigrationSubject& subject) {
  std::vector<Verdict> verdicts;
  for (std::size_t i = 0; i < subject.file.statements.size(); ++i) {
    const Statement& statement = subject.file.statements[i];
    if (statement.problem == ParseProblem::NewerSyntax) {
      Verdict verdict;
      verdict.at = SourceRef{i, 0, -1};
      verdict.message =
          "This statement needs a newer PostgreSQL than planner reads (15): it was not looked at";
      verdict.help = "Judge it by hand";
      verdicts.push_back(std::move(verdict));
      continue;
    }
    if (statement.problem != ParseProblem::None) continue;
    for (std::size_t j = 0; j < statement.operations.size(); ++j) {
      const auto* unknown = std::get_if<Unrecognized>(&statement.operations[j]);
      if (unknown == nullptr) continue;
      Verdict verdict;
      verdict.at = SourceRef{i, j, -1};
      verdict.message = (unknown->what.empty() ? std::string("This statement") : unknown->what) +
                        " was not looked at: planner does not follow it";
      if (!unknown->may_touch.empty()) {
        verdict.message +=
            ", and what it does to " + list_of(unknown->may_touch) + " is not known from here on";
        verdict.severity = Severity::Warning;
      } else {
        verdict.severity = Severity::Info;
      }
      verdict.help = "Judge it by hand";
      verdicts.push_back(std::move(verdict));
    }
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
