#include "tests/cli/repository.h"

#include <gtest/gtest.h>

namespace planner::test {

void Repository::copy(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
}

void Repository::prisma() {
  write("prisma/migrations/migration_lock.toml", kPrismaLock);
  migration("20240101000000_init", kUserTable);
}

std::string Repository::git(const std::vector<std::string>& arguments) const {
  std::vector<std::string> words{"git",
                                 "-c",
                                 "user.name=Test",
                                 "-c",
                                 "user.email=test@example.org",
                                 "-c",
                                 "init.defaultBranch=main",
                                 "-c",
                                 "commit.gpgsign=false"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  RunOptions options;
  options.folder = path();
  const Ran ran = run_program(words, options);
  EXPECT_EQ(ran.exit_code, 0) << "git " << arguments.front() << ": " << ran.err;
  return ran.out;
}

void Repository::commit_all(const std::string& message) {
  if (!exists(".git")) git({"init", "--quiet"});
  git({"add", "--all"});
  git({"commit", "--quiet", "--allow-empty", "-m", message});
}

Ran Repository::planner(const std::vector<std::string>& arguments, RunOptions options) const {
  if (options.folder.empty()) options.folder = path();
  return run_planner(arguments, options);
}

}  // namespace planner::test
