#include "rules/settings.h"

#include "planner/sql/conditions.h"

namespace planner::rules {

std::vector<SetVariable> settings_of(const Operation& operation) {
  if (const auto* set = std::get_if<SetVariable>(&operation)) return {*set};
  const auto* select = std::get_if<Select>(&operation);
  if (select == nullptr) return {};
  std::vector<SetVariable> settings;
  for (SettingCall& call : setting_calls(select->query)) {
    SetVariable set;
    set.name = std::move(call.name);
    if (call.value) set.values = {std::move(*call.value)};
    set.local = call.local;
    settings.push_back(std::move(set));
  }
  return settings;
}

std::string display(const SetVariable& set, const Operation& operation) {
  if (!std::holds_alternative<SetVariable>(operation))
    return "set_config('" + set.name + (set.local ? "', ..., true)" : "', ...)");
  return (set.local ? "SET LOCAL " : "SET ") + set.name;
}

}  // namespace planner::rules
