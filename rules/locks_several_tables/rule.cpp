#include <algorithm>

#include "rules/about.h"

namespace planner::rules {
namespace {

std::vector<Verdict> check(const MigrationSubject& subject) {
  for (const Delivered& delivery : subject.deliveries) {
    for (const TransactionGroup& group : delivery.groups) {
      std::vector<ObjectName> locked;
      std::size_t most_by_one = 0;
      std::optional<std::size_t> second;
      for (const std::size_t i : group.statements) {
        std::vector<ObjectName> here;
        for (const RelationLock& lock :
             felt_locks(subject.statement_effects[i], *subject.before_statement[i])) {
          if (lock.kind != LockedKind::Table || lock.mode < LockMode::ShareRowExclusive) continue;
          here.push_back(lock.relation);
        }
        const std::size_t before = locked.size();
        for (const ObjectName& relation : here) {
          if (std::find(locked.begin(), locked.end(), relation) == locked.end()) locked.push_back(relation);
        }
        most_by_one = std::max(most_by_one, here.size());
        if (!second && before > 0 && locked.size() > before) second = i;
      }
      // A single statement that needs two tables cannot be taken apart.
      if (!second || locked.size() <= most_by_one || locked.size() < 2) continue;
      Verdict verdict;
      verdict.at = SourceRef{*second, 0, -1};
      verdict.object = display(locked.front());
      verdict.message = "From here on one transaction holds strong locks on " + list_of(locked) +
                        ": while it waits for one, everyone waits for the others, and an application that "
                        "uses them in another order "
                        "runs into a deadlock";
      verdict.help = "Give each table its own migration";
      if (subject.deliveries.size() > 1) verdict.notes.push_back(delivery.explanation);
      std::vector<Verdict> one;
      one.push_back(std::move(verdict));
      return one;
    }
  }
  return {};
}

}  // namespace

extern const Rule locks_several_tables;
const Rule locks_several_tables{.id = "locks-several-tables",
                                .summary = "One transaction that locks several tables",
                                .severity = Severity::Warning,
                                .category = Category::Blocks,
                                .check_migration = check};

}  // namespace planner::rules
