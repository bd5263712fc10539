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

std::vector<Verdict> check_any(const Subject& subject) {
  const auto* drop = std::get_if<DropRule>(&subject.intention.operation);
  if (drop == nullptr) return on<check>(subject);
  const auto has = [&](const Schema& schema) {
    const Table* table = schema.table(drop->table);
    return table != nullptr &&
           std::any_of(table->rules.begin(), table->rules.end(),
                       [&](const RewriteRule& rule) { return rule.definition.name == drop->rule; });
  };
  if (!has(subject.migration_start) || !has(subject.before) || has(subject.migration_end) ||
      subject.migration_end.table(drop->table) == nullptr)
    return {};
  Verdict verdict;
  verdict.object = object_of(drop->table, drop->rule);
  verdict.message = "Without the rule \"" + drop->rule.str() +
                    "\", the statements of the running release to " + name_of(drop->table) +
                    " do what they say again; dropping it waits for every query on the table";
  verdict.help = "Drop it when no running release relies on it any more";
  std::vector<Verdict> one;
  if (auto fitted = about_table(subject, drop->table, Matters::Anyway, std::move(verdict)))
    one.push_back(std::move(*fitted));
  return one;
}

}  // namespace

extern const Rule drop_trigger;
const Rule drop_trigger{.id = "drop-trigger",
                        .summary = "A trigger or rule goes that the running release may rely on",
                        .severity = Severity::Warning,
                        .category = Category::BreaksRelease,

                        .check = check_any};

}  // namespace planner::rules
