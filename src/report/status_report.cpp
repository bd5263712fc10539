#include "src/report/status_report.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace planner::report {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kFormatVersion = 1;
constexpr std::array<const char*, 7> kStates{"applied",     "pending", "running", "failed",
                                             "rolled-back", "edited",  "missing"};

Json optional_text(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

std::size_t count_of(const StatusEnvironment& environment, std::string_view state) {
  return static_cast<std::size_t>(
      std::count_if(environment.migrations.begin(), environment.migrations.end(),
                    [&](const StatusMigration& migration) { return migration.state == state; }));
}

Ink ink_of(std::string_view state) {
  if (state == "applied" || state == "done") return Ink::Good;
  if (state == "failed" || state == "invalid-index") return Ink::Error;
  if (state == "running" || state == "released" || state == "pending") return Ink::Info;
  return Ink::Warning;
}

/// `2026-11-21 03:00:12 UTC` of an ISO time.
std::string moment(const std::string& iso) {
  if (iso.size() < 19) return iso;
  return iso.substr(0, 10) + " " + iso.substr(11, 8) + " UTC";
}

std::string duration(double seconds) {
  if (seconds < 0) return "?";
  if (seconds < 90) return fmt::format("{:.0f} s", seconds);
  if (seconds < 5400) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.1f} h", seconds / 3600);
}

std::string backfill_line(const StatusBackfill& backfill) {
  std::string text = fmt::format("{}: {:.0f} % of {}, {} rows written", backfill.state, backfill.share * 100,
                                 backfill.relation, backfill.rows_done);
  if (backfill.state != "done") text += fmt::format(", about {} left to look at", backfill.rows_left);
  if (backfill.state == "running")
    text += fmt::format(", {:.0f} rows/s, about {} left", backfill.rows_per_second,
                        duration(backfill.seconds_left));
  if (!backfill.reason.empty()) text += " (" + backfill.reason + ")";
  return text;
}

void print_plan(const StatusPlan& plan, const TextStyle& style, std::string& out) {
  out += fmt::format("  plan {}\n", painted(style, Ink::Strong, printable(plan.name)));
  if (!plan.edited.empty()) {
    std::string files;
    for (const std::string& file : plan.edited) files += (files.empty() ? "" : ", ") + file;
    out += fmt::format("    {}: {}\n", painted(style, Ink::Warning, "edited by hand"), printable(files));
  }
  std::size_t widest = 0;
  for (const StatusPhase& phase : plan.phases) widest = std::max(widest, phase.folder.size());
  for (const StatusPhase& phase : plan.phases) {
    const std::string when =
        phase.state == "applied" && !phase.finished_at.empty() ? "  " + moment(phase.finished_at) : "";
    out += fmt::format("    {:<{}}  {}{}\n", printable(phase.folder), widest,
                       painted(style, ink_of(phase.state), phase.state), when);
    for (const StatusBackfill& backfill : plan.backfills) {
      if (backfill.phase == phase.folder)
        out += fmt::format("    {:<{}}  {}\n", "", widest, printable(backfill_line(backfill)));
    }
  }
}

void print_objects(const StatusEnvironment& environment, const TextStyle& style, std::string& out) {
  for (const StatusObject& object : environment.objects) {
    const std::string of = object.table.empty() ? "" : " of " + object.table;
    std::string what;
    if (object.kind == "invalid-index")
      what = fmt::format("index {}{} is INVALID: it is written to and never used", object.name, of);
    if (object.kind == "building-index") what = fmt::format("index {}{} is being built", object.name, of);
    if (object.kind == "not-valid-constraint")
      what = fmt::format("constraint {}{} is NOT VALID: rows from before it were never checked", object.name,
                         of);
    if (object.kind == "planner-object") {
      if (!object.leftover) continue;
      what = object.left_by.empty()
                 ? fmt::format("{} {}{} belongs to no plan of this repository", object.type, object.name, of)
                 : fmt::format("{} {}{} is left over from plan {}", object.type, object.name, of,
                               object.left_by);
    }
    if (!object.plan.empty()) what += fmt::format(" (plan {})", object.plan);
    out += fmt::format(
        "  {}\n",
        painted(style, object.plan.empty() && object.kind != "building-index" ? Ink::Warning : Ink::Info,
                printable(what)));
    if (!object.remove.empty() && object.plan.empty())
      out += fmt::format("    {}: {};\n",
                         object.leftover && object.left_by.empty()
                             ? "if no other repository works on this database, remove it"
                             : "remove it",
                         printable(object.remove));
  }
}

void print_migrations(const StatusReport& report, const StatusEnvironment& environment,
                      const TextStyle& style, std::string& out) {
  constexpr std::size_t kMost = 20;
  for (const char* state : {"failed", "running", "edited", "missing", "rolled-back", "pending", "applied"}) {
    if (std::string_view(state) == "applied" && !report.every_migration) continue;
    std::size_t shown = 0;
    for (const StatusMigration& migration : environment.migrations) {
      if (migration.state != state) continue;
      if (++shown > kMost && !report.every_migration) continue;
      const std::string when = !migration.finished_at.empty()  ? moment(migration.finished_at)
                               : !migration.started_at.empty() ? "started " + moment(migration.started_at)
                                                               : "";
      out += fmt::format("  {}  {}{}\n", painted(style, ink_of(state), fmt::format("{:<11}", state)),
                         printable(migration.name), when.empty() ? "" : "  (" + when + ")");
      if (!migration.logs.empty()) {
        const std::string first = migration.logs.substr(0, 400);
        out += fmt::format("               {}\n", wrapped(printable(first), style.width, 15, 15));
      }
    }
    if (shown > kMost && !report.every_migration)
      out += fmt::format("  ... and {} more {} (--all lists them)\n", shown - kMost, state);
  }
}

std::string counts_line(const StatusEnvironment& environment) {
  std::string text;
  for (const char* state : kStates) {
    const std::size_t count = count_of(environment, state);
    if (count == 0 && std::string_view(state) != "applied" && std::string_view(state) != "pending") continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, state);
  }
  return text;
}

void print_environment(const StatusReport& report, const StatusEnvironment& environment,
                       const TextStyle& style, std::string& out) {
  if (!environment.error.empty()) {
    out += fmt::format("{}: {}\n", painted(style, Ink::Strong, printable(environment.name)),
                       painted(style, Ink::Error, "could not be read: ") + printable(environment.error));
    return;
  }
  if (environment.name.empty()) {
    out += "no database was asked: what is applied is not known\n";
  } else {
    out += fmt::format("{}{}: {}\n", painted(style, Ink::Strong, printable(environment.name)),
                       environment.standby ? " (a read-only standby)" : "", counts_line(environment));
    if (!environment.table_exists)
      out += fmt::format("  {} does not exist: nothing was applied by this tool\n", environment.table);
    if (!environment.note.empty())
      out += fmt::format("  {}\n", wrapped(printable(environment.note), style.width, 2, 2));
  }
  if (!environment.deployer.empty())
    out += fmt::format("  a deploy is running: {}\n", printable(environment.deployer));
  print_migrations(report, environment, style, out);
  for (const StatusPlan& plan : environment.plans) print_plan(plan, style, out);
  print_objects(environment, style, out);
  if (!environment.next.empty()) {
    out += fmt::format("  {} {}\n", painted(style, Ink::Help, "next:"),
                       painted(style, Ink::Strong, printable(environment.next)));
    if (!environment.next_why.empty())
      out += fmt::format("        {}\n", wrapped(printable(environment.next_why), style.width, 8, 8));
  } else if (!environment.next_why.empty()) {
    out += fmt::format("  {} {}\n", painted(style, Ink::Help, "next:"),
                       wrapped(printable(environment.next_why), style.width, 8, 8));
  }
}

Json json_of(const StatusPlan& plan) {
  Json json{{"name", plan.name},
            {"folder", plan.folder},
            {"edited", plan.edited},
            {"phases", Json::array()},
            {"backfills", Json::array()}};
  for (const StatusPhase& phase : plan.phases) {
    json["phases"].push_back({{"folder", phase.folder},
                              {"kind", phase.kind},
                              {"title", phase.title},
                              {"window", phase.window},
                              {"state", phase.state},
                              {"migration", optional_text(phase.migration)},
                              {"finished_at", optional_text(phase.finished_at)},
                              {"reversible", phase.reversible}});
  }
  for (const StatusBackfill& backfill : plan.backfills) {
    json["backfills"].push_back(
        {{"phase", backfill.phase},
         {"relation", backfill.relation},
         {"way", backfill.way},
         {"state", backfill.state},
         {"reason", optional_text(backfill.reason)},
         {"rows_done", backfill.rows_done},
         {"rows_left", backfill.rows_left},
         {"share", backfill.share},
         {"rows_per_second", backfill.rows_per_second},
         {"seconds_left", backfill.seconds_left < 0 ? Json(nullptr) : Json(backfill.seconds_left)},
         {"updated_at", optional_text(backfill.updated_at)}});
  }
  return json;
}

Json json_of(const StatusEnvironment& environment) {
  Json json{{"name", optional_text(environment.name)},
            {"error", optional_text(environment.error)},
            {"table", environment.table},
            {"table_exists", environment.table_exists},
            {"standby", environment.standby},
            {"deployer", optional_text(environment.deployer)}};
  Json counts = Json::object();
  for (const char* state : kStates) counts[state] = count_of(environment, state);
  json["counts"] = std::move(counts);
  json["migrations"] = Json::array();
  for (const StatusMigration& migration : environment.migrations) {
    json["migrations"].push_back({{"name", migration.name},
                                  {"state", migration.state},
                                  {"started_at", optional_text(migration.started_at)},
                                  {"finished_at", optional_text(migration.finished_at)},
                                  {"logs", optional_text(migration.logs)},
                                  {"plan", optional_text(migration.plan)},
                                  {"phase", optional_text(migration.phase)}});
  }
  json["plans"] = Json::array();
  for (const StatusPlan& plan : environment.plans) json["plans"].push_back(json_of(plan));
  json["objects"] = Json::array();
  for (const StatusObject& object : environment.objects) {
    json["objects"].push_back({{"kind", object.kind},
                               {"type", object.type},
                               {"name", object.name},
                               {"table", optional_text(object.table)},
                               {"plan", optional_text(object.plan)},
                               {"leftover", object.leftover},
                               {"remove", optional_text(object.remove)}});
  }
  json["next"] = {{"situation", situation_name(environment.situation)},
                  {"command", optional_text(environment.next)},
                  {"why", optional_text(environment.next_why)}};
  return json;
}

bool needs_attention(const StatusEnvironment& environment) {
  if (!environment.error.empty()) return true;
  for (const char* state : {"pending", "running", "failed", "rolled-back", "edited", "missing"}) {
    if (!environment.name.empty() && count_of(environment, state) > 0) return true;
  }
  const bool object =
      std::any_of(environment.objects.begin(), environment.objects.end(),
                  [](const StatusObject& each) { return each.kind == "invalid-index" || each.leftover; });
  const bool edited = std::any_of(environment.plans.begin(), environment.plans.end(),
                                  [](const StatusPlan& plan) { return !plan.edited.empty(); });
  return object || edited;
}

}  // namespace

std::string_view situation_name(Situation situation) {
  switch (situation) {
    case Situation::Unreadable:
      return "unreadable";
    case Situation::NoDatabase:
      return "no-database";
    case Situation::Standby:
      return "standby";
    case Situation::DeployRunning:
      return "deploy-running";
    case Situation::FailedPhase:
      return "failed-phase";
    case Situation::FailedMigration:
      return "failed-migration";
    case Situation::WayBackCutShort:
      return "way-back-cut-short";
    case Situation::InvalidIndex:
      return "invalid-index";
    case Situation::Pending:
      return "pending";
    case Situation::PendingRisk:
      return "pending-risk";
    case Situation::ReleaseNeeded:
      return "release-needed";
    case Situation::PhaseReady:
      return "phase-ready";
    case Situation::PlanEdited:
      return "plan-edited";
    case Situation::Edited:
      return "edited";
    case Situation::Missing:
      return "missing";
    case Situation::LeftOver:
      return "left-over";
    case Situation::Done:
      break;
  }
  return "done";
}

bool needs_attention(const StatusReport& report) {
  for (const StatusService& service : report.services) {
    for (const StatusEnvironment& environment : service.environments) {
      if (needs_attention(environment)) return true;
    }
  }
  return false;
}

std::string status_as_text(const StatusReport& report, const TextStyle& style) {
  std::string out;
  for (const StatusService& service : report.services) {
    if (!out.empty()) out += "\n";
    out += fmt::format("{}{} ({}, deployed with {})\n", service.name.empty() ? "" : service.name + ": ",
                       printable(service.folder), service.layout, service.tool);
    for (const std::string& note : service.notes)
      out += fmt::format("note: {}\n", wrapped(printable(note), style.width, 6, 6));
    for (const StatusEnvironment& environment : service.environments)
      print_environment(report, environment, style, out);
  }
  return out;
}

std::string status_as_json(const StatusReport& report) {
  Json json{{"format", "planner-status"},
            {"version", kFormatVersion},
            {"planner", report.version},
            {"services", Json::array()}};
  for (const StatusService& service : report.services) {
    Json one{{"name", optional_text(service.name)},
             {"folder", service.folder},
             {"layout", service.layout},
             {"tool", service.tool},
             {"notes", service.notes}};
    one["environments"] = Json::array();
    for (const StatusEnvironment& environment : service.environments)
      one["environments"].push_back(json_of(environment));
    json["services"].push_back(std::move(one));
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace planner::report
