#include "src/database/supervisor.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <utility>

#include "planner/error.h"

namespace planner {

namespace {

constexpr int kControl = 3;  // our end of the socket in the supervising process

struct Message {
  char command;
  int argument;
};

bool read_all(int from, void* into, std::size_t bytes) {
  auto* at = static_cast<char*>(into);
  while (bytes > 0) {
    const ssize_t got = read(from, at, bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    at += got;
    bytes -= static_cast<std::size_t>(got);
  }
  return true;
}

bool write_all(int to, const void* from, std::size_t bytes) {
  const auto* at = static_cast<const char*>(from);
  while (bytes > 0) {
    const ssize_t put = send(to, at, bytes, MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    at += put;
    bytes -= static_cast<std::size_t>(put);
  }
  return true;
}

/// The arguments as execve wants them; the strings they point to live as long as the programs.
using Argv = std::vector<char*>;

Argv argv_of(const std::vector<std::string>& words) {
  Argv out;
  for (const std::string& word : words)
    out.push_back(const_cast<char*>(word.c_str()));  // execve does not write there
  out.push_back(nullptr);
  return out;
}

struct Job {
  Argv argv;
  std::optional<Supervisor::User> as;
};

// ---- Everything from here to supervise() runs in a forked copy of a program that may have had other
// threads: system calls on memory prepared before the fork, no allocation, no exceptions.

struct Prepared {
  std::vector<Job> jobs;
  Argv environment;
  Argv remove_folder;
  const char* folder;
  const char* log;
};

pid_t launch(const Prepared& prepared, const Job& job) {
  const pid_t supervisor = getpid();
  const pid_t child = fork();
  if (child != 0) return child;
  close(kControl);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) signal(number, SIG_DFL);
  const int output = open(prepared.log, O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (output >= 0) {
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    if (output > STDERR_FILENO) close(output);
  }
  if (job.as && (setgroups(1, &job.as->gid) != 0 || setgid(job.as->gid) != 0 || setuid(job.as->uid) != 0))
    _exit(126);
  if (chdir(prepared.folder) != 0) _exit(126);
  // If somebody kills the supervisor, the server must still end. After setuid, which clears this.
  prctl(PR_SET_PDEATHSIG, SIGQUIT);
  if (getppid() != supervisor) _exit(126);
  execve(job.argv.front(), job.argv.data(), prepared.environment.data());
  _exit(127);
}

int status_of(int wait_status) {
  return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return 127;
  }
  return status_of(status);
}

bool has_ended(pid_t child) { return waitpid(child, nullptr, WNOHANG) != 0; }

void end(pid_t child, int how) {
  kill(child, how);
  const timespec moment{0, 2'000'000};
  for (int waited = 0; waited < 30'000; ++waited) {
    if (has_ended(child)) return;
    nanosleep(&moment, nullptr);
  }
  kill(child, SIGKILL);
  wait_for(child);
}

[[noreturn]] void supervise(const Prepared& prepared, int socket) {
  setsid();  // Ctrl-C in the terminal and `kill -9 -GROUP` are not meant for us.
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) signal(number, SIG_IGN);
  signal(SIGCHLD, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  prctl(PR_SET_NAME, "planner-scratch");
  // Whoever reads the output of our parent must not wait for us, and other supervisors' sockets must not stay
  // open through us.
  dup2(socket, kControl);
  const int nowhere = open("/dev/null", O_RDWR);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(nowhere, stream);
  if (close_range(kControl + 1, UINT_MAX, 0) != 0) {
    for (int other = kControl + 1; other < 4096; ++other) close(other);
  }

  pid_t server = 0;
  Message message{};
  while (read_all(kControl, &message, sizeof message)) {
    int reply = 0;
    if (server != 0 && has_ended(server)) server = 0;
    switch (message.command) {
      case 'r':
        reply = wait_for(launch(prepared, prepared.jobs[static_cast<std::size_t>(message.argument)]));
        break;
      case 's':
        reply = server = launch(prepared, prepared.jobs[static_cast<std::size_t>(message.argument)]);
        break;
      case 'a':
        reply = server != 0 ? 1 : 0;
        break;
      case 'k':
        if (server != 0) end(server, message.argument);
        server = 0;
        break;
      default:
        break;
    }
    if (!write_all(kControl, &reply, sizeof reply)) break;
  }
  if (server != 0) end(server, SIGQUIT);
  if (chdir("/") == 0)
    execve(prepared.remove_folder.front(), prepared.remove_folder.data(), prepared.environment.data());
  _exit(127);
}

}  // namespace

Supervisor::Supervisor(std::filesystem::path folder, const std::filesystem::path& log,
                       const std::vector<Program>& programs)
    : folder_(std::move(folder)) {
  const std::string folder_text = folder_.string();
  const std::string log_text = log.string();
  const char* path = std::getenv("PATH");
  const char* libraries = std::getenv("LD_LIBRARY_PATH");
  // Little of our environment reaches the server: PGPORT, PGDATA and the like would change it.
  std::vector<std::string> environment{std::string("PATH=") + (path != nullptr ? path : "/usr/bin:/bin"),
                                       "HOME=" + folder_text, "LC_ALL=C.UTF-8"};
  if (libraries != nullptr) environment.push_back(std::string("LD_LIBRARY_PATH=") + libraries);
  const std::vector<std::string> remove_folder{"/bin/rm", "-rf", "--", folder_text};

  Prepared prepared{{}, argv_of(environment), argv_of(remove_folder), folder_text.c_str(), log_text.c_str()};
  for (const Program& program : programs) prepared.jobs.push_back({argv_of(program.arguments), program.as});

  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw Error(std::string("cannot make a socket: ") + std::strerror(errno));
  }
  process_ = fork();
  if (process_ == 0) {
    close(ends[0]);
    supervise(prepared, ends[1]);
  }
  const int why = errno;
  close(ends[1]);
  socket_ = ends[0];
  if (process_ < 0) {
    close(socket_);
    throw Error(std::string("cannot start a process: ") + std::strerror(why));
  }
}

Supervisor::~Supervisor() {
  close(socket_);
  while (waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
  }
  std::error_code ignored;  // The supervisor has removed it, unless somebody killed the supervisor.
  std::filesystem::remove_all(folder_, ignored);
}

int Supervisor::ask(char command, int argument) {
  const Message message{command, argument};
  int reply = 0;
  if (!write_all(socket_, &message, sizeof message) || !read_all(socket_, &reply, sizeof reply)) {
    throw Error("the process that supervises the scratch server is gone");
  }
  return reply;
}

int Supervisor::run(std::size_t program) { return ask('r', static_cast<int>(program)); }

pid_t Supervisor::start(std::size_t program) {
  const pid_t server = ask('s', static_cast<int>(program));
  if (server < 0) throw Error("cannot start a process for the scratch server");
  return server;
}

bool Supervisor::running() { return ask('a', 0) != 0; }

void Supervisor::stop(Stop how) { ask('k', how == Stop::kOrderly ? SIGINT : SIGQUIT); }

}  // namespace planner
