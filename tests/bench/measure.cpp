#include "tests/bench/measure.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "tests/support/paths.h"

namespace planner::bench {
namespace {

double milliseconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) * 1000.0 + static_cast<double>(time.tv_usec) / 1000.0;
}

template <typename Member>
double middle(std::vector<Cost>& costs, Member member) {
  std::sort(costs.begin(), costs.end(), [&](const Cost& a, const Cost& b) { return a.*member < b.*member; });
  return costs[costs.size() / 2].*member;
}

}  // namespace

Cost run(const std::vector<std::string>& arguments, const std::filesystem::path& folder) {
  std::vector<char*> words;
  for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  const auto begin = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("cannot start " + arguments.front());
  if (child == 0) {
    const int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    if (chdir(folder.c_str()) == 0) execvp(words.front(), words.data());
    _exit(127);
  }
  int status = 0;
  rusage used{};
  if (wait4(child, &status, 0, &used) != child)
    throw std::runtime_error("cannot wait for " + arguments.front());
  Cost cost;
  cost.wall_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  cost.cpu_ms = milliseconds(used.ru_utime) + milliseconds(used.ru_stime);
  cost.peak_megabytes = static_cast<double>(used.ru_maxrss) / 1024.0;
  cost.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  if (cost.exit_code == 127) throw std::runtime_error("cannot run " + arguments.front());
  return cost;
}

Cost median(std::vector<Cost> costs) {
  Cost result;
  result.exit_code = costs.front().exit_code;
  result.wall_ms = middle(costs, &Cost::wall_ms);
  result.cpu_ms = middle(costs, &Cost::cpu_ms);
  result.peak_megabytes = middle(costs, &Cost::peak_megabytes);
  return result;
}

void Results::ratio(const std::string& what, double value, std::optional<double> limit) {
  figure(what, value, "x", limit);
}

void Results::figure(const std::string& what, double value, const std::string& unit,
                     std::optional<double> limit) {
  fmt::print("  {:<72} {:>9.2f} {:<2}", what, value, unit);
  if (limit) {
    const bool within = value <= *limit;
    good_ = good_ && within;
    fmt::print("  limit {:.2f}: {}", *limit, within ? "kept" : "BROKEN");
  }
  fmt::print("\n");
}

void Results::note(const std::string& text) { fmt::print("  {}\n", text); }
void Results::skipped(const std::string& what, const std::string& why) {
  fmt::print("  {}: skipped, {}\n", what, why);
}
void Results::heading(const std::string& text) { fmt::print("\n{}\n", text); }

std::optional<std::filesystem::path> shared_folder() { return test::shared_dir(); }
std::string planner_program() { return test::planner_program().string(); }

std::optional<std::string> squawk_program() {
  const std::filesystem::path program =
      test::source_dir() / "build/peers/node_modules/@squawk-cli/linux-x64/bin/squawk";
  if (!std::filesystem::exists(program)) return std::nullopt;
  return program.string();
}

}  // namespace planner::bench
