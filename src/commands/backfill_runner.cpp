#include "src/commands/backfill_runner.h"

#include <fmt/core.h>
#include <unistd.h>

#include <chrono>

#include "src/commands/interrupt.h"

namespace planner::commands {
namespace {

std::string time_left(double seconds) {
  if (seconds < 0) return "time left not known yet";
  if (seconds < 90) return fmt::format("{:.0f} s left", seconds);
  if (seconds < 5400) return fmt::format("{:.0f} min left", seconds / 60);
  return fmt::format("{:.1f} h left", seconds / 3600);
}

std::string line_of(const BackfillMoment& moment) {
  std::string text = fmt::format("{:5.1f} %, {} rows, {:.0f} rows/s, {}", moment.share * 100, moment.rows,
                                 moment.rows_per_second, time_left(moment.seconds_left));
  if (!moment.reason.empty()) text += fmt::format(", waiting: {}", moment.reason);
  return text;
}

}  // namespace

BackfillReport run_backfill(const std::string& url, const Plan& plan, const Phase& phase,
                            const BackfillOptions& options, Context& context) {
  BackfillRun run(url, plan.name, phase.folder, *phase.backfill, options);
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  auto said = std::chrono::steady_clock::now();
  std::string reason;
  bool drawn = false;
  run.stop = [] { return Interruptible::requested(); };
  run.say = [&](const std::string& text) { context.say(text); };
  run.progress = [&](const BackfillMoment& moment) {
    if (terminal) {
      constexpr int kWide = 20;
      const int full = static_cast<int>(moment.share * kWide);
      fmt::print(stderr, "\r\033[K[{}{}] {}", std::string(static_cast<std::size_t>(full), '#'),
                 std::string(static_cast<std::size_t>(kWide - full), '.'), line_of(moment));
      std::fflush(stderr);
      drawn = true;
      return;
    }
    const auto now = std::chrono::steady_clock::now();
    if (now - said < std::chrono::seconds(10) && moment.reason == reason) return;
    said = now;
    reason = moment.reason;
    context.say(line_of(moment));
  };
  BackfillReport report = run.run();
  if (drawn) fmt::print(stderr, "\r\033[K");
  if (!report.remembered)
    context.warn(
        "this user may not create the schema \"planner\": where the backfill stands was not remembered; a "
        "stopped one begins again and skips what is done");
  return report;
}

}  // namespace planner::commands
