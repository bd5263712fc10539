#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "planner/engine.h"
#include "planner/engine_judge.h"
#include "planner/engine_workers.h"
#include "planner/recognize/walk.h"
#include "planner/replay/replay.h"
#include "planner/schema_age.h"
#include "planner/tool_table.h"

namespace planner {
namespace {

bool not_understood(const Statement& statement) {
  if (statement.problem != ParseProblem::None) return true;
  return std::any_of(
      statement.operations.begin(), statement.operations.end(),
      [](const Operation& operation) { return std::holds_alternative<Unrecognized>(operation); });
}

std::string place(const Migration& migration, std::uint32_t offset) {
  return migration.path + ":" + std::to_string(position_of(migration.text, offset).line) + ": ";
}

/// Applied migrations: their effect on the schema, and what could not be followed.
void replay_applied(const Migration& migration, const ParsedFile& file, Schema& schema,
                    std::vector<std::string>& gaps) {
  for (const Statement& statement : file.statements) {
    if (statement.problem != ParseProblem::None)
      gaps.push_back(place(migration, statement.error_at) + statement.error);
  }
  for (const FileProblem& problem : replay_file(schema, file)) {
    gaps.push_back(place(migration, file.statements[problem.statement].span.begin) + problem.problem.message);
  }
}

/// What waited for the end of the history is a finding or nothing now.
void settle_open(Analysis& analysis) {
  for (JudgedMigration& judged : analysis.judged) {
    for (auto& [finding, holds] : judged.open) {
      if (holds(analysis.end)) judged.findings.push_back(std::move(finding));
    }
    if (judged.open.empty()) continue;
    judged.open = decltype(judged.open)();
    std::stable_sort(judged.findings.begin(), judged.findings.end(),
                     [](const Finding& a, const Finding& b) { return a.span.begin < b.span.begin; });
    judged.found = judged.findings.size();
  }
}

}  // namespace

Analysis analyze(const History& history, const RuleSet& rules, const AnalyzeOptions& options) {
  Analysis analysis;
  Schema schema = options.base != nullptr ? *options.base : schema_at_start(history.tool);
  // What one version refuses another takes.
  if (schema.server_version == 0) schema.server_version = options.rules.effects.server_version;
  std::vector<const Migration*> read;
  std::vector<std::size_t> indexes;
  for (std::size_t i = 0; i < history.migrations.size(); ++i) {
    // A live database already shows what the applied migrations did.
    if (options.base != nullptr && !history.migrations[i].pending) continue;
    read.push_back(&history.migrations[i]);
    indexes.push_back(i);
  }
  const std::vector<std::string> names = split_names(history);

  const auto pending = static_cast<std::size_t>(
      std::count_if(read.begin(), read.end(), [](const Migration* migration) { return migration->pending; }));
  // Judging needs no one's result: only the replay goes in order.
  constexpr std::size_t kWorthThreads = 8;
  const unsigned helpers = options.threads > 1 && pending >= kWorthThreads ? options.threads - 1 : 0;
  analysis.judged.resize(pending);

  ParsedFiles files(read, history.tool, options.threads);
  AsideJobs jobs(helpers);
  std::size_t judged_before = 0;
  for (std::size_t i = 0; i < read.size(); ++i) {
    const Migration& migration = *read[i];
    ParsedFiles::Read next = files.next(i);
    analysis.statements += next.file.statements.size();
    const auto skipped = static_cast<std::size_t>(
        std::count_if(next.file.statements.begin(), next.file.statements.end(), not_understood));
    analysis.unrecognized += skipped;
    if (!migration.pending) {
      replay_applied(migration, next.file, schema, analysis.gaps);
      continue;
    }
    JudgedMigration& slot = analysis.judged[judged_before++];
    const std::size_t index = indexes[i];
    const Schema before = schema;
    // std::function copies what it holds.
    const auto parsed = std::make_shared<const ParsedFiles::Read>(std::move(next));
    const auto replayed = std::make_shared<const Replayed>(replay_pending(parsed->file, schema));
    jobs.add([&history, &migration, &names, &rules, &options, &slot, index, skipped, parsed, replayed] {
      slot = judge_migration({history, migration, names[index]}, parsed->file, parsed->deliveries, *replayed,
                             rules, options);
      slot.index = index;
      slot.not_looked_at = skipped;
      // Thousands of judged migrations are kept to be reported; of what judging needed only findings and
      // questions are. (`= {}` would keep the memory.)
      if (!options.keep_intentions) slot.intentions = std::vector<Intention>();
      if (options.each_alone) slot.questions = std::vector<Intention>();
      slot.findings.shrink_to_fit();
    });
    if (options.each_alone) forget_new(schema, before);
  }
  jobs.finish();
  for (std::string& gap : schema.distinct_gaps()) analysis.gaps.push_back(std::move(gap));
  analysis.end = std::move(schema);
  settle_open(analysis);
  return analysis;
}

}  // namespace planner
