// with_scratch_server COMMAND [ARGUMENT...]: one PostgreSQL server for everything the command runs. The tests
// find it through PLANNER_TEST_SERVER; each still makes its own databases. It ends with this process, however
// this ends.
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "tests/support/postgres.h"

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: with_scratch_server COMMAND [ARGUMENT...]\n", stderr);
    return 2;
  }
  try {
    auto options = planner::test::scratch_options();
    options.settings = {{"max_connections", "200"}};
    const planner::ScratchServer server(options);
    setenv("PLANNER_TEST_SERVER", server.url().c_str(), 1);
    // The command gets Ctrl-C too and ends by itself; then we stop the server.
    std::signal(SIGINT, SIG_IGN);
    const pid_t child = fork();
    if (child == 0) {
      std::signal(SIGINT, SIG_DFL);
      execvp(argv[1], argv + 1);
      std::perror(argv[1]);
      _exit(127);
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
