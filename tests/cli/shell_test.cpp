// Completions and the manual page, asked of the shells themselves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "tests/support/paths.h"
#include "tests/support/run_program.h"

namespace planner::test {
namespace {

using testing::HasSubstr;

bool there_is(const std::string& program) {
  return run_program({"sh", "-c", "command -v " + program}).exit_code == 0;
}

std::string completed(const std::string& words, int index) {
  const Ran ran =
      run_program({"bash", "-c",
                   "source <(" + planner_program().string() + " completion bash); COMP_WORDS=(" + words +
                       "); COMP_CWORD=" + std::to_string(index) + "; _planner; echo \"${COMPREPLY[@]}\""});
  EXPECT_EQ(ran.err, "");
  return ran.out;
}

TEST(Shell, BashCompletesCommandsAndTheirOptions) {
  EXPECT_EQ(completed("planner an", 1), "analyze\n");
  EXPECT_EQ(completed("planner split --dry", 2), "--dry-run\n");
  EXPECT_EQ(completed("planner --color never analyze --fail", 4), "--fail-on\n");
  EXPECT_EQ(completed("planner backfill tu", 2), "tune\n");
  EXPECT_EQ(completed("planner backfill run --wor", 3), "--workers\n");
  EXPECT_EQ(completed("planner backfill status --wor", 3), "\n");
}

TEST(Shell, ScriptsAreWellFormed) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const Ran script = run_planner({"completion", shell});
    EXPECT_EQ(script.exit_code, 0);
    EXPECT_THAT(script.out, HasSubstr("analyze"));
    if (!there_is(shell)) continue;
    RunOptions options;
    options.input = script.out;
    const Ran checked = run_program({shell, "-n"}, options);
    EXPECT_EQ(checked.exit_code, 0) << shell << checked.err;
  }
  EXPECT_EQ(run_planner({"completion", "tcsh"}).exit_code, 2);
}

TEST(Shell, TheManualPageHasEveryCommandAndNoMistakeThatGroffSees) {
  const Ran page = run_planner({"man"});
  EXPECT_THAT(page.out, HasSubstr(".SS planner analyze"));
  EXPECT_THAT(page.out, HasSubstr("\\-\\-fail\\-on"));
  EXPECT_THAT(page.out, HasSubstr(".SS planner backfill run"));
  if (!there_is("groff")) return;
  RunOptions options;
  options.input = page.out;
  const Ran read = run_program({"groff", "-man", "-Tascii", "-P-c", "-P-b", "-P-u", "-rLL=78n"}, options);
  std::istringstream lines(read.out);
  bool example = false;
  for (std::string line; std::getline(lines, line);) {
    example = line.find("planner ") != std::string::npos || (example && !line.empty());
    EXPECT_TRUE(example || line.size() <= 80) << line;  // a command is not broken, so that it can be copied
  }
  EXPECT_EQ(run_program({"groff", "-man", "-Tutf8", "-ww", "-z"}, options).err, "");
}

}  // namespace
}  // namespace planner::test
