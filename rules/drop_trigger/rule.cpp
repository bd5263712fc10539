#include <algorithm>

#include "rules/about.h"

namespace planner::rules {
namespace {

std::optional<Verdict> check(const DropTrigger& op, const Subject& subject) {
  const Table* table = subject.before.table(op.table);
  const auto has = [&](const Table* of) {
    return of != nullptr &&
           std::any_of(of->triggers.begin(), of->triggers.end(),
                       [&](const Trigger& trigger) { return trigger.definition.name == op.trigger; });
  };
  if (!has(table) || has(subject.migration_end.table(op.table)) ||
      !has(subject.migration_start.table(op.table)))
    return std::nullopt;
  if (subject.migration_end.table(op.table) == nullptr)
    return std::nullopt;  // it goes together with its table
  Verdict verdict;
  verdict.object = object_of(op.table, op.trigger);
  verdict.message = "Without the trigger \"" + op.trigger.str() + "\", what it did for every write to " +
                    name_of(op.table) +
                    " no longer happens, also for the release that still relies on it; dropping it waits for "
                    "every query on the table";
  verdict.help = "Drop it when no running release relies on it any more";
  return about_table(subject, op.table, Matters::Anyway, std::move(verdict));
}

}  // namespace

extern const Rule drop_trigger;
const Rule drop_trigger{.id = "drop-trigger",
                        .summary = "A trigger goes that the running release may rely on",
                        .severity = Severity::Warning,
                        .category = Category::BreaksRelease,

                        .check = on<check>};

}  // namespace planner::rules
