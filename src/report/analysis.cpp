#include "src/report/analysis.h"

#include <algorithm>
#include <set>

namespace planner::report {

bool counts(const Finding& finding) {
  return finding.severity != Severity::Off && finding.suppressed_by.empty() && !finding.in_baseline;
}

Counts counts_of(const AnalysisReport& report) {
  Counts all;
  std::set<std::string> with_findings;
  for (const Finding& finding : report.findings) {
    if (!finding.suppressed_by.empty()) {
      ++all.suppressed;
    } else if (finding.in_baseline) {
      ++all.in_baseline;
    } else if (finding.severity == Severity::Error) {
      ++all.errors;
    } else if (finding.severity == Severity::Warning) {
      ++all.warnings;
    } else if (finding.severity == Severity::Info) {
      ++all.infos;
    }
    if (counts(finding)) with_findings.insert(finding.path);
  }
  for (const AnalyzedService& service : report.services) {
    all.migrations += service.history->migrations.size();
    all.judged += service.analysis->judged.size();
    all.statements += service.analysis->statements;
    for (const JudgedMigration& judged : service.analysis->judged) {
      all.not_looked_at += judged.not_looked_at;
      if (with_findings.count(service.history->migrations[judged.index].path) > 0) ++all.judged_with_findings;
    }
  }
  return all;
}

bool fails(const AnalysisReport& report) {
  if (report.fail_on == Severity::Off) return false;
  return std::any_of(report.findings.begin(), report.findings.end(), [&](const Finding& finding) {
    return counts(finding) && finding.severity >= report.fail_on;
  });
}

std::string_view source_of(const AnalysisReport& report, const Finding& finding) {
  for (const AnalyzedService& service : report.services) {
    if (service.name != finding.service) continue;
    const std::vector<Migration>& migrations = service.history->migrations;
    for (std::size_t i = 0; i < migrations.size(); ++i) {
      if (migrations[i].path != finding.path) continue;
      if (service.shown != nullptr && !(*service.shown)[i].empty()) return (*service.shown)[i];
      return migrations[i].text;
    }
  }
  return {};
}

}  // namespace planner::report
