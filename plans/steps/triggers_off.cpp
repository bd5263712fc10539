#include "plans/steps/triggers_off.h"

#include <algorithm>

#include "planner/sql/conditions.h"
#include "plans/recipes.h"
#include "plans/steps/text.h"

namespace planner::plans {
namespace {

bool fires(const Trigger& trigger, RowEvent event) {
  if (trigger.state != TriggerState::Enable && trigger.state != TriggerState::EnableAlways) return false;
  switch (event) {
    case RowEvent::Insert:
      return trigger.definition.on_insert;
    case RowEvent::Update:
      return trigger.definition.on_update;
    default:
      return trigger.definition.on_delete;
  }
}

bool fires(const Schema& schema, const TableName& table, const Identifier& trigger, RowEvent event) {
  const Table* known = schema.table(table);
  return known != nullptr &&
         std::any_of(known->triggers.begin(), known->triggers.end(), [&](const Trigger& each) {
           return each.definition.name == trigger && fires(each, event);
         });
}

bool is_there(const Schema& schema, const TableName& table, const Identifier& trigger) {
  const Table* known = schema.table(table);
  return known != nullptr &&
         std::any_of(known->triggers.begin(), known->triggers.end(),
                     [&](const Trigger& each) { return each.definition.name == trigger; });
}

/// `SET session_replication_role = replica`, in force when the statement runs.
bool plays_replica(const ParsedFile& file, std::size_t statement) {
  bool replica = false;
  const auto play = [&](const std::string& name, const std::string& value) {
    if (name == "session_replication_role") replica = value == "replica";
  };
  for (std::size_t i = 0; i < statement; ++i) {
    for (const Operation& operation : file.statements[i].operations) {
      if (const auto* set = std::get_if<SetVariable>(&operation)) {
        if (set->reset_all) replica = false;
        play(set->name, set->values.empty() ? std::string() : set->values.front());
      } else if (const auto* select = std::get_if<Select>(&operation)) {
        for (const SettingCall& call : setting_calls(select->query))
          play(call.name, call.value.value_or(std::string()));
      }
    }
  }
  return replica;
}

}  // namespace

std::optional<RecipeResult> triggers_switched_off(const TableName& table, RowEvent event,
                                                  const Intention& change, const RecipeContext& context) {
  const Table* start = context.start.table(table);
  if (start == nullptr) return std::nullopt;
  const std::string rows = "Change of rows in " + display(table) + ": ";
  const std::string by_hand =
      "Let the trigger pass such a change over (WHEN (current_setting('app.backfill', true) IS DISTINCT FROM "
      "'on'), and SET it in the session that changes the rows), then leave the switching out; or change the "
      "rows in a quiet moment, in a migration of their own.";
  if (!start->triggers.empty() && plays_replica(context.file, change.sources.front().statement))
    return refused(rows +
                       "it runs with session_replication_role = replica, which batches that commit would "
                       "not: triggers would fire for them.",
                   by_hand);
  for (const Trigger& trigger : start->triggers) {
    const Identifier& name = trigger.definition.name;
    if (!fires(trigger, event) || fires(context.before, table, name, event)) continue;
    // One that stays off from here on is off for the batches too; one that is dropped goes last.
    const bool stays_off = is_there(context.before, table, name) && is_there(context.after, table, name) &&
                           !fires(context.after, table, name, event);
    if (stays_off) continue;
    return refused(rows + "trigger " + said(name) +
                       " is switched off for it, and batches that commit would fire it: it cannot be off for "
                       "them alone.",
                   by_hand);
  }
  return std::nullopt;
}

}  // namespace planner::plans
