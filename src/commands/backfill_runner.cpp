#include "src/commands/backfill_runner.h"

#include <fmt/core.h>

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
  const report::TextStyle style = context.err_style();
  auto said = std::chrono::steady_clock::now();
  std::string reason;
  std::size_t drawn = 0;  // columns of the line that is redrawn in place
  const auto erase = [&] {
    if (drawn > 0) fmt::print(stderr, "\r{}\r", std::string(drawn, ' '));
    drawn = 0;
  };
  run.stop = [] { return Interruptible::requested(); };
  run.say = [&](const std::string& text) {
    erase();
    context.say(text);
  };
  run.progress = [&](const BackfillMoment& moment) {
    if (style.terminal) {
      constexpr int kWide = 20;
      const int full = static_cast<int>(moment.share * kWide);
      const std::string bar = fmt::format("[{}{}] {}", std::string(static_cast<std::size_t>(full), '#'),
                                          std::string(static_cast<std::size_t>(kWide - full), '.'),
                                          report::printable(line_of(moment)));
      // A line that reached the edge could not be redrawn: the terminal would have broken it.
      const std::string line = report::clipped(bar, style.width - 1);
      erase();
      fmt::print(stderr, "{}", line);
      std::fflush(stderr);
      drawn = static_cast<std::size_t>(report::display_width(line));
      return;
    }
    const auto now = std::chrono::steady_clock::now();
    if (now - said < std::chrono::seconds(10) && moment.reason == reason) return;
    said = now;
    reason = moment.reason;
    context.say(line_of(moment));
  };
  BackfillReport report = run.run();
  erase();
  if (!report.remembered)
    context.warn(
        "this user may not create the schema \"planner\": where the backfill stands was not remembered; a "
        "stopped one begins again and skips what is done");
  return report;
}

}  // namespace planner::commands
