#include <algorithm>
#include <type_traits>

#include "planner/effects/build.h"

/// ALTER TABLE before anything is done: how strong a lock each sub-command wants.
namespace planner::physics {
namespace {

LockMode option_lock(const SetTableOptions& options) {
  // reloptions.c: these take effect for later work only. The rest changes how running queries must behave.
  constexpr std::string_view kWeak[] = {"fillfactor",         "parallel_workers",
                                        "toast_tuple_target", "vacuum_index_cleanup",
                                        "vacuum_truncate",    "vacuum_max_eager_freeze_failure_rate",
                                        "deduplicate_items",  "log_autovacuum_min_duration"};
  const auto weak = [&](const Option& option) {
    std::string_view name = option.name;
    if (name.starts_with("toast.")) name.remove_prefix(6);
    return name.starts_with("autovacuum_") ||
           std::find(std::begin(kWeak), std::end(kWeak), name) != std::end(kWeak);
  };
  if (options.is_view || options.options.empty()) return LockMode::AccessExclusive;
  return std::all_of(options.options.begin(), options.options.end(), weak) ? LockMode::ShareUpdateExclusive
                                                                           : LockMode::AccessExclusive;
}

}  // namespace

LockMode lock_needed(const Operation& operation) {
  return std::visit(
      [](const auto& part) {
        using T = std::decay_t<decltype(part)>;
        if constexpr (is_one_of<T, AddForeignKey, SetTriggerState>) {
          return LockMode::ShareRowExclusive;
        } else if constexpr (is_one_of<T, SetStatistics, SetColumnOptions, ClusterOn, ValidateConstraint>) {
          return LockMode::ShareUpdateExclusive;
        } else if constexpr (std::is_same_v<T, SetTableOptions>) {
          return option_lock(part);
        } else {
          return LockMode::AccessExclusive;
        }
      },
      operation);
}

}  // namespace planner::physics
