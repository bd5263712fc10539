#include <algorithm>

#include "rules/about.h"

namespace planner::rules {
namespace {

std::vector<Verdict> check(const Subject& subject) {
  std::vector<Verdict> verdicts;
  const auto add = [&](const ObjectName& object, const char* clause) {
    Verdict verdict;
    verdict.object = display(object);
    verdict.message =
        "When the migration stops half-way and is run again, this statement fails on " + name_of(object);
    verdict.help = std::string("Add ") + clause;
    verdicts.push_back(std::move(verdict));
  };
  // Where the whole file is one transaction nothing is left half-done.
  const SourceRef at = subject.intention.sources.front();
  const bool alone =
      std::all_of(subject.deliveries.begin(), subject.deliveries.end(), [&](const Delivered& delivery) {
        const TransactionGroup* group = group_of(delivery, at.statement);
        return group != nullptr && group->statements.size() == subject.file.statements.size();
      });
  if (alone) return verdicts;
  const Operation& operation = subject.intention.operation;
  if (const auto* create = std::get_if<CreateTable>(&operation)) {
    if (!create->if_not_exists) add(create->table, "IF NOT EXISTS");
  } else if (const auto* drop = std::get_if<DropTable>(&operation)) {
    if (!drop->if_exists) add(drop->table, "IF EXISTS");
  } else if (const auto* column = std::get_if<AddColumn>(&operation)) {
    if (!column->if_not_exists) add(column->table, "IF NOT EXISTS");
  } else if (const auto* gone = std::get_if<DropColumn>(&operation)) {
    if (!gone->if_exists) add(gone->table, "IF EXISTS");
  } else if (const auto* index = std::get_if<DropIndex>(&operation)) {
    if (!index->if_exists) add(index->index, "IF EXISTS");
  }
  return verdicts;
}

}  // namespace

extern const Rule not_idempotent;
const Rule not_idempotent{.id = "not-idempotent",
                          .summary = "A statement that fails when the migration is run a second time",
                          .severity = Severity::Info,
                          .category = Category::Hygiene,
                          .opt_in = true,
                          .check = check};

}  // namespace planner::rules
