#include <optional>

#include "rules/about.h"
#include "rules/settings.h"

namespace planner::rules {
namespace {

constexpr double kLongest = 10'000;

/// Does the file say how long a statement may wait for its lock, before statement `index`?
bool is_bounded(const MigrationSubject& subject, std::size_t index) {
  bool bounded = false;
  for (std::size_t i = 0; i < index; ++i) {
    for (const Operation& operation : subject.file.statements[i].operations) {
      if (std::holds_alternative<Discard>(operation)) bounded = false;
      for (const SetVariable& set : settings_of(operation)) {
        if (set.reset_all) bounded = false;
        if (set.name != "lock_timeout") continue;
        const std::optional<double> wait = milliseconds_of(set);
        bounded = wait && *wait > 0 && *wait <= kLongest;
      }
    }
  }
  return bounded;
}

std::vector<Verdict> check(const MigrationSubject& subject) {
  for (std::size_t i = 0; i < subject.statement_effects.size(); ++i) {
    const Schema& met = *subject.before_statement[i];
    for (const RelationLock& lock : felt_locks(subject.statement_effects[i], met)) {
      if (lock.kind != LockedKind::Table || is_bounded(subject, i)) continue;
      Verdict verdict;
      verdict.at = SourceRef{i, 0, -1};
      verdict.object = display(lock.relation);
      verdict.message = "Nothing limits how long this waits for its lock on " + name_of(lock.relation) +
                        ": behind one long query, every later query on the table waits too";
      verdict.help =
          "Set a lock_timeout of a few seconds for the role that migrates (ALTER ROLE ... SET lock_timeout), "
          "and try again when it strikes";
      std::vector<Verdict> one;
      if (auto fitted = about_table(met, subject.settings, lock.relation, Matters::Anyway, Severity::Info,
                                    std::move(verdict)))
        one.push_back(std::move(*fitted));
      return one;
    }
  }
  return {};
}

}  // namespace

extern const Rule lock_timeout;
const Rule lock_timeout{.id = "lock-timeout",
                        .summary = "A strong lock is waited for without a limit",
                        .severity = Severity::Info,
                        .category = Category::Blocks,
                        .opt_in = true,
                        .check_migration = check};

}  // namespace planner::rules
