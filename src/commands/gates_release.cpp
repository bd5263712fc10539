#include "src/commands/gates_release.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <thread>
#include <variant>

#include "planner/error.h"
#include "planner/shell_word.h"
#include "planner/sql/expression.h"
#include "src/database/url.h"
#include "src/project/release.h"
#include "src/report/terminal.h"

namespace planner::commands {
namespace {

/// Shorter than this, that nobody wrote the old column says nothing about which release runs.
constexpr int kWatchThatConfirms = 10;
/// What pg_stat_statements shows of another user's statement without pg_read_all_stats.
constexpr const char* kHidden = "<insufficient privilege>";

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

bool is_drop(const GateInput& input) { return plan_of(input).phases[input.phase].kind == PhaseKind::Drop; }

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
    auto& [number, query] = calls[row.at(0).value_or("")];  // statements that may not be seen share one id
    number += std::stoll(row.at(1).value_or("0"));
    query = row.at(2).value_or("");
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

/// One environment's counters and statements at one moment.
struct Look {
  std::map<std::string, long long> counters;  ///< by quoted name of the sequence
  std::string view;                           ///< pg_stat_statements; empty: it cannot be read
  Calls calls;
  std::string no_counters, no_view;  ///< why not
};

/// The sequences that the plan's mirrors move with every row written through an old column.
std::map<std::string, long long> counters_in(const GateInput& input, Connection& session) {
  std::map<std::string, long long> counters;
  const auto& phases = plan_of(input).phases;
  for (const Row& row : session
                            .exec("SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname), c.relname "
                                  "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE "
                                  "c.relkind = 'S' AND c.relname LIKE 'planner\\_old\\_writes\\_%'")
                            .rows) {
    const std::string name = quoted(Identifier(row.at(1).value_or("")));
    if (std::none_of(phases.begin(), phases.end(), [&](const Phase& phase) {
          return phase.migration.str().find(name) != std::string::npos;
        }))
      continue;
    counters[row.at(0).value_or("")] =
        session.exec("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM " + row.at(0).value_or(""))
            .number();
  }
  return counters;
}

Look look_at(const GateInput& input, const Environment& environment) {
  Look look;
  try {
    look.counters = counters_in(input, *environment.session);
  } catch (const DatabaseError& error) {
    look.no_counters = error.what();
  }
  if (input.watch_seconds == 0) return look;
  try {
    const Result view = environment.session->exec(
        "SELECT quote_ident(n.nspname) || '.pg_stat_statements' FROM pg_extension e JOIN pg_namespace n ON "
        "n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'");
    if (view.empty()) return look;
    look.calls = statements_seen(*environment.session, view.text());
    look.view = view.text();
  } catch (const DatabaseError& error) {
    look.no_view = error.what();
  }
  return look;
}

std::string columns_said(const GateInput& input) {
  std::string said;
  for (const OldName& name : old_names(input)) {
    if (!name.column.empty())
      said += fmt::format("{}\"{}\" of {}", said.empty() ? "" : ", ", name.column.str(), name.relation.str());
  }
  return said.empty() ? "the old column" : said;
}

Gate old_writes(const GateInput& input, const std::vector<Look>& before, const std::vector<Look>& after,
                int seconds) {
  Gate made = gate("old-writes", fmt::format("no row is written through {}", columns_said(input)));
  for (std::size_t i = 0; i < before.size(); ++i) {
    const std::string& name = (*input.environments)[i].name;
    if (!before[i].no_counters.empty()) unknown(made, fmt::format("{}: {}", name, before[i].no_counters));
    for (const auto& [sequence, count] : before[i].counters) {
      const auto same = after[i].counters.find(sequence);
      const long long moved = same == after[i].counters.end() ? 0 : same->second - count;
      const std::string span = report::counted(static_cast<std::size_t>(seconds), "second");
      if (moved > 0) {
        fails(made,
              fmt::format("{}: {} written through it within {}", name,
                          report::counted(static_cast<std::size_t>(moved), "row was", "rows were"), span),
              "find the process of the old release that still writes; its sessions are in pg_stat_activity");
      } else {
        made.found.push_back(
            fmt::format("{}: none within {}; {} since the dual-write phase", name, span,
                        count == 0 ? "none" : report::counted(static_cast<std::size_t>(count), "row")));
      }
    }
  }
  if (made.state == GateState::Holds && input.watch_seconds == 0)
    made.found.push_back("that is a short look: --watch SECONDS takes a longer one");
  return made;
}

/// May the counter stand in for somebody's word? Not before something is dropped: an old process that only
/// reads fails then.
bool seen_quiet(const GateInput& input, const std::vector<Look>& before, const Gate& writes) {
  return input.watch_seconds >= kWatchThatConfirms && !is_drop(input) && !before.empty() &&
         writes.state == GateState::Holds &&
         std::all_of(before.begin(), before.end(), [](const Look& look) { return !look.counters.empty(); });
}

/// True: nobody of the old release is connected anywhere.
bool look_for_sessions(const GateInput& input, Gate& made) {
  bool gone = !input.environments->empty();
  for (const Environment& environment : *input.environments) {
    const int sessions = sessions_of(*environment.session, input.old_application);
    if (sessions > 0) {
      gone = false;
      fails(
          made,
          fmt::format("{}: {} of \"{}\" still connected", environment.name,
                      report::counted(static_cast<std::size_t>(sessions), "session"), input.old_application),
          "finish the rollout of the new release");
    } else {
      made.found.push_back(
          fmt::format("{}: no session of \"{}\" is connected", environment.name, input.old_application));
    }
  }
  return gone;
}

Gate release(const GateInput& input, bool quiet) {
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
  bool seen_gone = quiet;
  if (quiet)
    made.found.push_back(
        fmt::format("no row was written through {} for {}", columns_said(input),
                    report::counted(static_cast<std::size_t>(input.watch_seconds), "second")));
  if (!input.old_application.empty()) seen_gone = look_for_sessions(input, made) || seen_gone;
  if (!seen_gone) {
    // Without a name the plan's own service is meant: another one's word would be taken for its.
    const std::string& own = input.chosen->service().name;
    for (const std::string& service : open) {
      const std::string whose = service.empty() || (service == own && open.size() == 1) ? "" : service + "=";
      fails(made,
            service.empty() ? "nobody has said that it is deployed"
                            : fmt::format("{}: nobody has said that it is deployed", service),
            fmt::format("deploy the application, then: planner next {} --deployed {}",
                        shell_word(plan_of(input).name), shell_word(whose + "RELEASE")));
    }
  }
  return made;
}

Gate statements(const GateInput& input, const std::vector<Look>& before, const std::vector<Look>& after,
                bool counted) {
  Gate made =
      gate("statements", fmt::format("no statement of {} seconds names what the new release no longer uses",
                                     input.watch_seconds));
  const std::vector<OldName> names = old_names(input);
  for (std::size_t i = 0; i < before.size(); ++i) {
    const std::string& environment = (*input.environments)[i].name;
    if (before[i].view.empty() || after[i].view.empty()) {
      const std::string why = before[i].no_view.empty() ? after[i].no_view : before[i].no_view;
      const std::string none = environment + ": the extension pg_stat_statements is not installed";
      if (why.empty() && counted) {
        made.found.push_back(none);  // what was asked for was watched: the counter
      } else {
        unknown(made, why.empty() ? none : fmt::format("{}: {}", environment, why),
                "leave --watch out, or install it");
      }
      continue;
    }
    std::size_t moved = 0, hidden = 0;
    for (const auto& [id, call] : after[i].calls) {
      const auto same = before[i].calls.find(id);
      if (same != before[i].calls.end() && same->second.first == call.first) continue;
      ++moved;
      if (call.second == kHidden) ++hidden;
      if (names_old(call.second, names)) {
        fails(made, fmt::format("{}: still sent: {}", environment, redact(call.second.substr(0, 120))),
              "find who sends it: an old process, a job, a report");
      }
    }
    made.found.push_back(fmt::format("{}: {} looked at", environment,
                                     report::counted(moved, "statement was", "statements were")));
    if (hidden > 0)
      unknown(made,
              fmt::format("{}: {} of other users may not be seen", environment,
                          report::counted(hidden, "statement")),
              "GRANT pg_read_all_stats TO the user that planner connects as");
  }
  return made;
}

}  // namespace

const Plan& plan_of(const GateInput& input) { return input.chosen->stored.plan; }

Gate gate(std::string id, std::string what) {
  Gate made;
  made.id = std::move(id);
  made.what = std::move(what);
  return made;
}

void fails(Gate& made, std::string found, std::string remedy) {
  made.state = GateState::Fails;
  made.found.push_back(std::move(found));
  if (made.remedy.empty()) made.remedy = std::move(remedy);
}

void unknown(Gate& made, std::string found, std::string remedy) {
  if (made.state != GateState::Fails) made.state = GateState::Unknown;
  made.found.push_back(std::move(found));
  if (made.remedy.empty()) made.remedy = std::move(remedy);
}

std::vector<Gate> release_gates(const GateInput& input, bool looks) {
  const bool needed = needs_release(plan_of(input), input.phase);
  const bool new_release_only = plan_of(input).phases[input.phase].window == Window::NewRelease;
  std::vector<Gate> gates;
  if (!needed && !new_release_only) return gates;
  std::vector<Look> before, after;
  bool counted = false;
  if (looks && (new_release_only || input.watch_seconds > 0)) {
    for (const Environment& environment : *input.environments) before.push_back(look_at(input, environment));
    counted = std::any_of(before.begin(), before.end(), [](const Look& look) {
      return !look.counters.empty() || !look.no_counters.empty();
    });
  }
  const int seconds = std::max(input.watch_seconds, counted ? 1 : 0);
  if (!before.empty() && seconds > 0) {
    std::this_thread::sleep_for(std::chrono::seconds(seconds));
    for (const Environment& environment : *input.environments) after.push_back(look_at(input, environment));
  } else {
    before.clear();
  }
  std::vector<Gate> observed;
  bool quiet = false;
  if (counted) {
    observed.push_back(old_writes(input, before, after, seconds));
    quiet = seen_quiet(input, before, observed.back());
  }
  if (needed) {
    gates.push_back(release(input, quiet));
  } else if (!input.old_application.empty()) {
    Gate sessions = gate("sessions", "no process of the old release is left");
    (void)look_for_sessions(input, sessions);
    gates.push_back(std::move(sessions));
  }
  for (Gate& made : observed) gates.push_back(std::move(made));
  if (input.watch_seconds > 0 && !before.empty()) gates.push_back(statements(input, before, after, counted));
  return gates;
}

}  // namespace planner::commands
