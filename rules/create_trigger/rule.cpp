#include <algorithm>

#include "rules/about.h"

namespace planner::rules {
namespace {

std::optional<Verdict> check(const CreateTrigger& op, const Subject& subject) {
  const Table* start = subject.migration_start.table(op.table);
  if (start != nullptr &&
      std::any_of(start->triggers.begin(), start->triggers.end(),
                  [&](const Trigger& trigger) { return trigger.definition.name == op.name; })) {
    return std::nullopt;  // replaced by one of its name
  }
  Verdict verdict;
  verdict.object = object_of(op.table, op.name);
  verdict.message =
      "The trigger \"" + op.name.str() + "\" also runs for every write of the running release to " +
      name_of(op.table) +
      "; creating it waits for the writers, and nobody can write to the table until the transaction ends";
  verdict.help = "Make sure that the running release can live with what it does";
  return about_table(subject, op.table, Matters::Anyway, std::move(verdict));
}

}  // namespace

extern const Rule create_trigger;
const Rule create_trigger{.id = "create-trigger",
                          .summary = "A new trigger runs for the running release too",
                          .severity = Severity::Info,
                          .category = Category::BreaksRelease,

                          .check = on<check>};

}  // namespace planner::rules
