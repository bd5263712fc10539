#include "rules/about.h"

namespace planner::rules {
namespace {

std::vector<Verdict> check(const MigrationSubject& subject) {
  std::vector<Verdict> verdicts;
  for (std::size_t i = 0; i < subject.file.statements.size(); ++i) {
    for (const Operation& operation : subject.file.statements[i].operations) {
      const auto* set = std::get_if<SetVariable>(&operation);
      const auto* transaction = std::get_if<Transaction>(&operation);
      const bool constraints =
          transaction != nullptr && transaction->action == TransactionAction::SetConstraints;
      if (!constraints && (set == nullptr || !set->local)) continue;
      const std::string what = constraints ? "SET CONSTRAINTS" : "SET LOCAL " + set->name;
      const auto has_no_effect = [&](const Delivered& delivery) {
        const TransactionGroup* group = group_of(delivery, i);
        return group != nullptr && (!group->in_block || group->statements.size() < 2);
      };
      const Delivered* idle = nullptr;
      bool always = true;
      for (const Delivered& delivery : subject.deliveries) {
        if (has_no_effect(delivery)) {
          if (idle == nullptr) idle = &delivery;
        } else {
          always = false;
        }
      }
      if (idle == nullptr) continue;
      Verdict verdict;
      verdict.at = SourceRef{i, 0, -1};
      verdict.object = constraints ? std::string() : set->name;
      verdict.message = what + (always ? " has no effect: " : " may have no effect: ") +
                        "it lasts to the end of its transaction, and this one holds nothing else";
      verdict.help =
          constraints
              ? "Put it and the statements it is for between BEGIN and COMMIT"
              : "Set it for the role that migrates (ALTER ROLE ... SET), or put both into one DO block with "
                "set_config(..., true)";
      if (!always && !idle->explanation.empty()) verdict.notes.push_back(idle->explanation);
      verdicts.push_back(std::move(verdict));
    }
  }
  return verdicts;
}

}  // namespace

extern const Rule set_local_no_effect;
const Rule set_local_no_effect{.id = "set-local-no-effect",
                               .summary = "SET LOCAL outside a transaction does nothing",
                               .severity = Severity::Warning,
                               .category = Category::Fails,
                               .check_migration = check};

}  // namespace planner::rules
