#include "planner/effects/effects.h"

#include <algorithm>
#include <array>

#include "planner/effects/build.h"
#include "planner/sql/handlers.h"

namespace planner {
namespace {

constexpr std::array<std::string_view, 9> kLockNames{
    "no lock", "ACCESS SHARE",        "ROW SHARE", "ROW EXCLUSIVE",   "SHARE UPDATE EXCLUSIVE",
    "SHARE",   "SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE"};

/// One bit per mode: which modes each one keeps out (LockConflicts in lock.c).
constexpr unsigned bit(LockMode mode) { return 1U << static_cast<unsigned>(mode); }
constexpr unsigned kFromShareUpdate = bit(LockMode::ShareUpdateExclusive) | bit(LockMode::Share) |
                                      bit(LockMode::ShareRowExclusive) | bit(LockMode::Exclusive) |
                                      bit(LockMode::AccessExclusive);
constexpr std::array<unsigned, 9> kConflicts{
    0,
    bit(LockMode::AccessExclusive),
    bit(LockMode::Exclusive) | bit(LockMode::AccessExclusive),
    bit(LockMode::Share) | bit(LockMode::ShareRowExclusive) | bit(LockMode::Exclusive) |
        bit(LockMode::AccessExclusive),
    kFromShareUpdate,
    bit(LockMode::RowExclusive) | bit(LockMode::ShareUpdateExclusive) | bit(LockMode::ShareRowExclusive) |
        bit(LockMode::Exclusive) | bit(LockMode::AccessExclusive),
    bit(LockMode::RowExclusive) | kFromShareUpdate,
    bit(LockMode::RowShare) | bit(LockMode::RowExclusive) | kFromShareUpdate,
    bit(LockMode::AccessShare) | bit(LockMode::RowShare) | bit(LockMode::RowExclusive) | kFromShareUpdate,
};

}  // namespace

std::string_view lock_name(LockMode mode) { return kLockNames[static_cast<std::size_t>(mode)]; }

bool conflicts(LockMode a, LockMode b) { return (kConflicts[static_cast<std::size_t>(a)] & bit(b)) != 0; }

LockMode Effects::lock_on(const ObjectName& relation) const {
  const auto held =
      std::find_if(locks.begin(), locks.end(), [&](const RelationLock& l) { return l.relation == relation; });
  return held == locks.end() ? LockMode::None : held->mode;
}

LockMode Effects::strongest() const {
  LockMode mode = LockMode::None;
  for (const RelationLock& lock : locks) {
    if (!lock.created) mode = std::max(mode, lock.mode);
  }
  return mode;
}

bool Effects::rewrites_table(const ObjectName& relation) const {
  return std::find(rewrites.begin(), rewrites.end(), relation) != rewrites.end();
}

bool Effects::scans_table(const ObjectName& relation) const {
  return std::any_of(scans.begin(), scans.end(), [&](const Scan& s) { return s.relation == relation; });
}

namespace physics {
namespace {

void run(Builder& b, const std::vector<const Operation*>& operations, bool inside_function);

/// What stands under IF or an exception handler fails without failing the block, or does not run at all.
/// 25001 stays: it is there to say that the statement can never run in a block.
void soften(Builder& b, std::size_t from) {
  for (std::size_t i = from; i < b.effects.failures.size(); ++i) {
    Failure& failure = b.effects.failures[i];
    if (failure.sqlstate != "25001") failure.depends_on_data = true;
  }
}

/// Names in a block may be its variables: that no table has such a column says nothing there.
void forget_names(Builder& b, std::size_t from) {
  auto& failures = b.effects.failures;
  failures.erase(std::remove_if(failures.begin() + static_cast<std::ptrdiff_t>(from), failures.end(),
                                [](const Failure& failure) {
                                  const bool of_target =
                                      failure.message.find(" of relation ") != std::string::npos;
                                  const bool entry = failure.message.starts_with("missing FROM-clause entry");
                                  return (failure.sqlstate == "42703" && !of_target) || entry ||
                                         failure.sqlstate == "42702";
                                }),
                 failures.end());
}

bool is_about_rows(const Operation& operation) {
  return std::holds_alternative<Update>(operation) || std::holds_alternative<Delete>(operation) ||
         std::holds_alternative<Insert>(operation) || std::holds_alternative<Merge>(operation) ||
         std::holds_alternative<Select>(operation);
}

void apply_one(Builder& b, const Operation& operation, bool inside_function) {
  b.look_at(operation);
  const bool was_outside = b.effects.outside_transaction;
  std::visit(
      [&](const auto& op) {
        if constexpr (std::is_same_v<std::decay_t<decltype(op)>, std::shared_ptr<const DoBlock>>) {
          const std::size_t failures_before = b.effects.failures.size();
          for (const Operation& each : op->body) {
            if (handler_of(each) == nullptr || b.effects.failures.size() > failures_before) {
              const std::size_t earlier = b.effects.failures.size();
              run(b, {&each}, true);
              if (is_about_rows(each)) forget_names(b, earlier);
              continue;
            }
            // What a handler does meets what it handles, and is not there when nothing goes wrong.
            const Schema kept = b.schema;
            run(b, {&each}, true);
            b.schema = kept;
          }
          if (op->commits) b.refuse_in_transaction();
          if (op->catches_errors || op->has_conditions || op->has_loop) soften(b, failures_before);
        } else if constexpr (std::is_same_v<std::decay_t<decltype(op)>, RenameSchema>) {
          b.advance_quietly(operation);  // every name in it changes, and no relation is locked
        } else if constexpr (requires { apply(b, op); }) {
          apply(b, op);
        } else {
          b.advance(operation);
        }
      },
      operation);
  if (inside_function && b.effects.outside_transaction && !was_outside &&
      !std::holds_alternative<Vacuum>(operation)) {
    b.fail("25001", "the statement cannot be executed from a function or DO block");
  }
}

/// Sub-commands of one ALTER TABLE, and objects of one DROP, are done together; the rest one after the other.
void run(Builder& b, const std::vector<const Operation*>& operations, bool inside_function) {
  const auto same_kind = [](const Operation& first, const Operation& next) {
    if (is_drop(first)) return is_drop(next) && first.index() == next.index();
    if (!is_alter_table_part(first) || !is_alter_table_part(next)) return false;
    const ObjectName* a = target_relation(first);
    const ObjectName* c = target_relation(next);
    return a != nullptr && c != nullptr && *a == *c;
  };
  for (std::size_t i = 0; i < operations.size();) {
    if (finds_nothing(b.schema, *operations[i])) {
      ++i;
      continue;
    }
    std::vector<const Operation*> together{operations[i]};
    judge_kind(b, *operations[i]);
    check_transaction(b, *operations[i]);
    // Statements of a DO block each stand alone.
    while (!inside_function && i + together.size() < operations.size() &&
           same_kind(*operations[i], *operations[i + together.size()])) {
      together.push_back(operations[i + together.size()]);
      judge_kind(b, *together.back());
      check_transaction(b, *together.back());
    }
    i += together.size();
    if (is_alter_table_part(*together.front())) {
      alter_table(b, together);
    } else if (is_drop(*together.front())) {
      drop_together(b, together);
    } else {
      apply_one(b, *together.front(), inside_function);
    }
  }
}

/// Nobody can wait for what the statement itself made; a relation it made and dropped never was.
void tidy(Effects& effects) {
  std::erase_if(effects.locks, [](const RelationLock& l) { return l.mode == LockMode::None; });
}

}  // namespace
}  // namespace physics

Effects effects_of(const Operation& operation, const Schema& schema, const EffectsSettings& settings,
                   const std::vector<const Operation*>& earlier_in_transaction) {
  physics::Builder builder(schema, settings, earlier_in_transaction);
  physics::run(builder, {&operation}, false);
  physics::tidy(builder.effects);
  return std::move(builder.effects);
}

Effects effects_of_replayed(const KnownReplay& known, const Schema& schema, const EffectsSettings& settings,
                            const std::vector<const Operation*>& earlier_in_transaction) {
  physics::Builder builder(schema, settings, earlier_in_transaction, known);
  physics::run(builder, {known.operation}, false);
  physics::tidy(builder.effects);
  return std::move(builder.effects);
}

Effects effects_of_statement(const std::vector<Operation>& operations, const Schema& schema,
                             const EffectsSettings& settings,
                             const std::vector<const Operation*>& earlier_in_transaction) {
  physics::Builder builder(schema, settings, earlier_in_transaction);
  std::vector<const Operation*> all;
  for (const Operation& each : operations) all.push_back(&each);
  physics::run(builder, all, false);
  physics::tidy(builder.effects);
  return std::move(builder.effects);
}

}  // namespace planner
