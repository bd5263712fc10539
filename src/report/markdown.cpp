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

/// What is open at once is read in ten seconds; the rest is a click away.
constexpr std::size_t kOpenRows = 20;
/// GitHub takes no comment of more than 65,536 characters. Our own few lines at the end fit into the rest.
constexpr std::size_t kMostBytes = 60'000;
constexpr std::string_view kHead = "\n| | where | what happens | what to do |\n|---|---|---|---|\n";

/// What counts, the worst first.
std::vector<const Finding*> by_severity(const AnalysisReport& report) {
  std::vector<const Finding*> found;
  for (const Finding& finding : report.findings) {
    if (counts(finding)) found.push_back(&finding);
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Finding* a, const Finding* b) { return a->severity > b->severity; });
  return found;
}

std::string row_of(const Finding& finding) {
  const std::string place =
      finding.span.end > finding.span.begin
          ? fmt::format("{}:{}", finding.migration.empty() ? finding.path : finding.migration,
                        finding.start.line)
          : finding.path;
  return fmt::format("| {} `{}` | `{}` | {} | {} |\n", severity_name(finding.severity), finding.rule, place,
                     message_text(finding.message), message_text(finding.help));
}

std::string statement_of(const AnalysisReport& report, const Finding& finding) {
  const std::string_view source = source_of(report, finding);
  if (source.empty() || finding.span.end <= finding.span.begin || finding.span.end > source.size()) return "";
  std::string out = fmt::format(
      "{} `{}:{}:{}`\n\n{}", inline_text(finding.rule), finding.path, finding.start.line,
      finding.start.column, fenced(source.substr(finding.span.begin, finding.span.end - finding.span.begin)));
  for (const std::string& note : finding.notes) out += fmt::format("- {}\n", message_text(note));
  return out + '\n';
}

std::string findings_text(const AnalysisReport& report) {
  const std::vector<const Finding*> found = by_severity(report);
  if (found.empty()) return "";
  std::string out(kHead);
  std::size_t shown = 0;
  const auto add_rows = [&](std::size_t most) {
    for (; shown < std::min(most, found.size()); ++shown) {
      const std::string row = row_of(*found[shown]);
      if (out.size() + row.size() > kMostBytes) return;
      out += row;
    }
  };
  add_rows(kOpenRows);
  const std::string phases = previews(report);
  if (out.size() + phases.size() <= kMostBytes) out += phases;
  if (shown == kOpenRows && found.size() > kOpenRows) {
    out += fmt::format("\n<details><summary>{} more</summary>\n{}", counted(found.size() - shown, "finding"),
                       kHead);
    add_rows(found.size());
    out += "\n</details>\n";
  }
  if (shown < found.size()) {
    return out +
           fmt::format("\n{} left out, because a comment takes no more; the check's own report lists them.\n",
                       counted(found.size() - shown, "finding"));
  }
  out += "\n<details><summary>The statements</summary>\n\n";
  for (const Finding* finding : found) {
    const std::string statement = statement_of(report, *finding);
    if (out.size() + statement.size() > kMostBytes) {
      out +=
          "The statements of the findings after this one are left out, because a comment takes no more.\n\n";
      break;
    }
    out += statement;
  }
  return out + "</details>\n";
}

}  // namespace

std::string analysis_as_markdown(const AnalysisReport& report) {
  std::string out = verdict(report, counts_of(report)) + findings_text(report);
  for (const AnalyzedService& service : report.services)
    out += fmt::format("\n<sub>{}</sub>\n", inline_text(service.selection));
  return out;
}

}  // namespace planner::report
