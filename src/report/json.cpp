#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "src/report/analysis.h"

namespace planner::report {
namespace {

using Json = nlohmann::ordered_json;

/// Raised when a field changes its meaning or goes; new fields may come at any time. src/report/schemas/analyze.schema.json
constexpr int kFormatVersion = 1;

std::string_view locked_word(LockedKind kind) {
  switch (kind) {
    case LockedKind::Table:
      return "table";
    case LockedKind::Index:
      return "index";
    case LockedKind::Sequence:
      return "sequence";
    case LockedKind::View:
      return "view";
    case LockedKind::MaterializedView:
      return "materialized-view";
  }
  return "table";
}

Json place(const Position& position, std::uint32_t offset) {
  return {{"line", position.line}, {"column", position.column}, {"offset", offset}};
}

Json finding_json(const Finding& finding) {
  Json json{{"rule", finding.rule},
            {"severity", severity_name(finding.severity)},
            {"category", category_name(finding.category)},
            {"service", finding.service},
            {"migration", finding.migration},
            {"path", finding.path}};
  const bool has_place = finding.span.end > finding.span.begin;
  json["start"] = has_place ? place(finding.start, finding.span.begin) : Json(nullptr);
  json["end"] = has_place ? place(finding.end, finding.span.end) : Json(nullptr);
  json["object"] = finding.object;
  json["message"] = finding.message;
  json["help"] = finding.help;
  json["recipe"] = finding.recipe.empty() ? Json(nullptr) : Json(finding.recipe);
  json["notes"] = finding.notes;
  json["locks"] = Json::array();
  for (const RelationLock& lock : finding.locks) {
    json["locks"].push_back({{"relation", display(lock.relation)}, {"kind", locked_word(lock.kind)}, {"mode", lock_name(lock.mode)}});
  }
  json["suppressed"] = finding.suppressed_by.empty() ? Json(nullptr) : Json(finding.suppressed_by);
  json["baseline"] = finding.in_baseline;
  json["fingerprint"] = finding.fingerprint;
  return json;
}

Json service_json(const AnalyzedService& service) {
  Json json{{"name", service.name}, {"folder", service.folder}, {"layout", service.layout}, {"tool", service.tool}, {"selection", service.selection}};
  json["migrations"] = service.history->migrations.size();
  json["judged"] = Json::array();
  for (const JudgedMigration& judged : service.analysis->judged) {
    const Migration& migration = service.history->migrations[judged.index];
    Json entry{{"name", migration.name},
               {"path", migration.path},
               {"statements", judged.file.statements.size()},
               {"not_looked_at", judged.not_looked_at},
               {"findings", judged.findings.size()}};
    entry["delivery"] = Json::array();
    for (const Delivered& delivered : judged.deliveries) entry["delivery"].push_back(delivered.explanation);
    json["judged"].push_back(std::move(entry));
  }
  json["not_followed"] = service.analysis->gaps;
  return json;
}

}  // namespace

std::string analysis_as_json(const AnalysisReport& report) {
  const Counts all = counts_of(report);
  Json json{{"format", "planner-analyze"}, {"version", kFormatVersion}, {"planner", report.version}};
  json["fail_on"] = severity_name(report.fail_on);
  json["failed"] = fails(report);
  json["summary"] = {{"errors", all.errors},
                     {"warnings", all.warnings},
                     {"infos", all.infos},
                     {"suppressed", all.suppressed},
                     {"in_baseline", all.in_baseline},
                     {"migrations", all.migrations},
                     {"judged", all.judged},
                     {"statements", all.statements},
                     {"not_looked_at", all.not_looked_at}};
  json["services"] = Json::array();
  for (const AnalyzedService& service : report.services) json["services"].push_back(service_json(service));
  json["findings"] = Json::array();
  for (const Finding& finding : report.findings) json["findings"].push_back(finding_json(finding));
  // Messages quote the user's SQL, which is checked to be UTF-8; should a piece of it be cut in the middle of a character, the report
  // must not die of it.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace planner::report
