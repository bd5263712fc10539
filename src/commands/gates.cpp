#include "src/commands/gates.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <thread>
#include <utility>

#include "planner/shell_word.h"
#include "planner/sql/parse.h"
#include "src/commands/deploy_command.h"
#include "src/commands/gates_release.h"
#include "src/commands/look.h"
#include "src/database/leftovers.h"
#include "src/project/release.h"
#include "src/report/terminal.h"

namespace planner::commands {
namespace {

constexpr auto kReplicaPatience = std::chrono::seconds(3);

/// Some tools record the number alone.
std::string name_of(const RecordedMigration& record, const Environment& environment,
                    const project::Service& service) {
  for (std::size_t i = 0; i < environment.judged.files.size(); ++i) {
    const JudgedFile& file = environment.judged.files[i];
    if (file.record == &record && file.state == MigrationState::Failed) return service.folder.files[i].name;
  }
  return record.name.empty() ? record.version : record.name;
}

Gate no_failure(const GateInput& input) {
  Gate made = gate("history", "no migration has failed or is running");
  for (const Environment& environment : *input.environments) {
    bool clean = true;
    for (const RecordedMigration& record : environment.recorded.migrations) {
      if (record.state != RecordedState::Failed) continue;
      clean = false;
      if (is_running(environment, record)) {
        fails(made,
              fmt::format("{}: {} is running now ({})", environment.name, record.name,
                          environment.deployer->described()),
              "wait until it has ended");
      } else {
        fails(made,
              fmt::format("{}: {} failed or was stopped", environment.name,
                          name_of(record, environment, input.chosen->service())),
              is_deployable(input.chosen->service())
                  ? "planner resolve " + shell_word(name_of(record, environment, input.chosen->service()))
                  : mending_of(input.chosen->service()));
      }
    }
    if (clean)
      made.found.push_back(fmt::format("{}: {}", environment.name,
                                       report::counted(environment.recorded.migrations.size(), "migration") +
                                           " recorded, none unfinished"));
  }
  return made;
}

Gate previous_phase(const GateInput& input) {
  const Phase& before = plan_of(input).phases[input.phase - 1];
  Gate made = gate("previous-phase", fmt::format("{} is applied in every environment", before.folder));
  if (input.environments->empty())
    unknown(made, "no database was named",
            "name each one: --database staging=postgresql://... --database production=postgresql://...");
  for (const Environment& environment : *input.environments) {
    const PhaseState state = phase_state(environment, input.chosen->service(), plan_of(input), before);
    if (state == PhaseState::Applied) {
      const auto index = project::released_as(input.chosen->service(), plan_of(input), before);
      const RecordedMigration* record = environment.judged.files[*index].record;
      made.found.push_back(
          fmt::format("{}: applied{}", environment.name,
                      record != nullptr && !record->finished_at.empty() ? " " + record->finished_at : ""));
      if (environment.judged.files[*index].edited)
        fails(made, fmt::format("{}: its text was changed after it was applied", environment.name),
              "restore the file from version control");
    } else {
      fails(
          made, fmt::format("{}: {}", environment.name, phase_state_name(state)),
          state == PhaseState::Running ? "wait until it has ended" : deploy_command(input.chosen->service()));
    }
  }
  return made;
}

std::optional<Gate> checks(const GateInput& input) {
  std::vector<const Condition*> conditions;
  if (input.phase > 0) {
    for (const Condition& condition : plan_of(input).phases[input.phase - 1].after)
      conditions.push_back(&condition);
  }
  for (const Condition& condition : plan_of(input).phases[input.phase].before)
    conditions.push_back(&condition);
  if (conditions.empty()) return std::nullopt;
  Gate made = gate("checks", "what the previous phase promised is true");
  std::set<std::string> asked;
  for (const Environment& environment : *input.environments) {
    for (const Condition* condition : conditions) {
      if (!asked.insert(environment.name + condition->query.str()).second) continue;
      try {
        const std::optional<std::string> row = first_row(*environment.session, condition->query);
        if (row) {
          fails(made, fmt::format("{}: not so: {}", environment.name, condition->says),
                fmt::format("planner backfill run {}", shell_word(plan_of(input).name)));
        } else {
          // Several conditions may say the same, each of its own table.
          std::string found = fmt::format("{}: {}", environment.name, condition->says);
          if (std::find(made.found.begin(), made.found.end(), found) == made.found.end())
            made.found.push_back(std::move(found));
        }
      } catch (const DatabaseError& error) {
        unknown(made, fmt::format("{}: \"{}\" could not be looked at: {}", environment.name, condition->says,
                                  error.what()));
      }
    }
  }
  return made;
}

/// The plan's phases name their objects in quotes.
bool phase_names(const Phase& phase, const Identifier& name) {
  return phase.migration.str().find(quoted(name)) != std::string::npos;
}

bool named_before(const GateInput& input, const Identifier& name) {
  const auto& phases = plan_of(input).phases;
  return std::any_of(phases.begin(), phases.begin() + static_cast<std::ptrdiff_t>(input.phase),
                     [&](const Phase& phase) { return phase_names(phase, name); });
}

using ConstraintPlace = std::pair<TableName, Identifier>;

/// What the operations do to constraints that may be NOT VALID, one after the other.
void follow_proofs(const std::vector<Operation>& operations, std::set<ConstraintPlace>& proven) {
  for (const Operation& operation : operations) {
    std::visit(
        [&](const auto& op) {
          using Op = std::decay_t<decltype(op)>;
          if constexpr (std::is_same_v<Op, std::shared_ptr<const DoBlock>>) {
            follow_proofs(op->body, proven);
          } else if constexpr (std::is_same_v<Op, ValidateConstraint>) {
            proven.insert({op.table, op.constraint});
          } else if constexpr (std::is_same_v<Op, AddCheck> || std::is_same_v<Op, AddForeignKey>) {
            proven.erase({op.table, op.constraint.name});
          }
        },
        operation);
  }
}

/// Constraints that a phase before this one validates. One that a later phase validates may be NOT VALID yet.
std::set<ConstraintPlace> proven_by_now(const GateInput& input) {
  std::set<ConstraintPlace> proven;
  const auto& phases = plan_of(input).phases;
  for (std::size_t i = 0; i < input.phase; ++i) {
    const ParsedFile file = parse_file(phases[i].migration.str());
    for (const Statement& statement : file.statements) follow_proofs(statement.operations, proven);
  }
  return proven;
}

std::vector<Gate> objects(const GateInput& input) {
  Gate indexes = gate("indexes", "every index of the plan is valid");
  Gate proof = gate("proof", "PostgreSQL itself has proven the plan's constraints");
  const std::set<ConstraintPlace> proven = proven_by_now(input);
  for (const Environment& environment : *input.environments) {
    bool valid = true, validated = true;
    for (const LeftObject& object : unfinished_objects(*environment.session)) {
      if (!named_before(input, object.name)) continue;
      if (object.kind == LeftObject::Kind::InvalidIndex) {
        valid = false;
        fails(indexes,
              fmt::format("{}: index {} of {} is INVALID", environment.name, object.name.str(),
                          display(object.table)),
              object.remove + ", then " + deploy_command(input.chosen->service()));
      } else if (object.kind == LeftObject::Kind::BuildingIndex) {
        valid = false;
        fails(indexes,
              fmt::format("{}: index {} of {} is being built", environment.name, object.name.str(),
                          display(object.table)),
              "wait until it has ended");
      } else if (object.kind == LeftObject::Kind::NotValidConstraint &&
                 (proven.contains({object.table, object.name}) ||
                  proven.contains({ObjectName(object.table.name), object.name}))) {
        validated = false;
        fails(proof,
              fmt::format("{}: constraint {} of {} is NOT VALID", environment.name, object.name.str(),
                          display(object.table)),
              deploy_command(input.chosen->service()));
      }
    }
    if (valid) indexes.found.push_back(environment.name + ": no INVALID index");
    if (validated)
      proof.found.push_back(environment.name + ": none that has to be valid by now is NOT VALID");
  }
  std::vector<Gate> gates{std::move(indexes)};
  if (!proven.empty()) gates.push_back(std::move(proof));
  return gates;
}

/// What the primary has written until now is what a replica must have replayed: then it has every phase that
/// is applied. A busy replica gets there in a moment; a paused one, or one behind a long query, does not.
void look_at_replicas(const Environment& environment, Gate& made) {
  const std::string target = environment.session->exec("SELECT pg_current_wal_lsn()").text();
  Result rows;
  const auto until = std::chrono::steady_clock::now() + kReplicaPatience;
  while (true) {
    rows = environment.session->exec_params(
        "SELECT application_name, pg_wal_lsn_diff($1::pg_lsn, replay_lsn)::bigint, "
        "coalesce(client_addr::text, 'local'), state FROM pg_stat_replication ORDER BY 1, 3",
        {target});
    const bool behind = std::any_of(rows.rows.begin(), rows.rows.end(),
                                    [](const Row& row) { return row.at(1) && std::stoll(*row.at(1)) > 0; });
    if (!behind || std::chrono::steady_clock::now() > until) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  if (rows.empty()) made.found.push_back(environment.name + ": no replica is connected");
  for (const Row& row : rows.rows) {
    const std::string name = fmt::format("\"{}\" ({})", row.at(0).value_or("?"), row.at(2).value_or("?"));
    if (!row.at(1)) {
      // Not a reason to stop: a base backup stands in the same view, and a plain user sees no positions.
      made.found.push_back(fmt::format("{}: the position of {} may not be seen (GRANT pg_monitor shows it)",
                                       environment.name, name));
    } else if (std::stoll(*row.at(1)) > 0) {
      fails(made,
            fmt::format("{}: {} is {} kB of WAL behind {} and did not reach it within {} s ({})",
                        environment.name, name, (std::stoll(*row.at(1)) + 1023) >> 10, target,
                        kReplicaPatience.count(), row.at(3).value_or("")),
            "wait until it has caught up; pg_is_wal_replay_paused() says there whether somebody paused it");
    } else {
      made.found.push_back(
          fmt::format("{}: {} has replayed everything up to {}", environment.name, name, target));
    }
  }
}

/// A replica that is away now comes back to where its slot stands.
void look_at_slots(const Environment& environment, Gate& made) {
  const Result rows = environment.session->exec(
      "SELECT slot_name, pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint >> 10 FROM "
      "pg_replication_slots WHERE NOT active AND slot_type = 'physical' AND restart_lsn IS NOT NULL ORDER BY "
      "1");
  for (const Row& row : rows.rows) {
    fails(made,
          fmt::format("{}: the replica of slot \"{}\" is not connected and {} kB of WAL behind",
                      environment.name, row.at(0).value_or("?"), row.at(1).value_or("?")),
          "bring it back and wait until it has caught up, or drop the slot if it is gone for good");
  }
}

Gate replicas(const GateInput& input) {
  Gate made = gate("replicas", "replicas have caught up");
  for (const Environment& environment : *input.environments) {
    look_at_replicas(environment, made);
    look_at_slots(environment, made);
  }
  return made;
}

}  // namespace

std::string_view gate_state_name(GateState state) {
  switch (state) {
    case GateState::Holds:
      return "holds";
    case GateState::Fails:
      return "fails";
    case GateState::Unknown:
      return "unknown";
    case GateState::Overridden:
      break;
  }
  return "overridden";
}

bool needs_release(const Plan& plan, std::size_t phase) { return !plan.phases[phase].deploy_before.empty(); }

bool all_pass(const std::vector<Gate>& gates) {
  return std::all_of(gates.begin(), gates.end(), [](const Gate& each) { return each.passes(); });
}

std::vector<Gate> gates_of(const GateInput& input) {
  std::vector<Gate> gates;
  if (!input.environments->empty()) gates.push_back(no_failure(input));
  const bool alone = input.phase == 0;
  bool before_applied = true;
  if (!alone) {
    gates.push_back(previous_phase(input));
    before_applied = gates.back().state == GateState::Holds;
  }
  // What the previous phase promised is only worth asking for once it is there.
  if (!input.environments->empty() && before_applied) {
    if (std::optional<Gate> made = checks(input)) gates.push_back(std::move(*made));
    if (!alone) {
      for (Gate& made : objects(input)) gates.push_back(std::move(made));
      gates.push_back(replicas(input));
    }
  }
  for (Gate& made : release_gates(input, before_applied)) gates.push_back(std::move(made));
  const std::string& phase = plan_of(input).phases[input.phase].folder;
  for (Gate& made : gates) {
    if (made.passes()) continue;
    for (const project::OverriddenGate& overridden : input.evidence.overridden) {
      if (overridden.phase != phase || overridden.gate != made.id) continue;
      made.state = GateState::Overridden;
      made.found.push_back(
          fmt::format("overridden by {} ({}): {}", overridden.by, overridden.at, overridden.reason));
      break;
    }
  }
  return gates;
}

}  // namespace planner::commands
