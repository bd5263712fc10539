#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>
#include <memory>
#include <thread>

#include "planner/error.h"
#include "planner/phase_findings.h"
#include "plans/registry.h"
#include "rules/registry.h"
#include "src/commands/baseline.h"
#include "src/commands/commands.h"
#include "src/commands/outputs.h"
#include "src/commands/select.h"
#include "src/commands/settings.h"
#include "src/project/files.h"
#include "src/project/release.h"
#include "src/report/analysis.h"
#include "version.h"

namespace planner::commands {
namespace {

struct Options {
  SelectionOptions selection;
  std::vector<std::string> formats;
  std::vector<std::string> outputs;
  std::string fail_on;
  bool show_suppressed = false;
  bool from_stdin = false;
  std::string name;
  std::string baseline;
  std::optional<std::string> write_baseline;  ///< given bare: empty
};

/// What src/ found in the folder, in git or in the database; the engine sees only SQL, so planner.toml's word
/// about these is applied here.
std::vector<Finding> history_findings(const SelectedService& selected, const project::Config& config) {
  std::vector<Finding> findings = selected.service.folder.findings;
  findings.insert(findings.end(), selected.findings.begin(), selected.findings.end());
  for (Finding& finding : findings) finding.service = selected.service.name;
  return as_configured(std::move(findings), config);
}

bool every_migration(const Selection& selection) {
  return std::all_of(selection.services.begin(), selection.services.end(),
                     [](const SelectedService& selected) { return selected.every; });
}

/// `--write-baseline`, or what an earlier one accepted.
void use_baseline(const std::optional<std::string>& write, const std::string& read,
                  const Selection& selection, std::vector<Finding>& findings, Context& context) {
  if (write) {
    const std::string file = baseline_file(*write, selection.config);
    write_baseline(file, findings);
    const auto held = std::count_if(findings.begin(), findings.end(),
                                    [](const Finding& finding) { return finding.in_baseline; });
    context.say(fmt::format("{} holds {}: they no longer count", file,
                            report::counted(static_cast<std::size_t>(held), "finding")));
    return;
  }
  const std::optional<std::string> file = existing_baseline(read, selection.config);
  if (!file) return;
  const std::size_t gone = apply_baseline(*file, findings);
  if (gone > 0 && every_migration(selection)) {
    context.say(fmt::format("{} of {} without a finding now: write it again with --write-baseline",
                            report::counted(gone, "entry", "entries"), *file));
  }
}

/// Reviewers read the phases of what they are asked to merge, not those of a whole history.
constexpr std::size_t kPreviews = 20;

void preview_splits(const SelectedService& selected, const Analysis& analysis, const SplitOptions& options,
                    const RuleSettings& rules, std::vector<report::SplitPreview>& previews) {
  for (const JudgedMigration& judged : analysis.judged) {
    if (previews.size() >= kPreviews) return;
    const bool worth_it = std::any_of(
        judged.findings.begin(), judged.findings.end(),
        [](const Finding& finding) { return !finding.recipe.empty() && finding.suppressed_by.empty(); });
    if (!worth_it) continue;
    const SplitResult result = split(selected.loaded.history, judged.index, all_rules(), all_recipes(),
                                     options, rules, selected.live ? &*selected.live : nullptr);
    report::SplitPreview preview;
    preview.migration = selected.loaded.history.migrations[judged.index].name;
    for (const Phase& phase : result.plan.phases) preview.phases.push_back(phase.folder);
    if (result.outcome == SplitResult::Outcome::NothingToDo) continue;
    if (result.outcome != SplitResult::Outcome::Planned) {
      preview.phases.clear();
      preview.problem = result.problems.empty() ? "cannot be split" : result.problems.front().what;
    }
    previews.push_back(std::move(preview));
  }
}

/// Phases that stand in the history as planner wrote them: the plan's gates see to what its last ones take
/// away.
void settle_phases(const SelectedService& selected, Analysis& analysis) {
  const project::Service& service = selected.service;
  for (const project::fs::path& folder : project::plans_in(service.plans)) {
    project::StoredPlan stored;
    try {
      stored = project::load_plan(folder);
    } catch (const Error&) {
      continue;  // a plan nobody can read speaks for no migration; `planner status` says so
    }
    if (!stored.edited.empty()) continue;
    for (const Phase& phase : stored.plan.phases) {
      const std::optional<std::size_t> file = project::released_as(service, stored.plan, phase);
      if (!file || !project::is_released_text(service, stored, phase, *file)) continue;
      for (JudgedMigration& judged : analysis.judged) {
        if (selected.loaded.history.migrations[judged.index].name == service.folder.files[*file].name)
          settle_phase_findings({stored.plan.name, phase.folder, phase.window}, judged.findings);
      }
    }
  }
}

/// The process is about to end and gives its memory back in one go; taking thousands of tables apart first
/// costs a tenth of the time that judging one migration takes.
template <typename Value>
void leave_to_the_system(Value value) {
  // Reachable to the end and never destroyed: nobody lost it.
  static std::vector<const Value*>& left = *new std::vector<const Value*>();
  left.push_back(new Value(std::move(value)));
}

void run(const Options& options, Context& context) {
  const std::vector<Output> outputs = outputs_of(options.formats, options.outputs);
  fail_level(options.fail_on, {});  // a word nobody knows is said before anything is read
  SelectionOptions chosen = options.selection;
  chosen.reports_history = true;
  Selection selection = select_migrations(chosen, context);
  check_rule_names(selection.config);
  const RuleBook rules(selection.config);

  report::AnalysisReport report;
  report.version = kPlannerVersion;
  report.show_suppressed = options.show_suppressed;
  report.fail_on = fail_level(options.fail_on, selection.config);

  AnalyzeOptions analyze_options;
  analyze_options.rules = rule_settings(selection.config);
  analyze_options.recipes = &all_recipes();
  analyze_options.threads = std::max(1U, std::thread::hardware_concurrency());

  const bool with_previews = std::any_of(
      outputs.begin(), outputs.end(), [](const Output& output) { return output.format == Format::Markdown; });
  analyze_options.keep_locks = std::any_of(
      outputs.begin(), outputs.end(), [](const Output& output) { return output.format == Format::Html; });
  SplitOptions split_options;
  split_options.effects = analyze_options.rules.effects;

  std::vector<Analysis> analyses;
  analyses.reserve(selection.services.size());
  for (const SelectedService& selected : selection.services) {
    analyze_options.base = selected.live ? &*selected.live : nullptr;
    // Of a whole history nobody knows what is deployed together; each migration is judged as if it went
    // alone.
    analyze_options.each_alone = selected.every;
    analyze_options.rules.ownership = ownership_of(selection.config, selected.service.name);
    analyses.push_back(analyze(selected.loaded.history, rules.all(), analyze_options));
    settle_phases(selected, analyses.back());
    const project::MigrationFolder& folder = selected.service.folder;
    report.services.push_back({selected.service.name, project::shown(folder.path),
                               std::string(project::facts_of(folder.layout).name),
                               std::string(tool_name(selected.service.tool)), selected.reason,
                               &selected.loaded.history, &selected.loaded.shown, &analyses.back()});
    if (with_previews)
      preview_splits(selected, analyses.back(), split_options, analyze_options.rules, report.previews);
    std::vector<Finding> findings = history_findings(selected, selection.config);
    std::size_t found = findings.size();
    for (const JudgedMigration& judged : analyses.back().judged) found += judged.findings.size();
    findings.reserve(found);
    for (JudgedMigration& judged : analyses.back().judged) {
      std::move(judged.findings.begin(), judged.findings.end(), std::back_inserter(findings));
      judged.findings = std::vector<Finding>();
    }
    if (report.findings.empty()) {
      report.findings = std::move(findings);
    } else {
      std::move(findings.begin(), findings.end(), std::back_inserter(report.findings));
    }
  }

  use_baseline(options.write_baseline, options.baseline, selection, report.findings, context);
  for (const Output& output : outputs) deliver_analysis(report, output, context);
  context.exit_code = report::fails(report) ? kExitFindings : kExitOk;
  leave_to_the_system(std::move(analyses));
  leave_to_the_system(std::move(selection));
}

}  // namespace

void add_analyze(CLI::App& program, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand(
      "analyze", "Show what in the pending migrations would stop, break or lose something");
  add_selection_options(*command, options->selection);
  command
      ->add_option("--format", options->formats,
                   "text, json, sarif, github, gitlab, junit, markdown or html (default: text)")
      ->type_name("NAME");
  command->add_option("--output", options->outputs, "Also write a report to a file: report.sarif:sarif")
      ->type_name("FILE:FORMAT");
  command
      ->add_option("--fail-on", options->fail_on,
                   "Exit 1 for findings from this severity on: error (default), warning, info or never")
      ->type_name("LEVEL");
  command
      ->add_option("--baseline", options->baseline,
                   "File of old findings that do not count (default: planner-baseline.json, if it is there)")
      ->type_name("FILE");
  command
      ->add_option("--write-baseline", options->write_baseline,
                   "Write what is found now into the baseline; only new findings count from then on")
      ->expected(0, 1)
      ->type_name("[FILE]");
  CLI::Option* name = command->add_option("--name", options->name, "The file that --stdin will be saved as")
                          ->type_name("FILE");
  command
      ->add_flag(
          "--stdin", options->from_stdin,
          "Judge the text on standard input as the file --name, in the context of its history: for editors")
      ->needs(name);
  command->add_flag("--show-ignored", options->show_suppressed,
                    "Also list findings that a `-- planner:ignore` comment silences");
  command->footer(
      "Exit codes: 0 nothing at or above --fail-on; 1 findings; 2 it could not run.\n\n"
      "Examples:\n"
      "  planner analyze                          what is new on this branch\n"
      "  planner analyze rename_name_to_fullname  one migration, by the part of its name after the "
      "timestamp\n"
      "  planner analyze --database               what is pending in $DATABASE_URL\n"
      "  planner analyze --base origin/main --format github --output report.sarif:sarif\n"
      "  planner analyze services/billing --all --format json\n"
      "  planner analyze --all --output migrations.html:html   the whole repository as a page\n"
      "  planner analyze --all --write-baseline   take what is there as it is; report only what comes\n"
      "  planner analyze --stdin --name prisma/migrations/20240102030405_add_age/migration.sql --format "
      "json");
  command->callback([options, &context] {
    if (!options->name.empty() && !options->from_stdin)
      throw Error("--name says what --stdin is", "add --stdin, or give the file as PATH");
    if (options->from_stdin) options->selection.unsaved = options->name;
    run(*options, context);
  });
}

}  // namespace planner::commands
