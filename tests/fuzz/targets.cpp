#include "tests/fuzz/targets.h"

#include <cstdint>
#include <stdexcept>
#include <string>

#include "planner/engine.h"
#include "planner/error.h"
#include "plans/registry.h"
#include "rules/registry.h"
#include "src/project/config.h"
#include "src/project/files.h"
#include "src/report/analysis.h"

namespace planner::test {
namespace {

constexpr std::string_view kCut = "--- migration\n";

bool taken_from_disk(const std::string& text) {
  try {
    project::require_plain_text(text, "migration.sql");
    return true;
  } catch (const Error&) {
    return false;
  }
}

History history_of(const std::string& text, Tool tool) {
  const std::size_t cut = text.find(kCut);
  History history;
  history.tool = tool;
  if (cut != std::string::npos) {
    history.migrations.push_back({"20240101000000_before", "before.sql", text.substr(0, cut), false, false});
  }
  history.migrations.push_back({"20240102000000_pending", "pending.sql",
                                cut == std::string::npos ? text : text.substr(cut + kCut.size()), true,
                                false});
  return history;
}

/// Every finding must lie inside its file: editors and reviewers jump to it.
void check_places(const History& history, const Analysis& analysis) {
  for (const JudgedMigration& judged : analysis.judged) {
    const std::size_t size = history.migrations[judged.index].text.size();
    for (const Finding& finding : judged.findings) {
      if (finding.span.begin > finding.span.end || finding.span.end > size) {
        throw std::logic_error(finding.rule + " points behind its file");
      }
    }
  }
}

}  // namespace

void fuzz_migration(std::string_view bytes) {
  const std::string text(bytes);
  if (!taken_from_disk(text)) return;
  RuleSettings settings;
  settings.include_hygiene = true;
  for (const Tool tool : {Tool::PrismaUnknown, Tool::Psql}) {
    const History history = history_of(text, tool);
    AnalyzeOptions options;
    options.rules = settings;
    options.recipes = &all_recipes();
    const Analysis analysis = analyze(history, all_rules(), options);
    check_places(history, analysis);

    report::AnalysisReport shown;
    shown.services.push_back({"", "migrations", "plain", "", "", &history, nullptr, &analysis});
    for (const JudgedMigration& judged : analysis.judged) {
      shown.findings.insert(shown.findings.end(), judged.findings.begin(), judged.findings.end());
    }
    (void)report::analysis_as_text(shown, report::TextStyle{});
    (void)report::analysis_as_json(shown);
    (void)report::analysis_as_sarif(shown, all_rules());
    (void)report::analysis_as_github(shown);
    (void)report::analysis_as_gitlab(shown);
    (void)report::analysis_as_junit(shown);
    (void)report::analysis_as_markdown(shown);

    (void)split(history, history.migrations.size() - 1, all_rules(), all_recipes(), SplitOptions{});
  }
}

void analyze_only(std::string_view bytes) {
  const std::string text(bytes);
  if (!taken_from_disk(text)) return;
  const History history = history_of(text, Tool::PrismaUnknown);
  const Analysis analysis = analyze(history, all_rules(), {});
  check_places(history, analysis);
  report::AnalysisReport shown;
  shown.services.push_back({"", "migrations", "plain", "", "", &history, nullptr, &analysis});
  for (const JudgedMigration& judged : analysis.judged) {
    shown.findings.insert(shown.findings.end(), judged.findings.begin(), judged.findings.end());
  }
  (void)report::analysis_as_text(shown, report::TextStyle{});
  (void)report::analysis_as_json(shown);
}

void fuzz_config(std::string_view bytes) {
  try {
    (void)project::parse_config(std::string(bytes), "planner.toml");
  } catch (const Error& error) {
    if (std::string_view(error.what()).find("planner.toml") == std::string_view::npos) throw;
  }
}

}  // namespace planner::test

#ifdef PLANNER_FUZZ_TARGET
/// libFuzzer's door; see CMakeLists.txt.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  planner::test::PLANNER_FUZZ_TARGET({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
#endif
