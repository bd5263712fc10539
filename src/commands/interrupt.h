#pragma once

/// Ctrl-C and SIGTERM as a question that long work asks between its steps.
namespace planner::commands {

/// Catches both signals while it lives; another one two seconds after the first ends the program at once, as
/// it would without us.
class Interruptible {
 public:
  Interruptible();
  ~Interruptible();
  Interruptible(const Interruptible&) = delete;
  Interruptible& operator=(const Interruptible&) = delete;

  static bool requested();
};

}  // namespace planner::commands
