#include "src/commands/interrupt.h"

#include <csignal>

namespace planner::commands {
namespace {

volatile std::sig_atomic_t stop_requested = 0;

void note(int signal) {
  if (stop_requested != 0) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  }
  stop_requested = 1;
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
