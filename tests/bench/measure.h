#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

/// What every measurement shares. Limits are ratios between things measured alternately in one run: the
/// machine's speed cancels out.
namespace planner::bench {

/// One run of a program.
struct Cost {
  double wall_ms = 0;
  double cpu_ms = 0;          ///< user and system time, all threads
  double peak_megabytes = 0;  ///< resident
  int exit_code = -1;
};

/// Runs a program (no shell) with its output thrown away; the folder is its working directory.
Cost run(const std::vector<std::string>& arguments, const std::filesystem::path& folder);

/// The median of each figure.
Cost median(std::vector<Cost> costs);

/// Keeps what was measured against which limit and prints it as one aligned table.
class Results {
 public:
  /// `limit`: the highest ratio that is good; none for a figure that is only shown.
  void ratio(const std::string& what, double value, std::optional<double> limit);
  void figure(const std::string& what, double value, const std::string& unit,
              std::optional<double> limit = std::nullopt);
  void note(const std::string& text);
  void skipped(const std::string& what, const std::string& why);
  void heading(const std::string& text);
  bool all_good() const { return good_; }

 private:
  bool good_ = true;
};

/// `../shared` beside the repository, when it is there.
std::optional<std::filesystem::path> shared_folder();
/// The built program.
std::string planner_program();
/// squawk's own binary as `.ci/peers` installs it from npm, when it is there.
std::optional<std::string> squawk_program();

// Each prints its part.
void measure_histories(Results& results);
void measure_one_file(Results& results);
void measure_squawk(Results& results);
void measure_memory(Results& results);
void measure_growth(Results& results);
/// Needs PostgreSQL's server programs. PLANNER_BENCH_ROWS and PLANNER_BENCH_ROUNDS make it smaller.
void measure_backfill(Results& results);
void measure_locks(Results& results);

}  // namespace planner::bench
