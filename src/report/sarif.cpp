#include <fmt/core.h>

#include <map>
#include <nlohmann/json.hpp>

#include "src/report/analysis.h"

namespace planner::report {
namespace {

using Json = nlohmann::ordered_json;

const char* level_of(Severity severity) {
  switch (severity) {
    case Severity::Error:
      return "error";
    case Severity::Warning:
      return "warning";
    case Severity::Info:
      return "note";
    case Severity::Off:
      break;
  }
  return "none";
}

/// A relative reference of RFC 3986: what is not allowed in a path is percent-encoded.
std::string uri_of(std::string_view path) {
  std::string uri;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                       (byte >= '0' && byte <= '9') ||
                       std::string_view("-._~/!$&'()*+,;=@").find(c) != std::string_view::npos;
    if (plain) {
      uri += c;
    } else {
      uri += fmt::format("%{:02X}", static_cast<unsigned>(byte));
    }
  }
  return uri;
}

Json result_of(const Finding& finding, const std::map<std::string, std::size_t>& places) {
  std::string text = finding.message;
  if (!finding.help.empty()) text += "\n" + finding.help;
  Json result{{"ruleId", finding.rule}};
  const auto place = places.find(finding.rule);
  if (place != places.end()) result["ruleIndex"] = place->second;
  result["level"] = level_of(finding.severity);
  result["message"] = {{"text", text}};
  Json location{{"artifactLocation", {{"uri", uri_of(finding.path)}}}};
  if (finding.span.end > finding.span.begin) {
    location["region"] = {{"startLine", finding.start.line},
                          {"startColumn", finding.start.column},
                          {"endLine", finding.end.line},
                          {"endColumn", finding.end.column}};
  }
  result["locations"] = Json::array({Json{{"physicalLocation", location}}});
  if (!finding.object.empty()) {
    result["locations"][0]["logicalLocations"] = Json::array({Json{{"fullyQualifiedName", finding.object}}});
  }
  result["partialFingerprints"] = {{"planner/v1", finding.fingerprint}};
  if (!finding.suppressed_by.empty()) {
    result["suppressions"] =
        Json::array({Json{{"kind", "inSource"}, {"justification", finding.suppressed_by}}});
  } else if (finding.in_baseline) {
    result["suppressions"] = Json::array({Json{{"kind", "external"}}});
  }
  return result;
}

}  // namespace

std::string analysis_as_sarif(const AnalysisReport& report, const RuleSet& rules) {
  std::map<std::string, std::size_t> places;
  Json descriptors = Json::array();
  for (const Rule* rule : rules) {
    places[std::string(rule->id)] = descriptors.size();
    descriptors.push_back({{"id", rule->id},
                           {"shortDescription", {{"text", rule->summary}}},
                           {"defaultConfiguration", {{"level", level_of(rule->severity)}}},
                           {"properties", {{"category", category_name(rule->category)}}}});
  }
  Json results = Json::array();
  for (const Finding& finding : report.findings) results.push_back(result_of(finding, places));
  const Json log{
      {"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
      {"version", "2.1.0"},
      {"runs",
       Json::array({Json{
           {"tool", {{"driver", {{"name", "planner"}, {"version", report.version}, {"rules", descriptors}}}}},
           {"columnKind", "unicodeCodePoints"},
           {"results", results}}})}};
  return log.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace planner::report
