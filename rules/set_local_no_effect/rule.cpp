#include <algorithm>

#include "rules/about.h"
#include "rules/settings.h"

namespace planner::rules {
namespace {

/// SET, BEGIN, COMMIT, ...: nothing that a setting could be for.
bool only_sets_up(const Operation& operation) {
  return std::holds_alternative<Transaction>(operation) || !settings_of(operation).empty();
}

/// Does the setting end before any other statement of its transaction runs? SET CONSTRAINTS also counts for
/// those before it.
bool has_no_effect(const MigrationSubject& subject, const TransactionGroup& group, std::size_t at,
                   bool constraints) {
  if (!group.in_block) return true;
  if (constraints) return group.statements.size() < 2;
  return std::none_of(group.statements.begin(), group.statements.end(), [&](std::size_t i) {
    const std::vector<Operation>& operations = subject.file.statements[i].operations;
    return i > at && !std::all_of(operations.begin(), operations.end(), only_sets_up);
  });
}

/// What lasts to the end of the transaction only: as the statement says it, and the setting's name.
struct Local {
  std::string said;
  std::string name;  ///< empty: SET CONSTRAINTS
};

std::vector<Local> locals_of(const Operation& operation) {
  const auto* transaction = std::get_if<Transaction>(&operation);
  if (transaction != nullptr && transaction->action == TransactionAction::SetConstraints)
    return {{"SET CONSTRAINTS", {}}};
  std::vector<Local> locals;
  for (const SetVariable& set : settings_of(operation)) {
    if (set.local) locals.push_back({display(set, operation), set.name});
  }
  return locals;
}

std::optional<Verdict> judge(const MigrationSubject& subject, std::size_t at, const Local& local) {
  const Delivered* idle = nullptr;
  bool always = true;
  for (const Delivered& delivery : subject.deliveries) {
    const TransactionGroup* group = group_of(delivery, at);
    if (group != nullptr && has_no_effect(subject, *group, at, local.name.empty())) {
      if (idle == nullptr) idle = &delivery;
    } else {
      always = false;
    }
  }
  if (idle == nullptr) return std::nullopt;
  Verdict verdict;
  verdict.at = SourceRef{at, 0, -1};
  verdict.object = local.name;
  verdict.message =
      local.said + (always ? " has no effect: " : " may have no effect: ") +
      "it lasts to the end of its transaction, and " +
      (local.name.empty() ? "this one holds nothing else" : "no other statement follows it there");
  verdict.help =
      local.name.empty()
          ? "Put it and the statements it is for between BEGIN and COMMIT"
          : "Set it for the role that migrates (ALTER ROLE ... SET), or put both into one DO block with "
            "set_config(..., true)";
  if (!always && !idle->explanation.empty()) verdict.notes.push_back(idle->explanation);
  return verdict;
}

std::vector<Verdict> check(const MigrationSubject& subject) {
  std::vector<Verdict> verdicts;
  for (std::size_t i = 0; i < subject.file.statements.size(); ++i) {
    for (const Operation& operation : subject.file.statements[i].operations) {
      for (const Local& local : locals_of(operation)) {
        if (auto verdict = judge(subject, i, local)) verdicts.push_back(std::move(*verdict));
      }
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
