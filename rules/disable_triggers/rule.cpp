#include <algorithm>

#include "rules/about.h"
#include "rules/settings.h"

namespace planner::rules {
namespace {

std::optional<Verdict> check(const SetTriggerState& op, const Subject& subject) {
  // A REPLICA trigger fires only for what replication writes: for the application it is off.
  const auto off = [](TriggerState state) {
    return state == TriggerState::Disable || state == TriggerState::EnableReplica;
  };
  if (!off(op.state)) return std::nullopt;
  // Enabled again in the same file: the writes in between are the point.
  const Table* after = subject.migration_end.table(op.table);
  const bool back = after != nullptr && !op.all &&
                    std::any_of(after->triggers.begin(), after->triggers.end(), [&](const Trigger& trigger) {
                      return (op.user || trigger.definition.name == op.trigger) && !off(trigger.state);
                    });
  Verdict verdict;
  verdict.object = display(op.table);
  verdict.message =
      op.all && !op.user
          ? "DISABLE TRIGGER ALL on " + name_of(op.table) +
                " also switches off the checks of its foreign keys: wrong references come in unnoticed"
          : std::string(op.state == TriggerState::Disable
                            ? "A disabled trigger on "
                            : "A trigger that fires only for what replication writes, on ") +
                name_of(op.table) + " no longer does its work, also for the writes of the running release";
  verdict.help = "Enable it again in the same transaction";
  if (back) verdict.severity = Severity::Info;
  return about_table(subject, op.table, Matters::Anyway, std::move(verdict));
}

std::optional<Verdict> judge_rule(const SetRuleState& op, const Subject& subject) {
  if (op.state != TriggerState::Disable && op.state != TriggerState::EnableReplica) return std::nullopt;
  Verdict verdict;
  verdict.object = object_of(op.table, op.rule);
  verdict.message = "Without the rule \"" + op.rule.str() +
                    "\" the statements of the running release do something else to " + name_of(op.table);
  verdict.help = "Disable it when no running release relies on it";
  return about_table(subject, op.table, Matters::Anyway, std::move(verdict));
}

/// `SET session_replication_role = replica` does to every table what DISABLE TRIGGER ALL does to one.
std::vector<Verdict> check_any(const Subject& subject) {
  if (const auto* state = std::get_if<SetRuleState>(&subject.intention.operation)) {
    std::vector<Verdict> one;
    if (auto verdict = judge_rule(*state, subject)) one.push_back(std::move(*verdict));
    return one;
  }
  const std::vector<SetVariable> settings = settings_of(subject.intention.operation);
  const auto set = std::find_if(settings.begin(), settings.end(), [](const SetVariable& each) {
    return each.name == "session_replication_role";
  });
  if (set == settings.end()) return on<check>(subject);
  if (set->reset || set->values.size() != 1 || set->values.front() != "replica") return {};
  Verdict verdict;
  verdict.object = set->name;
  verdict.message =
      "session_replication_role = replica switches off triggers and the checks of foreign keys for all that "
      "this session writes: wrong references come in unnoticed";
  verdict.help = "Leave it out, or RESET it in the same transaction and check the references";
  return {std::move(verdict)};
}

}  // namespace

extern const Rule disable_triggers;
const Rule disable_triggers{.id = "disable-triggers",
                            .summary = "Triggers, and with ALL the foreign keys, stop working",
                            .severity = Severity::Warning,
                            .category = Category::BreaksRelease,

                            .check = check_any};

}  // namespace planner::rules
