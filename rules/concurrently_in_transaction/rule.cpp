#include "planner/delivery.h"
#include "rules/about.h"

namespace planner::rules {
namespace {

/// Why the statement cannot run with others or in a transaction block; empty when it can.
std::string needs_to_be_alone(const Statement& statement, const Effects& effects) {
  if (statement.operations.empty()) return {};
  const Operation& operation = statement.operations.front();
  if (const auto* block = std::get_if<std::shared_ptr<const DoBlock>>(&operation)) {
    return *block != nullptr && (*block)->commits ? "A DO block that commits" : std::string();
  }
  if (!effects.outside_transaction) return {};
  return std::visit(
      [](const auto& op) -> std::string {
        using Op = std::decay_t<decltype(op)>;
        if constexpr (std::is_same_v<Op, CreateIndex>) return "CREATE INDEX CONCURRENTLY";
        if constexpr (std::is_same_v<Op, DropIndex>) return "DROP INDEX CONCURRENTLY";
        if constexpr (std::is_same_v<Op, Reindex>) return "REINDEX CONCURRENTLY";
        if constexpr (std::is_same_v<Op, DetachPartition>) return "DETACH PARTITION CONCURRENTLY";
        if constexpr (std::is_same_v<Op, Vacuum>) return "VACUUM";
        return "This statement";
      },
      operation);
}

bool is_concurrent(const Operation& operation) {
  return std::visit(
      [](const auto& op) {
        if constexpr (requires { op.concurrently; }) {
          return op.concurrently && !std::is_same_v<std::decay_t<decltype(op)>, RefreshMaterializedView>;
        }
        return false;
      },
      operation);
}

std::vector<Verdict> check(const MigrationSubject& subject) {
  std::vector<Verdict> verdicts;
  for (std::size_t i = 0; i < subject.file.statements.size(); ++i) {
    const std::string what = needs_to_be_alone(subject.file.statements[i], subject.statement_effects[i]);
    if (what.empty()) continue;
    const Delivered* refused = nullptr;
    bool always = true;
    for (const Delivered& delivery : subject.deliveries) {
      const TransactionGroup* group = group_of(delivery, i);
      const bool in_block = group != nullptr && group->in_block;
      if (in_block && refused == nullptr) refused = &delivery;
      always = always && in_block;
    }
    if (refused == nullptr) continue;
    Verdict verdict;
    verdict.at = SourceRef{i, 0, -1};
    const ObjectName* target = target_relation(subject.file.statements[i].operations.front());
    verdict.object = target != nullptr ? display(*target) : std::string();
    verdict.message = what + " cannot run inside a transaction, and this file " +
                      (always ? "is sent in one" : "may be sent in one") + ": the migration " +
                      (always ? "fails" : "may fail");
    verdict.help = "Put the statement alone into a migration of its own";
    if (!always) verdict.severity = Severity::Warning;
    if (!refused->explanation.empty()) verdict.notes.push_back(refused->explanation);
    verdicts.push_back(std::move(verdict));
  }
  const auto mixed = subject.tool == Tool::Flyway ? flyway_refuses_at(subject.file) : std::nullopt;
  if (mixed && verdicts.empty()) {
    Verdict verdict;
    verdict.at = SourceRef{*mixed, 0, -1};
    verdict.severity = Severity::Warning;
    verdict.message =
        "Flyway refuses a file in which some statements can run in a transaction and others cannot, unless "
        "its "
        "setting \"mixed\" is true";
    verdict.help = "Put the statement that needs no transaction alone into a migration of its own";
    verdicts.push_back(std::move(verdict));
  }
  for (const Intention& intention : subject.intentions) {
    const SourceRef& at = intention.sources.front();
    if (at.nested < 0 || !is_concurrent(intention.operation)) continue;
    Verdict verdict;
    verdict.at = at;
    const ObjectName* target = target_relation(intention.operation);
    verdict.object = target != nullptr ? display(*target) : std::string();
    verdict.message = "CONCURRENTLY cannot run inside a DO block, whoever sends it: the migration fails";
    verdict.help = "Put the statement alone into a migration of its own";
    verdict.splittable = false;
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

}  // namespace

extern const Rule concurrently_in_transaction;
const Rule concurrently_in_transaction{
    .id = "concurrently-in-transaction",
    .summary = "A statement that cannot run in a transaction, in a file that is sent as one",
    .severity = Severity::Error,
    .category = Category::Fails,
    .recipe = "session",
    .check_migration = check};

}  // namespace planner::rules
