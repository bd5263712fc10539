#include <algorithm>
#include <type_traits>

#include "planner/effects/build.h"

/// ALTER TABLE before anything is done: how strong a lock each sub-command wants, and in which order they
/// run.
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

int pass_of(const Operation& operation) {
  return std::visit(
      [](const auto& part) {
        using T = std::decay_t<decltype(part)>;
        if constexpr (is_one_of<T, DropColumn, DropConstraint, DropNotNull, DropDefault, DropExpression,
                                DropIdentity>) {
          return 0;
        } else if constexpr (std::is_same_v<T, ChangeType>) {
          return 1;
        } else if constexpr (std::is_same_v<T, AddColumn>) {
          return 2;
        } else if constexpr (is_one_of<T, SetNotNull, SetIdentity>) {
          return 3;
        } else if constexpr (is_one_of<T, AddUnique, AddPrimaryKey, AddExclusion>) {
          return 4;
        } else if constexpr (is_one_of<T, AddCheck, AddForeignKey, AddIdentity, SetDefault>) {
          return 5;
        } else {
          return 6;
        }
      },
      operation);
}

}  // namespace planner::physics
