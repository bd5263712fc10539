#include "planner/replay/replay.h"

#include <algorithm>
#include <array>
#include <deque>
#include <type_traits>
#include <utility>
#include <variant>

#include "planner/replay/internal.h"
#include "planner/replay/passes.h"
#include "planner/sql/handlers.h"

namespace planner {

using replaying::Context;
using replaying::Refused;

namespace {

template <typename Op, typename... Kinds>
constexpr bool kOneOf = (std::is_same_v<Op, Kinds> || ...);

/// Operations after which the schema is what it was. (Recognition's own kinds never come here.)
template <typename Op>
constexpr bool kChangesNothing =
    kOneOf<Op, Reindex, Grant, Update, Delete, Insert, Merge, Truncate, Copy, LockTable, Vacuum, Call, Listen,
           ReplaceEnum, ReplaceConstraint, ReplaceColumn>;

std::vector<ReplayProblem> replay_block(Schema& schema, const DoBlock& block, const ReplayOptions& options) {
  // Which branch runs is not known here. Guarded statements are written so that they succeed or have been
  // done before: what PostgreSQL would refuse is taken for the branch that does not run.
  const bool guarded = block.has_conditions || block.catches_errors || block.has_loop;
  if (guarded) {
    bool refused = false;
    for (const Operation& operation : block.body) {
      if (handler_of(operation) != nullptr && !refused) continue;  // nothing went wrong that it would handle
      refused = !replay(schema, operation, options).empty() || refused;
    }
    return {};
  }
  const Schema before = schema;
  for (const Operation& operation : block.body) {
    auto problems = replay(schema, operation, options);
    if (problems.empty()) continue;
    schema = before;
    return problems;
  }
  return {};
}

}  // namespace

bool finds_nothing(const Schema& schema, const Operation& operation) {
  if (!operation.if_exists) return false;
  const ObjectName* target = target_relation(operation);
  return target != nullptr && !replaying::find_relation(schema, *target);
}

std::vector<ReplayProblem> replay(Schema& schema, const Operation& operation, const ReplayOptions& options) {
  if (finds_nothing(schema, operation)) return {};
  if (const auto* block = std::get_if<std::shared_ptr<const DoBlock>>(&operation)) {
    return *block == nullptr ? std::vector<ReplayProblem>{} : replay_block(schema, **block, options);
  }
  try {
    Context context{schema, options.pending};
    std::visit(
        [&context](const auto& op) {
          using Op = std::decay_t<decltype(op)>;
          if constexpr (!kChangesNothing<Op> && !std::is_same_v<Op, std::shared_ptr<const DoBlock>>) {
            replaying::apply(context, op);
          }
        },
        operation);
  } catch (const Refused& refused) {
    return {refused.problem};
  }
  return {};
}

namespace {

// ---- ALTER TABLE with several sub-commands

Operation adding(const TableName& table, ConstraintDefinition constraint) {
  switch (constraint.kind) {
    case ConstraintKind::PrimaryKey:
      return AddPrimaryKey{table, std::move(constraint), false};
    case ConstraintKind::Unique:
      return AddUnique{table, std::move(constraint), false};
    case ConstraintKind::Exclusion:
      return AddExclusion{table, std::move(constraint), false};
    case ConstraintKind::ForeignKey:
      return AddForeignKey{table, std::move(constraint), false};
    default:
      return AddCheck{table, std::move(constraint), false};
  }
}

bool is_sub_command(const Operation& operation) {
  return alter_pass_of(operation) != AlterPass::Misc || std::holds_alternative<SetStatistics>(operation) ||
         std::holds_alternative<SetStorage>(operation) ||
         std::holds_alternative<SetColumnOptions>(operation) ||
         std::holds_alternative<ValidateConstraint>(operation) ||
         std::holds_alternative<SetTableOptions>(operation) ||
         std::holds_alternative<SetRowSecurity>(operation) || std::holds_alternative<ChangeOwner>(operation);
}

/// The parts of one ALTER TABLE as PostgreSQL runs them. Copying them would cost more than running them, so
/// only what is made here is held.
class InPasses {
 public:
  InPasses(const Schema& schema, const std::vector<Operation>& operations) {
    for (const Operation& operation : operations) {
      const auto* add = std::get_if<AddColumn>(&operation);
      const Table* table = add == nullptr ? nullptr : schema.table(add->table);
      const bool there = table != nullptr && table->column(add->column.name) != nullptr;
      if (add == nullptr || add->column.constraints.empty() || there) {
        ordered_.emplace_back(alter_pass_of(operation), &operation);
        continue;
      }
      // A new column's own constraints wait until every new column is there.
      AddColumn bare = *add;
      bare.column.constraints.clear();
      ordered_.emplace_back(AlterPass::AddColumn, &made_.emplace_back(std::move(bare)));
      for (const ConstraintDefinition& constraint : add->column.constraints) {
        const Operation& one = made_.emplace_back(adding(add->table, constraint));
        ordered_.emplace_back(alter_pass_of(one), &one);
      }
    }
    std::stable_sort(ordered_.begin(), ordered_.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
  }
  const std::vector<std::pair<AlterPass, const Operation*>>& ordered() const { return ordered_; }

 private:
  std::vector<std::pair<AlterPass, const Operation*>> ordered_;
  std::deque<Operation> made_;
};

bool is_one_alter_table(const std::vector<Operation>& operations) {
  const ObjectName* first = target_relation(operations.front());
  return first != nullptr &&
         std::all_of(operations.begin(), operations.end(), [&](const Operation& operation) {
           const ObjectName* table = target_relation(operation);
           return table != nullptr && *table == *first && is_sub_command(operation);
         });
}

bool has_transaction(const std::vector<Operation>& operations) {
  return std::any_of(operations.begin(), operations.end(), [](const Operation& operation) {
    return std::holds_alternative<Transaction>(operation);
  });
}

}  // namespace

std::vector<ReplayProblem> replay_statement(Schema& schema, const std::vector<Operation>& operations,
                                            const ReplayOptions& options) {
  if (operations.empty()) return {};
  if (operations.size() == 1) return replay(schema, operations.front(), options);
  Context context{schema, options.pending};
  try {
    if (replaying::drop_all_together(context, operations)) return {};
  } catch (const Refused& refused) {
    return {refused.problem};
  }
  if (has_transaction(operations)) {  // nothing of it is one unit
    for (const Operation& operation : operations) {
      auto problems = replay(schema, operation, options);
      if (!problems.empty()) return problems;
    }
    return {};
  }
  const Schema before = schema;
  // What stands inside CREATE SCHEMA is looked up and made there.
  const auto* made_schema = std::get_if<CreateSchema>(&operations.front());
  if (made_schema != nullptr) schema.search_path.insert(schema.search_path.begin(), made_schema->schema);
  const auto path_as_before = [&] {
    if (made_schema != nullptr) schema.search_path = before.search_path;
  };
  std::vector<ReplayProblem> problems;
  const auto applied = [&](const Operation& operation) {
    problems = replay(schema, operation, options);
    return problems.empty();
  };
  bool all = false;
  if (is_one_alter_table(operations)) {
    const InPasses passes(schema, operations);
    all = std::all_of(passes.ordered().begin(), passes.ordered().end(),
                      [&](const auto& part) { return applied(*part.second); });
  } else {
    all = std::all_of(operations.begin(), operations.end(), applied);
  }
  if (all) {
    path_as_before();
  } else {
    schema = before;
  }
  return problems;
}

std::vector<FileProblem> replay_file(Schema& schema, const ParsedFile& file, const ReplayOptions& options) {
  std::vector<FileProblem> problems;
  for (std::size_t i = 0; i < file.statements.size(); ++i) {
    for (ReplayProblem& problem : replay_statement(schema, file.statements[i].operations, options)) {
      problems.push_back({i, std::move(problem)});
    }
  }
  end_session(schema);
  return problems;
}

void end_session(Schema& schema) {
  if (!schema.open_transactions.empty()) {
    while (schema.open_transactions.size() > 1) schema.open_transactions.pop();
    const std::shared_ptr<const Schema> before = schema.open_transactions.top().before;
    schema = *before;
  }
  schema.search_path_after_transaction.reset();
  schema.search_path = schema.session_search_path;
  schema.time_zone.clear();
  const Identifier temporary("pg_temp");
  std::vector<TableName> tables;
  for (auto it = schema.tables.lower_bound(ObjectName(temporary, Identifier())); it != schema.tables.end();
       ++it) {
    if (it->first.schema != temporary) break;
    tables.push_back(it->first);
  }
  for (const TableName& table : tables) replaying::forget_table(schema, table);
  std::vector<ObjectName> others;
  for (auto it = schema.sequences.lower_bound(ObjectName(temporary, Identifier()));
       it != schema.sequences.end(); ++it) {
    if (it->first.schema != temporary) break;
    others.push_back(it->first);
  }
  for (const ObjectName& name : others) replaying::remove_sequence(schema, name);
  others.clear();
  for (auto it = schema.views.lower_bound(ObjectName(temporary, Identifier())); it != schema.views.end();
       ++it) {
    if (it->first.schema != temporary) break;
    others.push_back(it->first);
  }
  for (const ObjectName& name : others) schema.views.erase(name);
  const auto forget = [&](auto& catalogue) {
    std::vector<ObjectName> names;
    for (auto it = catalogue.lower_bound(ObjectName(temporary, Identifier())); it != catalogue.end(); ++it) {
      if (it->first.schema != temporary) break;
      names.push_back(it->first);
    }
    for (const ObjectName& name : names) catalogue.erase(name);
  };
  forget(schema.functions);
  forget(schema.enums);
  forget(schema.domains);
  forget(schema.types);
}

}  // namespace planner
