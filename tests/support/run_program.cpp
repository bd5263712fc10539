#include "tests/support/run_program.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>

#include "tests/support/paths.h"

extern char** environ;

namespace planner::test {

namespace {

struct Pipe {
  int read_end = -1;
  int write_end = -1;

  Pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
    read_end = ends[0];
    write_end = ends[1];
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_read();
    close_write();
  }
  void close_read() { close_end(read_end); }
  void close_write() { close_end(write_end); }

 private:
  static void close_end(int& end) {
    if (end >= 0) close(end);
    end = -1;
  }
};

std::vector<std::string> environment_for(const RunOptions& options) {
  std::map<std::string, std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || text.starts_with("PG") || text.starts_with("DATABASE_URL=")) continue;
    all[text.substr(0, equals)] = text.substr(equals + 1);
  }
  for (const auto& [name, value] : options.environment) {
    if (value) {
      all[name] = *value;
    } else {
      all.erase(name);
    }
  }
  std::vector<std::string> out;
  for (const auto& [name, value] : all) out.push_back(name + "=" + value);
  return out;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> out;
  for (std::string& word : words) out.push_back(word.data());
  out.push_back(nullptr);
  return out;
}

/// Appends what is there; false at the end.
bool drain(int from, std::string& into) {
  std::array<char, 65536> buffer;
  const ssize_t got = read(from, buffer.data(), buffer.size());
  if (got > 0) into.append(buffer.data(), static_cast<std::size_t>(got));
  return got > 0 || (got < 0 && errno == EINTR);
}

}  // namespace

Ran run_program(const std::vector<std::string>& arguments, const RunOptions& options) {
  std::vector<std::string> words = arguments;
  std::vector<std::string> variables = environment_for(options);
  const std::vector<char*> argv = pointers(words);
  const std::vector<char*> envp = pointers(variables);
  const std::string folder = options.folder.string();

  Pipe in;
  Pipe out;
  Pipe err;
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("cannot start a process");
  if (child == 0) {
    dup2(in.read_end, STDIN_FILENO);
    dup2(out.write_end, STDOUT_FILENO);
    dup2(err.write_end, STDERR_FILENO);
    if (!folder.empty() && chdir(folder.c_str()) != 0) _exit(126);
    execvpe(argv.front(), argv.data(), envp.data());
    _exit(127);
  }
  in.close_read();
  out.close_write();
  err.close_write();
  // A program that does not read its input must not stop us, nor kill us with SIGPIPE.
  fcntl(in.write_end, F_SETFL, O_NONBLOCK);
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  struct sigaction before {};
  sigaction(SIGPIPE, &ignore, &before);

  Ran ran;
  std::size_t written = 0;
  const auto until = std::chrono::steady_clock::now() + options.limit;
  while (out.read_end >= 0 || err.read_end >= 0) {
    if (written == options.input.size()) in.close_write();
    std::array<pollfd, 3> ends{pollfd{out.read_end, POLLIN, 0}, pollfd{err.read_end, POLLIN, 0},
                               pollfd{in.write_end, POLLOUT, 0}};
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now())
            .count();
    if (left <= 0) {
      ran.timed_out = true;
      kill(child, SIGKILL);
      break;
    }
    poll(ends.data(), ends.size(), static_cast<int>(left));
    if (ends[0].revents != 0 && !drain(out.read_end, ran.out)) out.close_read();
    if (ends[1].revents != 0 && !drain(err.read_end, ran.err)) err.close_read();
    if (ends[2].revents != 0) {
      const ssize_t put = write(in.write_end, options.input.data() + written, options.input.size() - written);
      if (put > 0) {
        written += static_cast<std::size_t>(put);
      } else if (put < 0 && errno != EINTR && errno != EAGAIN) {
        in.close_write();
      }
    }
  }
  sigaction(SIGPIPE, &before, nullptr);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  ran.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return ran;
}

Ran run_planner(std::vector<std::string> arguments, const RunOptions& options) {
  arguments.insert(arguments.begin(), planner_program().string());
  return run_program(arguments, options);
}

}  // namespace planner::test
