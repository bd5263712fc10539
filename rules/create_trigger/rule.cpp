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
  verdict.severity = Severity::Info;
  verdict.message =
      "The trigger \"" + op.name.str() + "\" also runs for every write of the running release to " +
      name_of(op.table) +
      "; creating it waits for the writers, and nobody can write to the table until the transaction ends";
  verdict.help = "Make sure that the running release can live with what it does";
  return about_table(subject, op.table, Matters::Anyway, std::move(verdict));
}

std::vector<Verdict> check_any(const Subject& subject) {
  if (const auto* rule = std::get_if<CreateRule>(&subject.intention.operation)) {
    const bool view = subject.migration_start.view(rule->table) != nullptr;
    const Table* start = subject.migration_start.table(rule->table);
    if (!view && (start == nullptr || is_new(subject.before, rule->table))) return {};
    Verdict verdict;
    verdict.object = object_of(rule->table, rule->name);
    verdict.severity = Severity::Warning;
    verdict.message = "The rule \"" + rule->name.str() +
                      "\" also changes what the statements of the running release do to " +
                      name_of(rule->table) +
                      "; creating it waits for every query, and nobody can read or write the " +
                      (view ? "view" : "table") + " until the transaction ends";
    verdict.help = "Make sure that the running release can live with what it does";
    std::vector<Verdict> one;
    if (view) {
      one.push_back(std::move(verdict));
    } else if (auto fitted = about_table(subject, rule->table, Matters::Anyway, std::move(verdict)))
      one.push_back(std::move(*fitted));
    return one;
  }
  return on<check>(subject);
}

}  // namespace

extern const Rule create_trigger;
const Rule create_trigger{.id = "create-trigger",
                          .summary = "A new trigger or rule works on the running release too",
                          .severity = Severity::Warning,
                          .category = Category::BreaksRelease,

                          .check = check_any};

}  // namespace planner::rules
