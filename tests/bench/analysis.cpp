// The cost of `planner analyze`: against the parser alone, against squawk, and in memory.
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "tests/bench/histories.h"
#include "tests/bench/measure.h"
#include "tests/support/files.h"

namespace planner::bench {
namespace {

constexpr int kRounds = 7;
constexpr int kHeavyRounds = 3;
constexpr double kParserLimit = 1.6;   // whole histories, start-up included from 100 files on
constexpr double kOneFileLimit = 3.0;  // one pending file in its history, against squawk on that file alone
constexpr double kSquawkLimit = 1.0 / 3.0;
constexpr double kMemoryLimit = 60;
constexpr double kGrowthLimit = 3.0;  // twice as much work in one file: 2 is linear, 4 is its square

double middle(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void against_parser(const HistoryFiles& history, Results& results) {
  std::vector<double> parse;
  std::vector<Cost> replay, all;
  const std::string last = history.files.back().parent_path().filename().string();
  for (int round = 0; round < kRounds; ++round) {
    parse.push_back(parse_alone_ms(history));
    replay.push_back(run({planner_program(), "analyze", last, "--format", "json"}, history.folder));
    all.push_back(run({planner_program(), "analyze", "--all", "--format", "json"}, history.folder));
  }
  const double alone = middle(parse);
  const bool limited = history.files.size() > 100;
  results.note(fmt::format("{}: {} files, {:.0f} kB, the parser alone {:.1f} ms", history.name,
                           history.files.size(), static_cast<double>(history.bytes) / 1000.0, alone));
  results.ratio("  replayed whole, the last one judged: time / parser", median(replay).wall_ms / alone,
                limited ? std::optional(kParserLimit) : std::nullopt);
  results.ratio("  every migration judged: time / parser", median(all).wall_ms / alone,
                limited ? std::optional(kParserLimit) : std::nullopt);
  results.ratio("  every migration judged: processor time of all threads / parser",
                median(all).cpu_ms / alone, std::nullopt);
}

}  // namespace

void measure_histories(Results& results) {
  results.heading("Whole histories, start-up included, against pg_query_parse_protobuf for the same files");
  const std::vector<HistoryFiles> real = real_histories();
  if (real.empty()) results.skipped("real histories", "there is no ../shared/corpus beside the repository");
  for (const HistoryFiles& history : real) against_parser(history, results);
  const test::TemporaryFolder folder;
  against_parser(generated_history(folder.path(), 1000), results);
}

void measure_one_file(Results& results) {
  results.heading(
      "One pending file judged in the context of its history, against squawk for that file alone");
  const auto squawk = squawk_program();
  if (!squawk) return results.skipped("squawk", "it is not installed: .ci/peers installs it with npm");
  std::vector<HistoryFiles> histories = real_histories();
  const test::TemporaryFolder folder;
  if (histories.empty()) histories.push_back(generated_history(folder.path(), 434));
  const HistoryFiles& history = histories.front();
  std::vector<Cost> ours, theirs;
  const std::string last = history.files.back().parent_path().filename().string();
  for (int round = 0; round < 3 * kRounds; ++round) {
    ours.push_back(run({planner_program(), "analyze", last, "--format", "json"}, history.folder));
    theirs.push_back(run({*squawk, "--reporter", "Json", history.files.back().string()}, history.folder));
  }
  results.note(fmt::format("{}, {} migrations: planner {:.1f} ms, squawk {:.1f} ms", history.name,
                           history.files.size(), median(ours).wall_ms, median(theirs).wall_ms));
  results.ratio("  time / squawk on the file alone", median(ours).wall_ms / median(theirs).wall_ms,
                kOneFileLimit);
}

void measure_squawk(Results& results) {
  results.heading("Whole histories, both writing JSON, against squawk");
  const auto squawk = squawk_program();
  if (!squawk) return results.skipped("squawk", "it is not installed: .ci/peers installs it with npm");
  std::vector<HistoryFiles> histories = real_histories();
  const test::TemporaryFolder folder;
  histories.push_back(generated_history(folder.path(), 1000));
  double ours_total = 0, theirs_total = 0;
  for (const HistoryFiles& history : histories) {
    std::vector<std::string> their_call{*squawk, "--reporter", "Json"};
    for (const auto& file : history.files) their_call.push_back(file.string());
    std::vector<Cost> ours, theirs;
    for (int round = 0; round < kRounds; ++round) {
      ours.push_back(run({planner_program(), "analyze", "--all", "--format", "json"}, history.folder));
      theirs.push_back(run(their_call, history.folder));
    }
    const Cost our = median(ours), their = median(theirs);
    ours_total += our.wall_ms;
    theirs_total += their.wall_ms;
    results.note(fmt::format(
        "{:<28} {:>5} files: planner {:>6.0f} ms {:>4.0f} MB, squawk {:>6.0f} ms {:>4.0f} MB", history.name,
        history.files.size(), our.wall_ms, our.peak_megabytes, their.wall_ms, their.peak_megabytes));
  }
  results.ratio("  time of all / squawk", ours_total / theirs_total, kSquawkLimit);
}

void measure_memory(Results& results) {
  results.heading("Peak memory for 10,000 migrations on 1,000 tables");
  const test::TemporaryFolder folder;
  const HistoryFiles history = generated_history(folder.path(), 10'000);
  const std::string last = history.files.back().parent_path().filename().string();
  const Cost one = run({planner_program(), "analyze", last, "--format", "json"}, history.folder);
  const Cost all = run({planner_program(), "analyze", "--all", "--format", "json"}, history.folder);
  results.figure("replayed whole, the last one judged", one.peak_megabytes, "MB", kMemoryLimit);
  results.figure("every migration judged", all.peak_megabytes, "MB", kMemoryLimit);
}

void measure_growth(Results& results) {
  results.heading("One file with a great many changes, judged: time for twice as many of them");
  struct Case {
    const char* what;
    Heavy kind;
    std::size_t count;
  };
  const Case cases[] = {{"parts of one ALTER TABLE", Heavy::OneAlterTable, 800},
                        {"ALTER TABLE statements of one table", Heavy::AlterTables, 800},
                        {"CREATE TABLE statements", Heavy::CreateTables, 4000},
                        {"SELECT statements", Heavy::Selects, 50'000}};
  for (const Case& one : cases) {
    const test::TemporaryFolder small_folder, large_folder;
    const HistoryFiles small = heavy_history(small_folder.path(), one.kind, one.count);
    const HistoryFiles large = heavy_history(large_folder.path(), one.kind, 2 * one.count);
    std::vector<Cost> half, whole;
    for (int round = 0; round < kHeavyRounds; ++round) {
      for (const auto& [history, costs] : {std::pair(&small, &half), std::pair(&large, &whole)}) {
        const std::string last = history->files.back().parent_path().filename().string();
        costs->push_back(run({planner_program(), "analyze", last, "--format", "json"}, history->folder));
      }
    }
    results.note(fmt::format("{} {}: {:.0f} ms, {:.0f} MB; twice as many: {:.0f} ms, {:.0f} MB", one.count,
                             one.what, median(half).cpu_ms, median(half).peak_megabytes, median(whole).cpu_ms,
                             median(whole).peak_megabytes));
    results.ratio("  processor time / half of it", median(whole).cpu_ms / median(half).cpu_ms, kGrowthLimit);
  }
}

}  // namespace planner::bench
