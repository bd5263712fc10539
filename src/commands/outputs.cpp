#include "src/commands/outputs.h"

#include <fmt/core.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <utility>

#include "planner/error.h"
#include "rules/registry.h"
#include "src/project/config.h"
#include "src/project/files.h"

namespace planner::commands {
namespace {

constexpr std::array<std::pair<std::string_view, Format>, 8> kFormats{{{"text", Format::Text},
                                                                       {"json", Format::Json},
                                                                       {"sarif", Format::Sarif},
                                                                       {"github", Format::Github},
                                                                       {"gitlab", Format::Gitlab},
                                                                       {"junit", Format::Junit},
                                                                       {"markdown", Format::Markdown},
                                                                       {"html", Format::Html}}};

std::optional<Format> format_named(std::string_view word) {
  for (const auto& [name, format] : kFormats) {
    if (name == word) return format;
  }
  return std::nullopt;
}

Format known_format(const std::string& word, const std::string& option) {
  if (const std::optional<Format> format = format_named(word)) return *format;
  throw Error(fmt::format("{} does not know the format \"{}\"", option, word),
              "there are text, json, sarif, github, gitlab, junit, markdown and html");
}

}  // namespace

std::vector<Output> outputs_of(const std::vector<std::string>& formats,
                               const std::vector<std::string>& files) {
  if (formats.size() > 1) {
    throw Error("--format was given more than once, and standard output takes one report",
                "write the others to files: --output report.json:json");
  }
  std::vector<Output> outputs;
  outputs.push_back({formats.empty() ? Format::Text : known_format(formats.front(), "--format"), ""});
  for (const std::string& file : files) {
    const std::size_t colon = file.rfind(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == file.size()) {
      throw Error(fmt::format("--output {} does not say which format", file),
                  "write --output FILE:FORMAT, as in report.sarif:sarif");
    }
    outputs.push_back({known_format(file.substr(colon + 1), "--output"), file.substr(0, colon)});
  }
  return outputs;
}

std::string render_analysis(const report::AnalysisReport& report, const Output& output,
                            const Context& context) {
  switch (output.format) {
    case Format::Text: {
      report::TextStyle style = output.file.empty() ? context.out_style() : report::TextStyle{};
      return report::analysis_as_text(report, style);
    }
    case Format::Json:
      return report::analysis_as_json(report);
    case Format::Sarif:
      return report::analysis_as_sarif(report, all_rules());
    case Format::Github:
      return report::analysis_as_github(report);
    case Format::Gitlab:
      return report::analysis_as_gitlab(report);
    case Format::Junit:
      return report::analysis_as_junit(report);
    case Format::Markdown:
      return report::analysis_as_markdown(report);
    case Format::Html:
      return report::analysis_as_html(report);
  }
  return "";
}

void deliver_analysis(const report::AnalysisReport& report, const Output& output, Context& context) {
  if (output.format == Format::Json && output.file.empty()) {
    report::write_analysis_json(report, [&](std::string_view piece) { context.write(piece); });
  } else {
    deliver(output, render_analysis(report, output, context), context);
  }
}

void deliver(const Output& output, const std::string& text, Context& context) {
  if (output.file.empty()) {
    if (output.format == Format::Text) {
      context.print(text);
    } else {
      context.write(text);
    }
    return;
  }
  // Beside the target and renamed over it: whoever reads the report sees the old one or the whole new one.
  const project::fs::path target(output.file);
  if (target.has_parent_path()) project::make_folders(target.parent_path());
  const project::fs::path beside = output.file + ".planner-" + std::to_string(::getpid());
  project::write_file(beside, text);
  project::rename_path(beside, target, "the report");
}

}  // namespace planner::commands
