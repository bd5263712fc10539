#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "planner/engine.h"
#include "src/report/terminal.h"

/// The outcome of `planner analyze` and one renderer per format. Renderers print nothing by themselves: they
/// return text.
namespace planner::report {

/// One service's part.
struct AnalyzedService {
  std::string name;       ///< empty: the repository has one
  std::string folder;     ///< `prisma/migrations`
  std::string layout;     ///< `prisma`
  std::string tool;       ///< `prisma-7.4`
  std::string selection;  ///< which migrations were judged and why, one line
  const History* history = nullptr;
  const std::vector<std::string>* shown = nullptr;  ///< texts as on disk where the engine read a changed one
  const Analysis* analysis = nullptr;
};

/// What `planner split` would make of a judged migration.
struct SplitPreview {
  std::string migration;
  std::vector<std::string> phases;  ///< `1_add`; empty when it cannot split yet
  std::string problem;              ///< why not, one sentence
};

struct AnalysisReport {
  std::string version;  ///< of planner
  Severity fail_on = Severity::Error;
  bool show_suppressed = false;
  std::vector<AnalyzedService> services;
  std::vector<Finding> findings;       ///< of all services, in order of place; also those about folders
  std::vector<SplitPreview> previews;  ///< only where a format shows them
};

struct Counts {
  std::size_t errors = 0, warnings = 0, infos = 0, suppressed = 0, in_baseline = 0;
  std::size_t migrations = 0, judged = 0, judged_with_findings = 0, statements = 0, not_looked_at = 0;
};
Counts counts_of(const AnalysisReport& report);

/// Does a finding that counts reach `fail_on`? (Then the exit code is 1.)
bool fails(const AnalysisReport& report);

/// Neither suppressed nor in the baseline.
bool counts(const Finding& finding);

/// A file's text as people see it; empty when it is not part of the report.
std::string_view source_of(const AnalysisReport& report, const Finding& finding);

std::string analysis_as_text(const AnalysisReport& report, const TextStyle& style);
std::string analysis_as_json(const AnalysisReport& report);
/// The same, handed on in pieces: the report of ten thousand migrations need not be in memory at once.
void write_analysis_json(const AnalysisReport& report, const std::function<void(std::string_view)>& sink);
std::string analysis_as_sarif(const AnalysisReport& report, const RuleSet& rules);
std::string analysis_as_github(const AnalysisReport& report);
std::string analysis_as_gitlab(const AnalysisReport& report);
std::string analysis_as_junit(const AnalysisReport& report);
std::string analysis_as_markdown(const AnalysisReport& report);
/// The repository as a page: over time, tables most often locked, findings. Wants AnalyzeOptions::keep_locks.
std::string analysis_as_html(const AnalysisReport& report);

}  // namespace planner::report
