#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace planner {

/// A process beside ours that runs programs for us in one folder, and that kills what still runs and removes
/// the folder when we end, however we end: it notices the end of our side of a socket, which the kernel
/// closes even after SIGKILL.
class Supervisor {
 public:
  struct User {
    uid_t uid;
    gid_t gid;
  };
  struct Program {
    std::vector<std::string> arguments;  ///< the first one is the program's path; no shell reads them
    std::optional<User> as;              ///< nullopt: the user we are
  };
  enum class Stop { kOrderly, kImmediate };

  /// All programs are named before the process starts, because between fork and exec almost nothing may be
  /// done safely. Their output is appended to `log`.
  Supervisor(std::filesystem::path folder, const std::filesystem::path& log,
             const std::vector<Program>& programs);
  /// Immediate stop; returns when the folder is gone.
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  /// Runs a program to its end; its exit status, 128 + signal when a signal ended it.
  int run(std::size_t program);
  /// Starts the one program that goes on running; its process id.
  pid_t start(std::size_t program);
  bool running();
  /// SIGINT (orderly for a postmaster) or SIGQUIT (immediate), and SIGKILL if it has not ended after a
  /// minute. Waits for the end.
  void stop(Stop how);

 private:
  int ask(char command, int argument);

  std::filesystem::path folder_;
  int socket_ = -1;
  pid_t process_ = -1;
};

}  // namespace planner
