#include <fmt/core.h>

#include <algorithm>

#include "planner/sql/places.h"
#include "src/report/analysis.h"
#include "src/report/snippet.h"

namespace planner::report {
namespace {

Ink ink_of(Severity severity) {
  switch (severity) {
    case Severity::Error:
      return Ink::Error;
    case Severity::Warning:
      return Ink::Warning;
    default:
      return Ink::Info;
  }
}

/// ` = help: ...` with further lines under the first word.
std::string remark(const TextStyle& style, int gutter, std::string_view word, const std::string& text) {
  const int indent = gutter + 3 + static_cast<int>(word.size()) + 2;
  const Ink ink = word == "help" ? Ink::Help : Ink::Strong;
  return fmt::format("{} {} {}: {}\n", std::string(static_cast<std::size_t>(gutter), ' '),
                     painted(style, Ink::Place, "="), painted(style, ink, word),
                     wrapped(printable(text), style.width, indent, indent));
}

int digits_of(int number) { return static_cast<int>(std::to_string(number).size()); }

/// The text a finding stands in. Findings of one file come together.
class Sources {
 public:
  explicit Sources(const AnalysisReport& report) : report_(report) {}
  std::string_view of(const Finding& finding) {
    if (last_ == nullptr || last_->path != finding.path || last_->service != finding.service) {
      text_ = source_of(report_, finding);
      lines_ = Lines(text_);
    }
    last_ = &finding;
    return text_;
  }
  /// In the text that was asked for last.
  int line_of(std::uint32_t offset) { return lines_.position_of(offset).line; }

 private:
  const AnalysisReport& report_;
  const Finding* last_ = nullptr;
  std::string_view text_;
  Lines lines_{{}};
};

std::string one_finding(Sources& sources, const Finding& finding, const TextStyle& style) {
  const std::string head = fmt::format("{}[{}]", severity_name(finding.severity), finding.rule);
  const int indent = 2;
  std::string out = fmt::format(
      "{}: {}\n", painted(style, ink_of(finding.severity), head),
      painted(style, Ink::Strong,
              wrapped(printable(finding.message), style.width, static_cast<int>(head.size()) + 2, indent)));
  const std::string_view source = sources.of(finding);
  const bool has_place = !source.empty() && finding.span.end > finding.span.begin;
  const int gutter = has_place ? std::max(2, digits_of(sources.line_of(finding.span.end))) : 2;
  const std::string arrow =
      std::string(static_cast<std::size_t>(gutter), ' ') + painted(style, Ink::Place, "-->");
  if (has_place) {
    out += fmt::format("{} {}:{}:{}\n", arrow, printable(finding.path), finding.start.line,
                       finding.start.column);
    out += snippet(source, finding.span, sources.line_of(finding.span.begin), ink_of(finding.severity),
                   gutter, style);
  } else {
    out += fmt::format("{} {}\n", arrow, printable(finding.path));
  }
  for (const std::string& note : finding.notes) out += remark(style, gutter, "note", note);
  if (!finding.suppressed_by.empty()) out += remark(style, gutter, "ignored", finding.suppressed_by);
  if (!finding.help.empty()) out += remark(style, gutter, "help", finding.help);
  return out;
}

std::string summary(const AnalysisReport& report, const TextStyle& style) {
  const Counts all = counts_of(report);
  std::string found;
  const auto add = [&](std::size_t number, const char* word, Ink ink) {
    if (number == 0) return;
    found += (found.empty() ? "" : ", ") +
             painted(style, ink, counted(number, word, number == 1 ? "" : std::string(word) + "s"));
  };
  add(all.errors, "error", Ink::Error);
  add(all.warnings, "warning", Ink::Warning);
  add(all.infos, "remark", Ink::Info);
  if (found.empty()) found = painted(style, Ink::Good, "nothing found");
  std::string rest = all.judged == 0 ? "no migration was judged"
                                     : fmt::format("{} judged", counted(all.judged, "migration"));
  if (all.migrations > all.judged) rest += fmt::format(" in a history of {}", all.migrations);
  rest += fmt::format(", {} read", counted(all.statements, "statement"));
  if (all.not_looked_at > 0) rest += fmt::format(", {} not looked at", all.not_looked_at);
  if (all.suppressed > 0) rest += fmt::format(", {} ignored by comment", counted(all.suppressed, "finding"));
  if (all.in_baseline > 0) rest += fmt::format(", {} in the baseline", counted(all.in_baseline, "finding"));
  return fmt::format("{}: {}\n", found, rest);
}

}  // namespace

std::string analysis_as_text(const AnalysisReport& report, const TextStyle& style) {
  std::string out;
  Sources sources(report);
  for (const Finding& finding : report.findings) {
    if (!counts(finding) && !report.show_suppressed) continue;
    out += one_finding(sources, finding, style);
    out += '\n';
  }
  for (const AnalyzedService& service : report.services) {
    constexpr std::size_t kShownGaps = 10;
    const std::vector<std::string>& gaps = service.analysis->gaps;
    for (std::size_t i = 0; i < std::min(gaps.size(), kShownGaps); ++i) {
      out += fmt::format("{}: {}\n", painted(style, Ink::Info, "not looked at"),
                         wrapped(printable(gaps[i]), style.width, 15, 2));
    }
    if (gaps.size() > kShownGaps)
      out += fmt::format("... and {} more (all of them in --format json)\n", gaps.size() - kShownGaps);
    if (!gaps.empty()) out += '\n';
  }
  return out + summary(report, style);
}

}  // namespace planner::report
