#pragma once

#include <string>
#include <vector>

#include "src/commands/context.h"
#include "src/report/analysis.h"

/// `--format` and `--output`: several reports of one run.
namespace planner::commands {

enum class Format { Text, Json, Sarif, Github, Gitlab, Junit, Markdown, Html };

struct Output {
  Format format = Format::Text;
  std::string file;  ///< empty: standard output
};

/// One output per `--format` (standard output takes one) and per `--output FILE:FORMAT`. Throws Error for
/// unknown words.
std::vector<Output> outputs_of(const std::vector<std::string>& formats,
                               const std::vector<std::string>& files);

std::string render_analysis(const report::AnalysisReport& report, const Output& output,
                            const Context& context);

/// One report of the analysis where it belongs.
void deliver_analysis(const report::AnalysisReport& report, const Output& output, Context& context);

/// Prints the text or replaces the file with it.
void deliver(const Output& output, const std::string& text, Context& context);

}  // namespace planner::commands
