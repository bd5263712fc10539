#include "rules/about.h"

namespace planner::rules {
namespace {

std::vector<Verdict> check(const MigrationSubject& subject) {
  std::vector<Verdict> verdicts;
  bool open = false;
  std::size_t opened = 0;
  for (std::size_t i = 0; i < subject.file.statements.size(); ++i) {
    for (const Operation& operation : subject.file.statements[i].operations) {
      const auto* transaction = std::get_if<Transaction>(&operation);
      if (transaction == nullptr) continue;
      switch (transaction->action) {
        case TransactionAction::Begin:
          if (open) {
            Verdict verdict;
            verdict.at = SourceRef{i, 0, -1};
            verdict.severity = Severity::Warning;
            verdict.message =
                "BEGIN inside a transaction begins nothing: the first COMMIT ends the outer transaction, and "
                "what follows "
                "is no longer undone together with the rest when it fails";
            verdict.help = "Remove it";
            verdicts.push_back(std::move(verdict));
            break;
          }
          open = true;
          opened = i;
          break;
        case TransactionAction::Commit:
        case TransactionAction::Rollback: {
          const bool rollback = transaction->action == TransactionAction::Rollback;
          if (rollback || !open) {
            Verdict verdict;
            verdict.at = SourceRef{i, 0, -1};
            verdict.severity = rollback ? Severity::Error : Severity::Warning;
            verdict.message =
                rollback
                    ? "ROLLBACK takes back what the migration did so far, and the tool records it as applied"
                    : "COMMIT without BEGIN ends the transaction the tool may have opened: what follows is "
                      "no longer "
                      "undone together with the rest when it fails";
            verdict.help = "Remove it";
            verdicts.push_back(std::move(verdict));
          }
          open = transaction->chain;
          break;
        }
        default:
          break;
      }
    }
  }
  if (open) {
    Verdict verdict;
    verdict.at = SourceRef{opened, 0, -1};
    verdict.message =
        "BEGIN without COMMIT: the tool reports success, and when it disconnects PostgreSQL takes everything "
        "back, later "
        "migrations and the tool's own record included";
    verdict.help = "End the file with COMMIT, or leave BEGIN out";
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

}  // namespace

extern const Rule unbalanced_transaction;
const Rule unbalanced_transaction{
    .id = "unbalanced-transaction",
    .summary = "BEGIN without COMMIT, COMMIT without BEGIN, or ROLLBACK in a migration",
    .severity = Severity::Error,
    .category = Category::Fails,
    .check_migration = check};

}  // namespace planner::rules
