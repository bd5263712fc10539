#include "src/commands/interrupt.h"

#include <csignal>
#include <ctime>

namespace planner::commands {
namespace {

volatile std::sig_atomic_t stop_requested = 0;
volatile std::sig_atomic_t requested_at = 0;  ///< seconds of a steady clock

std::sig_atomic_t now() {
  timespec time{};
  (void)::clock_gettime(CLOCK_MONOTONIC, &time);  // which a signal handler may call
  return static_cast<std::sig_atomic_t>(time.tv_sec);
}

void note(int signal) {
  if (stop_requested == 0) {
    requested_at = now();
    stop_requested = 1;
    return;
  }
  // timeout(1) signals the program and its group: that is one request, told twice.
  if (now() - requested_at < 2) return;
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

}  // namespace

Interruptible::Interruptible() {
  stop_requested = 0;
  std::signal(SIGINT, note);
  std::signal(SIGTERM, note);
}

Interruptible::~Interruptible() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

bool Interruptible::requested() { return stop_requested != 0; }

}  // namespace planner::commands
