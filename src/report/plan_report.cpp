#include "src/report/plan_report.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "src/report/phase_words.h"

namespace planner::report {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kFormatVersion = 1;

std::string_view outcome_word(SplitResult::Outcome outcome) {
  switch (outcome) {
    case SplitResult::Outcome::Planned:
      return "planned";
    case SplitResult::Outcome::NothingToDo:
      return "nothing-to-do";
    case SplitResult::Outcome::Refused:
      return "refused";
    case SplitResult::Outcome::NeedsAnswer:
      return "needs-answer";
  }
  return "refused";
}

std::string strongest_text(const Phase& phase) {
  const StepLock* lock = strongest_lock(phase);
  return lock == nullptr ? "-" : fmt::format("{} on {}", lock_name(lock->mode), display(lock->relation));
}

std::string bullets(const std::vector<std::string>& lines, const TextStyle& style) {
  std::string out;
  for (const std::string& line : lines) out += "  - " + wrapped(printable(line), style.width, 4, 4) + "\n";
  return out;
}

std::string section(const TextStyle& style, std::string_view title, const std::string& body) {
  return body.empty() ? "" : fmt::format("\n{}\n{}", painted(style, Ink::Strong, title), body);
}

std::string planned_text(const SplitReport& report, const TextStyle& style) {
  const Plan& plan = report.result->plan;
  std::string out = fmt::format(
      "{} {}\n\n", painted(style, Ink::Strong, fmt::format("Plan {}:", plan.name)),
      report.written ? fmt::format("{} in {}", counted(plan.phases.size(), "migration"), report.folder)
                     : fmt::format("{} that would be written to {}", counted(plan.phases.size(), "migration"),
                                   report.folder));
  std::vector<std::vector<std::string>> rows{{"phase", "runs with", "strongest lock", "what it does"}};
  for (const Phase& phase : plan.phases) {
    rows.push_back({phase.folder, std::string(window_words(phase.window)), strongest_text(phase),
                    printable(phase.title)});
  }
  out += table(rows, style);

  std::string application;
  for (const Phase& phase : plan.phases) {
    std::string text;
    if (!phase.deploy_before.empty()) text += "Before it: " + printable(phase.deploy_before) + " ";
    text += printable(phase.application);
    for (const PrismaAdvice& advice : phase.prisma)
      text += (text.empty() ? "" : "\n") +
              fmt::format("schema.prisma, {}: {}", printable(advice.model), printable(advice.text));
    if (!phase.reversible)
      text += (text.empty() ? "" : "\n") + fmt::format("Cannot be undone: {}", printable(phase.reverse_note));
    if (!text.empty())
      application += fmt::format("  {}: {}\n", painted(style, Ink::Place, phase.folder),
                                 wrapped(text, style.width, 4 + display_width(phase.folder), 4));
  }
  out += section(style, "The application", application);
  out += section(style, "Notes", bullets(plan.notes, style));
  out += section(style, "A development database that has the original already",
                 bullets(plan.development, style));
  if (report.explain)
    out += section(style, "Why these phases in this order", bullets(plan.order_reasons, style));
  if (!report.written) {
    for (const auto& [name, text] : report.files) {
      if (name == "plan.toml" || name == "original.sql") continue;
      out += fmt::format("\n{}\n{}", painted(style, Ink::Place, "==> " + name), text);
    }
  }
  if (!report.released.empty()) out += section(style, "Released", fmt::format("  {}\n", report.released));
  out += section(style, "To commit", bullets(report.commit, style));
  out += section(style, "Next", bullets(report.next, style));
  return out;
}

Json phase_json(const Phase& phase, const SplitReport& report) {
  Json json{{"folder", phase.folder},
            {"number", phase.number},
            {"part", phase.part},
            {"kind", phase_name(phase.kind)},
            {"title", phase.title},
            {"why", phase.why},
            {"window", window_name(phase.window)},
            {"deploy_before", phase.deploy_before},
            {"application", phase.application},
            {"commits", phase.commits},
            {"reversible", phase.reversible},
            {"reverse_note", phase.reverse_note}};
  json["locks"] = Json::array();
  for (const StepLock& lock : phase.locks) {
    json["locks"].push_back(
        {{"relation", display(lock.relation)}, {"mode", lock_name(lock.mode)}, {"how_long", lock.how_long}});
  }
  for (const auto& [key, conditions] :
       {std::pair{"before", &phase.before}, std::pair{"after", &phase.after}}) {
    json[key] = Json::array();
    for (const Condition& condition : *conditions)
      json[key].push_back({{"says", condition.says}, {"query", condition.query.str()}});
  }
  json["schema_prisma"] = Json::array();
  for (const PrismaAdvice& advice : phase.prisma)
    json["schema_prisma"].push_back({{"model", advice.model}, {"text", advice.text}});
  const auto text_of = [&](const char* name) {
    const auto file = report.files.find(phase.folder + "/" + name);
    return file == report.files.end() ? Json(nullptr) : Json(file->second);
  };
  json["migration_sql"] = text_of("migration.sql");
  json["rollback_sql"] = text_of("rollback.sql");
  return json;
}

}  // namespace

std::string split_as_text(const SplitReport& report, const TextStyle& style) {
  const SplitResult& result = *report.result;
  switch (result.outcome) {
    case SplitResult::Outcome::Planned:
      return planned_text(report, style);
    case SplitResult::Outcome::NothingToDo: {
      std::string out = fmt::format("{} {} can be deployed as it is; no plan was written.\n",
                                    painted(style, Ink::Good, "Nothing to do:"), report.migration);
      out += bullets(result.explanations, style);
      return out;
    }
    case SplitResult::Outcome::Refused:
    case SplitResult::Outcome::NeedsAnswer: {
      const bool refused = result.outcome == SplitResult::Outcome::Refused;
      std::string out = fmt::format(
          "{} {}\n", painted(style, Ink::Error, refused ? "Refused:" : "An answer is needed:"),
          refused ? fmt::format("{} cannot be split safely; nothing was written.", report.migration)
                  : fmt::format("{} says too little; nothing was written.", report.migration));
      for (const SplitResult::Problem& problem : result.problems) {
        out += "  - " + wrapped(printable(problem.what), style.width, 4, 4) + "\n";
        if (!problem.what_to_do.empty()) {
          out += fmt::format("    {}: {}\n", painted(style, Ink::Help, "help"),
                             wrapped(printable(problem.what_to_do), style.width, 10, 10));
        }
      }
      return out;
    }
  }
  return "";
}

std::string split_as_json(const SplitReport& report) {
  const SplitResult& result = *report.result;
  Json json{{"format", "planner-split"}, {"version", kFormatVersion}, {"planner", report.version}};
  json["outcome"] = outcome_word(result.outcome);
  json["service"] = report.service;
  json["migration"] = report.migration;
  json["path"] = report.path;
  json["problems"] = Json::array();
  for (const SplitResult::Problem& problem : result.problems) {
    json["problems"].push_back({{"what", problem.what}, {"what_to_do", problem.what_to_do}});
  }
  json["explanations"] = result.explanations;
  json["plan"] = nullptr;
  if (result.outcome == SplitResult::Outcome::Planned) {
    const Plan& plan = result.plan;
    Json phases = Json::array();
    for (const Phase& phase : plan.phases) phases.push_back(phase_json(phase, report));
    json["plan"] = {{"name", plan.name},
                    {"folder", report.folder},
                    {"written", report.written},
                    {"phases", phases},
                    {"notes", plan.notes},
                    {"development", plan.development},
                    {"order", plan.order_reasons},
                    {"commit", report.commit},
                    {"next", report.next},
                    {"released", report.released.empty() ? Json(nullptr) : Json(report.released)},
                    {"released_files", report.released_files}};
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace planner::report
