#include <algorithm>

#include "rules/about.h"

namespace planner::rules {
namespace {

/// What the statement does that takes as long as the data is large; empty when it is a change of the
/// catalogue only.
std::string long_work(const Effects& effects, const Schema& met, const Statement& statement) {
  for (const ObjectName& relation : effects.rewrites) {
    if (!is_new(met, relation)) return "rewrites " + name_of(relation);
  }
  for (const Scan& scan : effects.scans) {
    if (is_new(met, scan.relation)) continue;
    if (scan.reason == ScanReason::IndexBuild) return "builds an index on " + name_of(scan.relation);
    return "reads every row of " + name_of(scan.relation);
  }
  for (const Operation& operation : statement.operations) {
    if (const auto* update = std::get_if<Update>(&operation)) {
      if (!is_new(met, update->table)) return "updates " + name_of(met.resolve_relation(update->table));
    }
    if (const auto* remove = std::get_if<Delete>(&operation)) {
      if (!is_new(met, remove->table)) return "deletes from " + name_of(met.resolve_relation(remove->table));
    }
    if (const auto* insert = std::get_if<Insert>(&operation)) {
      if (insert->from_query && !insert->source_tables.empty())
        return "copies rows into " + name_of(met.resolve_relation(insert->table));
    }
  }
  return {};
}

std::vector<Verdict> check(const MigrationSubject& subject) {
  std::vector<Verdict> verdicts;
  std::vector<bool> reported(subject.file.statements.size());
  for (const Delivered& delivery : subject.deliveries) {
    for (const TransactionGroup& group : delivery.groups) {
      std::vector<RelationLock> held;
      std::vector<std::size_t> held_since;
      for (const std::size_t i : group.statements) {
        const Schema& met = *subject.before_statement[i];
        const std::string work = long_work(subject.statement_effects[i], met, subject.file.statements[i]);
        if (!work.empty() && !held.empty() && !reported[i]) {
          const RelationLock& lock = held.front();
          reported[i] = true;
          Verdict verdict;
          verdict.at = SourceRef{i, 0, -1};
          verdict.object = display(lock.relation);
          verdict.message = "This statement " + work + " in the transaction that has locked " +
                            name_of(lock.relation) + " since line " +
                            std::to_string(position_of(subject.migration.text,
                                                       subject.file.statements[held_since.front()].span.begin)
                                               .line) +
                            ": until it is done, " + who_waits_on(lock.mode, lock.relation);
          verdict.help = "Put it into a migration of its own";
          if (subject.deliveries.size() > 1) verdict.notes.push_back(delivery.explanation);
          if (auto fitted = about_table(met, subject.settings, lock.relation, Matters::Anyway,
                                        Severity::Error, std::move(verdict))) {
            verdicts.push_back(std::move(*fitted));
          }
        }
        for (const RelationLock& lock : felt_locks(subject.statement_effects[i], met)) {
          if (lock.kind != LockedKind::Table) continue;
          const bool known = std::any_of(held.begin(), held.end(),
                                         [&](const RelationLock& h) { return h.relation == lock.relation; });
          if (known) continue;
          held.push_back(lock);
          held_since.push_back(i);
        }
      }
    }
  }
  return verdicts;
}

}  // namespace

extern const Rule lock_held;
const Rule lock_held{.id = "lock-held",
                     .summary = "Slow work in a transaction that already holds a strong lock",
                     .severity = Severity::Error,
                     .category = Category::Blocks,
                     .check_migration = check};

}  // namespace planner::rules
