#include <algorithm>

#include "rules/about.h"

namespace planner::rules {
namespace {

/// What other rules say better.
bool said_elsewhere(const std::string& sqlstate) {
  return sqlstate == "25001" || sqlstate == "55P04" || sqlstate == "23502";
}

/// Names of objects that a gap in the history could have made: no proof that the statement fails.
bool about_an_unknown_relation(const std::string& sqlstate) {
  return sqlstate == "42P01" || sqlstate == "3F000" || sqlstate.empty();
}

std::vector<Verdict> check(const MigrationSubject& subject) {
  std::vector<Verdict> verdicts;
  std::vector<std::size_t> told;
  const auto add = [&](std::size_t statement, const std::string& message, bool sure) {
    if (std::find(told.begin(), told.end(), statement) != told.end()) return;
    told.push_back(statement);
    Verdict verdict;
    verdict.at = SourceRef{statement, 0, -1};
    const ObjectName* target = subject.file.statements[statement].operations.empty()
                                   ? nullptr
                                   : target_relation(subject.file.statements[statement].operations.front());
    verdict.object = target != nullptr ? display(*target) : std::string();
    verdict.message = "PostgreSQL refuses this statement: " + message;
    verdict.help = "Correct it";
    if (!sure) {
      verdict.severity = Severity::Warning;
      verdict.notes.push_back(
          "planner knows the schema only from the migrations: a statement it could not follow may have "
          "changed it");
    }
    verdicts.push_back(std::move(verdict));
  };
  const bool whole_history = subject.start.gaps.empty();
  for (const StatementProblem& problem : subject.problems) {
    if (said_elsewhere(problem.problem.sqlstate) || about_an_unknown_relation(problem.problem.sqlstate))
      continue;
    add(problem.statement, problem.problem.message, whole_history || subject.start.from_database);
  }
  for (std::size_t i = 0; i < subject.statement_effects.size(); ++i) {
    const bool is_type_change = std::any_of(
        subject.file.statements[i].operations.begin(), subject.file.statements[i].operations.end(),
        [](const Operation& operation) { return std::holds_alternative<ChangeType>(operation); });
    for (const Failure& failure : subject.statement_effects[i].failures) {
      if (failure.only_with_rows || failure.depends_on_data || said_elsewhere(failure.sqlstate) ||
          about_an_unknown_relation(failure.sqlstate) || is_type_change) {
        continue;
      }
      add(i, failure.message, whole_history || subject.start.from_database);
    }
  }
  return verdicts;
}

}  // namespace

extern const Rule statement_refused;
const Rule statement_refused{.id = "statement-refused",
                             .summary = "A statement that PostgreSQL refuses on the schema it meets",
                             .severity = Severity::Error,
                             .category = Category::Fails,
                             .check_migration = check};

}  // namespace planner::rules
