#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "src/report/analysis.h"

namespace planner::report {
namespace {

/// Text inside a table cell or a sentence: Markdown's marks lose their meaning, line breaks become spaces.
std::string inline_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n' || c == '\r') {
      out += ' ';
      continue;
    }
    if (c == '<') {
      out += "&lt;";
      continue;
    }
    if (std::string_view("|*_[]\\#").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

/// Text between backquotes keeps its characters; only what would end the cell is escaped.
std::string message_text(std::string_view text) {
  std::string out;
  bool in_code = false;
  std::string piece;
  const auto flush = [&] {
    out += in_code ? piece : inline_text(piece);
    piece.clear();
  };
  for (const char c : text) {
    if (c == '`') {
      flush();
      in_code = !in_code;
      out += '`';
    } else if (in_code && c == '|') {
      piece += "\\|";
    } else {
      piece += c;
    }
  }
  if (in_code) piece = inline_text(piece);
  out += piece;
  return out;
}

/// A fence longer than any run of backquotes in the text.
std::string fenced(std::string_view text) {
  std::size_t longest = 2, run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const std::string fence(longest + 1, '`');
  return fmt::format("{}sql\n{}\n{}\n", fence, text, fence);
}

std::string verdict(const AnalysisReport& report, const Counts& all) {
  if (all.errors + all.warnings + all.infos == 0) {
    return fmt::format("**planner:** nothing found in {}.\n", counted(all.judged, "migration"));
  }
  std::string found;
  for (const auto& [number, word] :
       {std::pair{all.errors, "error"}, std::pair{all.warnings, "warning"}, std::pair{all.infos, "remark"}}) {
    if (number > 0) found += (found.empty() ? "" : ", ") + counted(number, word);
  }
  return fmt::format("**planner: {}** in {} of {}{}.\n", found, all.judged_with_findings,
                     counted(all.judged, "migration"),
                     fails(report) ? "" : "; none reaches the level at which this check fails");
}

std::string previews(const AnalysisReport& report) {
  if (report.previews.empty()) return "";
  std::string out = "\nIn phases (`planner split`):\n\n";
  for (const SplitPreview& preview : report.previews) {
    std::string phases;
    for (const std::string& phase : preview.phases)
      phases += fmt::format("{}`{}`", phases.empty() ? "" : " → ", phase);
    out += fmt::format("- `{}`: {}\n", preview.migration,
                       phases.empty() ? message_text(preview.problem) : phases);
  }
  return out;
}

}  // namespace

std::string analysis_as_markdown(const AnalysisReport& report) {
  const Counts all = counts_of(report);
  std::string out = verdict(report, all);
  if (all.errors + all.warnings + all.infos > 0) {
    out += "\n| | where | what happens | what to do |\n|---|---|---|---|\n";
    for (const Finding& finding : report.findings) {
      if (!counts(finding)) continue;
      const std::string place =
          finding.span.end > finding.span.begin
              ? fmt::format("{}:{}", finding.migration.empty() ? finding.path : finding.migration,
                            finding.start.line)
              : finding.path;
      out += fmt::format("| {} `{}` | `{}` | {} | {} |\n", severity_name(finding.severity), finding.rule,
                         place, message_text(finding.message), message_text(finding.help));
    }
    out += previews(report);
    out += "\n<details><summary>The statements</summary>\n\n";
    for (const Finding& finding : report.findings) {
      if (!counts(finding)) continue;
      const std::string_view source = source_of(report, finding);
      if (source.empty() || finding.span.end <= finding.span.begin || finding.span.end > source.size())
        continue;
      out += fmt::format("{} `{}:{}:{}`\n\n{}", inline_text(finding.rule), finding.path, finding.start.line,
                         finding.start.column,
                         fenced(source.substr(finding.span.begin, finding.span.end - finding.span.begin)));
      for (const std::string& note : finding.notes) out += fmt::format("- {}\n", message_text(note));
      out += '\n';
    }
    out += "</details>\n";
  }
  for (const AnalyzedService& service : report.services)
    out += fmt::format("\n<sub>{}</sub>\n", inline_text(service.selection));
  return out;
}

}  // namespace planner::report
