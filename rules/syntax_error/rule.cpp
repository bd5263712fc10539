#include "rules/about.h"

namespace planner::rules {
namespace {

std::vector<Verdict> check(const MigrationSubject& subject) {
  std::vector<Verdict> verdicts;
  for (std::size_t i = 0; i < subject.file.statements.size(); ++i) {
    const Statement& statement = subject.file.statements[i];
    Verdict verdict;
    verdict.at = SourceRef{i, 0, -1};
    switch (statement.problem) {
      case ParseProblem::None:
      case ParseProblem::NewerSyntax:
        continue;
      case ParseProblem::Syntax:
        verdict.message = "PostgreSQL does not parse this statement: " + statement.error;
        verdict.help = "Correct it; the rest of the file was analysed without it";
        break;
      case ParseProblem::PsqlCommand:
        if (subject.tool == Tool::Psql) continue;
        verdict.message =
            "This is a command of psql; no server and no other tool knows it, and the migration fails";
        verdict.help = "Write it as SQL";
        break;
      case ParseProblem::CopyData:
        if (subject.tool == Tool::Psql) continue;
        verdict.message =
            "Only psql can send data behind COPY ... FROM STDIN; sent by another tool the migration fails";
        verdict.help = "Write the rows as INSERT";
        break;
      case ParseProblem::InvalidText:
        verdict.message = "PostgreSQL refuses this text: " + statement.error;
        verdict.help = "Save the file as UTF-8 without a byte order mark";
        break;
    }
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

}  // namespace

extern const Rule syntax_error;
const Rule syntax_error{.id = "syntax-error",
                        .summary = "A statement that PostgreSQL does not parse",
                        .severity = Severity::Error,
                        .category = Category::Fails,
                        .check_migration = check};

}  // namespace planner::rules
