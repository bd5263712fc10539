#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "src/report/analysis.h"
#include "src/report/html.h"

/// What continuous integration reads: GitHub's workflow commands, GitLab's code quality, JUnit.
namespace planner::report {
namespace {

using Json = nlohmann::ordered_json;

std::string replaced(std::string_view text, const std::vector<std::pair<char, std::string_view>>& by) {
  std::string out;
  for (const char c : text) {
    const auto found = std::find_if(by.begin(), by.end(), [c](const auto& pair) { return pair.first == c; });
    if (found == by.end()) {
      out += c;
    } else {
      out += found->second;
    }
  }
  return out;
}

std::string github_text(std::string_view text) {
  return replaced(text, {{'%', "%25"}, {'\r', "%0D"}, {'\n', "%0A"}});
}
std::string github_property(std::string_view text) {
  return replaced(text, {{'%', "%25"}, {'\r', "%0D"}, {'\n', "%0A"}, {':', "%3A"}, {',', "%2C"}});
}

std::string xml(std::string_view text) {
  std::string out;
  for (const char c : escaped(text)) {
    if (c == '\n') {
      out += "&#10;";
    } else {
      // XML 1.0 has no way to write other control characters.
      out += static_cast<unsigned char>(c) < 0x20 && c != '\t' ? '?' : c;
    }
  }
  return out;
}

const char* gitlab_severity(Severity severity) {
  switch (severity) {
    case Severity::Error:
      return "critical";
    case Severity::Warning:
      return "major";
    default:
      return "info";
  }
}

std::string place_of(const Finding& finding) {
  if (finding.span.end <= finding.span.begin) return finding.path;
  return fmt::format("{}:{}:{}", finding.path, finding.start.line, finding.start.column);
}

}  // namespace

std::string analysis_as_github(const AnalysisReport& report) {
  std::string out;
  for (const Finding& finding : report.findings) {
    if (!counts(finding)) continue;
    const char* command = finding.severity == Severity::Error     ? "error"
                          : finding.severity == Severity::Warning ? "warning"
                                                                  : "notice";
    out += fmt::format("::{} file={}", command, github_property(finding.path));
    if (finding.span.end > finding.span.begin) {
      out += fmt::format(",line={},endLine={}", finding.start.line, finding.end.line);
      // GitHub takes columns only within one line.
      if (finding.start.line == finding.end.line)
        out += fmt::format(",col={},endColumn={}", finding.start.column, finding.end.column);
    }
    std::string text = finding.message;
    if (!finding.help.empty()) text += "\n" + finding.help;
    out += fmt::format(",title={}::{}\n", github_property("planner: " + finding.rule), github_text(text));
  }
  return out;
}

std::string analysis_as_gitlab(const AnalysisReport& report) {
  Json issues = Json::array();
  std::map<std::string, int> seen;
  for (const Finding& finding : report.findings) {
    if (!counts(finding)) continue;
    std::string fingerprint = finding.fingerprint;
    // GitLab drops issues whose fingerprint it has seen in the same report.
    if (const int before = seen[finding.fingerprint]++; before > 0)
      fingerprint += fmt::format("-{}", before + 1);
    issues.push_back(
        {{"description", finding.help.empty() ? finding.message : finding.message + ". " + finding.help},
         {"check_name", finding.rule},
         {"fingerprint", fingerprint},
         {"severity", gitlab_severity(finding.severity)},
         {"location",
          {{"path", finding.path}, {"lines", {{"begin", finding.start.line}, {"end", finding.end.line}}}}}});
  }
  return issues.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string analysis_as_junit(const AnalysisReport& report) {
  std::map<std::string, std::vector<const Finding*>> by_path;
  for (const Finding& finding : report.findings) {
    if (counts(finding)) by_path[finding.path].push_back(&finding);
  }
  std::size_t tests = 0, failures = 0;
  std::string cases;
  const auto add_case = [&](const std::string& group, const std::string& name, const std::string& path) {
    ++tests;
    std::string failing, other;
    const auto found = by_path.find(path);
    if (found != by_path.end()) {
      for (const Finding* finding : found->second) {
        const std::string text =
            fmt::format("{}[{}] {}\n{}\n{}\n\n", severity_name(finding->severity), finding->rule,
                        place_of(*finding), finding->message, finding->help);
        const bool fails_here = report.fail_on != Severity::Off && finding->severity >= report.fail_on;
        (fails_here ? failing : other) += text;
      }
      by_path.erase(found);
    }
    cases += fmt::format("    <testcase classname=\"{}\" name=\"{}\" file=\"{}\">", xml(group), xml(name),
                         xml(path));
    if (!failing.empty()) {
      ++failures;
      cases += fmt::format("\n      <failure message=\"{}\">{}</failure>\n    ",
                           xml(failing.substr(0, failing.find('\n'))), xml(failing));
    }
    if (!other.empty()) cases += fmt::format("\n      <system-out>{}</system-out>\n    ", xml(other));
    cases += "</testcase>\n";
  };
  for (const AnalyzedService& service : report.services) {
    for (const JudgedMigration& judged : service.analysis->judged) {
      const Migration& migration = service.history->migrations[judged.index];
      add_case(service.name.empty() ? service.folder : service.name, migration.name, migration.path);
    }
  }
  // What is left belongs to no judged migration: findings about folders.
  while (!by_path.empty()) {
    const std::string path = by_path.begin()->first;
    add_case("migrations", path, path);
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"{0}\" failures=\"{1}\">\n  <testsuite "
      "name=\"planner analyze\" tests=\"{0}\" "
      "failures=\"{1}\" errors=\"0\">\n{2}  </testsuite>\n</testsuites>\n",
      tests, failures, cases);
}

}  // namespace planner::report
