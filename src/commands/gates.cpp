#include "src/commands/gates.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <thread>
#include <variant>

#include "planner/error.h"
#include "planner/sql/expression.h"
#include "src/database/leftovers.h"
#include "src/database/url.h"
#include "src/project/release.h"
#include "src/report/terminal.h"

namespace planner::commands {
namespace {

/// More than this and a replica's readers may still see what the next phase takes away.
constexpr long long kReplicaBytes = 64LL * 1024 * 1024;

const Plan& plan_of(const GateInput& input) { return input.chosen->stored.plan; }

Gate gate(std::string id, std::string what) {
  Gate made;
  made.id = std::move(id);
  made.what = std::move(what);
  return made;
}

void fails(Gate& made, std::string found, std::string remedy = "") {
  made.state = GateState::Fails;
  made.found.push_back(std::move(found));
  if (made.remedy.empty()) made.remedy = std::move(remedy);
}

void unknown(Gate& made, std::string found, std::string remedy = "") {
  if (made.state != GateState::Fails) made.state = GateState::Unknown;
  made.found.push_back(std::move(found));
  if (made.remedy.empty()) made.remedy = std::move(remedy);
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
                          record.name.empty() ? record.version : record.name),
              fmt::format("planner resolve {}", record.name.empty() ? record.version : record.name));
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
      fails(made, fmt::format("{}: {}", environment.name, phase_state_name(state)),
            state == PhaseState::Running ? "wait until it has ended" : "planner deploy");
    }
  }
  return made;
}

/// Plan files may have been edited: what stands in them can look, and change nothing.
std::optional<std::string> first_row(Connection& session, const Sql& query) {
  session.exec("BEGIN READ ONLY");
  try {
    session.exec("SET LOCAL statement_timeout = 0");
    const Result rows = session.exec(query.str());
    session.exec("ROLLBACK");
    if (rows.empty()) return std::nullopt;
    std::string shown;
    for (const Value& value : rows.rows.front())
      shown += (shown.empty() ? "" : ", ") + value.value_or("NULL");
    return shown;
  } catch (const DatabaseError&) {
    if (session.is_open() && session.in_transaction()) session.exec("ROLLBACK");
    throw;
  }
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
                fmt::format("planner backfill run {}", plan_of(input).name));
        } else {
          made.found.push_back(fmt::format("{}: {}", environment.name, condition->says));
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

std::vector<Gate> objects(const GateInput& input) {
  Gate indexes = gate("indexes", "every index of the plan is valid");
  Gate proof = gate("proof", "PostgreSQL itself has proven the plan's constraints");
  const auto& phases = plan_of(input).phases;
  const auto end = phases.begin() + static_cast<std::ptrdiff_t>(input.phase);
  const bool proven_by_now = std::any_of(phases.begin(), end, [](const Phase& phase) {
    return phase.kind == PhaseKind::DualWrite || phase.kind == PhaseKind::Validate;
  });
  for (const Environment& environment : *input.environments) {
    bool valid = true, validated = true;
    for (const LeftObject& object : unfinished_objects(*environment.session)) {
      if (!named_before(input, object.name)) continue;
      if (object.kind == LeftObject::Kind::InvalidIndex) {
        valid = false;
        fails(indexes,
              fmt::format("{}: index {} of {} is INVALID", environment.name, object.name.str(),
                          display(object.table)),
              object.remove + ", then planner deploy");
      } else if (object.kind == LeftObject::Kind::BuildingIndex) {
        valid = false;
        fails(indexes,
              fmt::format("{}: index {} of {} is being built", environment.name, object.name.str(),
                          display(object.table)),
              "wait until it has ended");
      } else if (object.kind == LeftObject::Kind::NotValidConstraint && proven_by_now) {
        validated = false;
        fails(proof,
              fmt::format("{}: constraint {} of {} is NOT VALID", environment.name, object.name.str(),
                          display(object.table)),
              "planner deploy");
      }
    }
    if (valid) indexes.found.push_back(environment.name + ": no INVALID index");
    if (validated) proof.found.push_back(environment.name + ": no constraint of the plan is NOT VALID");
  }
  std::vector<Gate> gates{std::move(indexes)};
  if (proven_by_now) gates.push_back(std::move(proof));
  return gates;
}

Gate replicas(const GateInput& input) {
  Gate made = gate("replicas", "replicas have caught up");
  for (const Environment& environment : *input.environments) {
    const Result rows = environment.session->exec(
        "SELECT application_name, pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::bigint FROM "
        "pg_stat_replication");
    if (rows.empty()) made.found.push_back(environment.name + ": no replica is connected");
    for (const Row& row : rows.rows) {
      const std::string name = row.at(0).value_or("?");
      if (!row.at(1)) {
        // Not a reason to stop: a base backup stands in the same view, and a plain user sees no positions.
        made.found.push_back(
            fmt::format("{}: the position of \"{}\" may not be seen (GRANT pg_monitor shows it)",
                        environment.name, name));
      } else if (std::stoll(*row.at(1)) > kReplicaBytes) {
        fails(made,
              fmt::format("{}: \"{}\" is {} MB of WAL behind", environment.name, name,
                          std::stoll(*row.at(1)) >> 20),
              "wait until it has caught up");
      } else {
        made.found.push_back(
            fmt::format("{}: \"{}\" is {} kB behind", environment.name, name, std::stoll(*row.at(1)) >> 10));
      }
    }
  }
  return made;
}

/// Every service that lives in the plan's database must run the new release.
std::vector<std::string> services_concerned(const GateInput& input) {
  const project::Service& own = input.chosen->service();
  std::vector<std::string> names{own.name};
  for (const project::Service& other : input.chosen->project.services) {
    if (other.name != own.name && other.database_env == own.database_env) names.push_back(other.name);
  }
  return names;
}

int sessions_of(Connection& session, const std::string& application) {
  return static_cast<int>(session
                              .exec_params("SELECT count(*) FROM pg_stat_activity WHERE datname = "
                                           "current_database() AND application_name = $1 "
                                           "AND pid <> pg_backend_pid()",
                                           {application})
                              .number());
}

Gate release(const GateInput& input) {
  const std::string phase = plan_of(input).phases[input.phase].folder;
  Gate made = gate("release", "the new release runs everywhere and no process of the old one is left");
  std::vector<std::string> open;
  for (const std::string& service : services_concerned(input)) {
    const auto said = std::find_if(input.evidence.deployments.begin(), input.evidence.deployments.end(),
                                   [&](const project::Deployment& deployment) {
                                     return deployment.service == service && deployment.phase == phase;
                                   });
    if (said == input.evidence.deployments.end()) {
      open.push_back(service);
    } else {
      made.found.push_back(fmt::format("{}{} says that {} is deployed everywhere ({})",
                                       service.empty() ? "" : service + ": ", said->by, said->release,
                                       said->at));
    }
  }
  bool seen_gone = !input.old_application.empty() && !input.environments->empty();
  if (!input.old_application.empty()) {
    for (const Environment& environment : *input.environments) {
      const int sessions = sessions_of(*environment.session, input.old_application);
      if (sessions > 0) {
        seen_gone = false;
        fails(made,
              fmt::format("{}: {} of \"{}\" still connected", environment.name,
                          report::counted(static_cast<std::size_t>(sessions), "session"),
                          input.old_application),
              "finish the rollout of the new release");
      } else {
        made.found.push_back(
            fmt::format("{}: no session of \"{}\" is connected", environment.name, input.old_application));
      }
    }
  }
  if (!seen_gone) {
    for (const std::string& service : open) {
      fails(made,
            service.empty() ? "nobody has said that it is deployed"
                            : fmt::format("{}: nobody has said that it is deployed", service),
            fmt::format("deploy the application, then: planner next {} --deployed {}RELEASE",
                        plan_of(input).name, service.empty() || open.size() == 1 ? "" : service + "="));
    }
  }
  return made;
}

/// Names the new release no longer uses: whatever the original renames or drops.
struct OldName {
  Identifier relation, column;
};
std::vector<OldName> old_names(const GateInput& input) {
  std::vector<OldName> names;
  for (const Intention& intention : intentions_of(*input.chosen)) {
    if (const auto* op = std::get_if<RenameColumn>(&intention.operation))
      names.push_back({op->table.name, op->from});
    if (const auto* op = std::get_if<DropColumn>(&intention.operation))
      names.push_back({op->table.name, op->column});
    if (const auto* op = std::get_if<RenameTable>(&intention.operation))
      names.push_back({op->table.name, Identifier()});
  }
  return names;
}

using Calls = std::map<std::string, std::pair<long long, std::string>>;  // by query id

Calls statements_seen(Connection& session, const std::string& view) {
  Calls calls;
  for (const Row& row :
       session
           .exec("SELECT queryid::text || '/' || userid::text, calls, query FROM " + view +
                 " WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())")
           .rows) {
    calls[row.at(0).value_or("")] = {std::stoll(row.at(1).value_or("0")), row.at(2).value_or("")};
  }
  return calls;
}

bool names_old(const std::string& query, const std::vector<OldName>& names) {
  try {
    const Expression statement = Expression::parse_query(query);
    const ExpressionFacts& facts = statement.facts();
    return std::any_of(names.begin(), names.end(), [&](const OldName& name) {
      const bool relation = std::any_of(facts.relations.begin(), facts.relations.end(),
                                        [&](const ObjectName& used) { return used.name == name.relation; });
      return relation && (name.column.empty() || statement.mentions(name.column));
    });
  } catch (const Error&) {
    return false;  // a utility statement, or cut off
  }
}

Gate statements(const GateInput& input) {
  Gate made =
      gate("statements", fmt::format("no statement of {} seconds names what the new release no longer uses",
                                     input.watch_seconds));
  const std::vector<OldName> names = old_names(input);
  std::vector<std::pair<std::string, Calls>> first;
  for (const Environment& environment : *input.environments) {
    const Result view = environment.session->exec(
        "SELECT quote_ident(n.nspname) || '.pg_stat_statements' FROM pg_extension e JOIN pg_namespace n ON "
        "n.oid = e.extnamespace WHERE e.extname = "
        "'pg_stat_statements'");
    if (view.empty()) {
      unknown(made, environment.name + ": the extension pg_stat_statements is not installed",
              "leave --watch out, or install it");
      first.emplace_back();
      continue;
    }
    try {
      first.emplace_back(view.text(), statements_seen(*environment.session, view.text()));
    } catch (const DatabaseError& error) {
      unknown(made, fmt::format("{}: {}", environment.name, error.what()));
      first.emplace_back();
    }
  }
  std::this_thread::sleep_for(std::chrono::seconds(input.watch_seconds));
  for (std::size_t i = 0; i < first.size(); ++i) {
    const auto& [view, before] = first[i];
    if (view.empty()) continue;
    const Environment& environment = (*input.environments)[i];
    std::size_t moved = 0;
    for (const auto& [id, call] : statements_seen(*environment.session, view)) {
      const auto same = before.find(id);
      if (same != before.end() && same->second.first == call.first) continue;
      ++moved;
      if (names_old(call.second, names)) {
        fails(made, fmt::format("{}: still sent: {}", environment.name, redact(call.second.substr(0, 120))),
              "find who sends it: an old process, a job, a report");
      }
    }
    made.found.push_back(
        fmt::format("{}: {} were looked at", environment.name, report::counted(moved, "statement")));
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
  if (needs_release(plan_of(input), input.phase)) {
    gates.push_back(release(input));
    if (input.watch_seconds > 0) gates.push_back(statements(input));
  }
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
