// Measurements, as ratios within one run. usage: planner_bench [histories] [one-file] [squawk] [memory]
// [growth] [backfill] [locks]; none named: all.
#include <fmt/core.h>

#include <algorithm>
#include <exception>
#include <functional>
#include <string>
#include <vector>

#include "tests/bench/measure.h"

int main(int argc, char** argv) {
  using planner::bench::Results;
  const std::vector<std::pair<std::string, std::function<void(Results&)>>> parts{
      {"histories", planner::bench::measure_histories}, {"one-file", planner::bench::measure_one_file},
      {"squawk", planner::bench::measure_squawk},       {"memory", planner::bench::measure_memory},
      {"growth", planner::bench::measure_growth},       {"backfill", planner::bench::measure_backfill},
      {"locks", planner::bench::measure_locks},
  };
  const std::vector<std::string> wanted(argv + 1, argv + argc);
  try {
    Results results;
    bool any = false;
    for (const auto& [name, measure] : parts) {
      if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), name) == wanted.end()) continue;
      any = true;
      measure(results);
    }
    if (!any) {
      fmt::print(
          stderr,
          "planner_bench: there is no such part; they are: histories, one-file, squawk, memory, growth, "
          "backfill, locks\n");
      return 2;
    }
    fmt::print("\n{}\n", results.all_good() ? "Every limit is kept." : "A limit is broken.");
    return results.all_good() ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "planner_bench: {}\n", error.what());
    return 2;
  }
}
