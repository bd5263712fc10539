// What README files show of a terminal is what the program prints: every ```console block is run again in a
// copy of its example.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "tests/cli/repository.h"
#include "tests/support/paths.h"

namespace planner::test {
namespace {

namespace fs = std::filesystem;

/// Words as a shell would split them; single and double quotes group.
std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  std::string word;
  bool any = false;
  char quote = 0;
  for (const char c : line) {
    if (quote != 0) {
      if (c == quote)
        quote = 0;
      else
        word += c;
    } else if (c == '\'' || c == '"') {
      quote = c;
      any = true;
    } else if (c == ' ') {
      if (any || !word.empty()) words.push_back(word);
      word.clear();
      any = false;
    } else {
      word += c;
    }
  }
  if (any || !word.empty()) words.push_back(word);
  return words;
}

/// The page with every command's output as it is now.
std::string replayed(const std::string& page, const Repository& repository) {
  std::istringstream lines(page);
  std::string out, line;
  bool inside = false;
  while (std::getline(lines, line)) {
    if (line == "```console") {
      inside = true;
    } else if (inside && line == "```") {
      inside = false;
    } else if (inside) {
      if (line.rfind("$ planner ", 0) != 0) continue;  // output of the command before
      const Ran ran = repository.planner(words_of(line.substr(10)));
      EXPECT_NE(ran.exit_code, 2) << line << "\n" << ran.err;
      out += line + "\n" + ran.err + ran.out;
      continue;
    }
    out += line + "\n";
  }
  return out;
}

void replay_page(const fs::path& page, const fs::path& example) {
  Repository repository;
  Repository::copy(source_dir() / example, repository.path());
  const fs::path file = source_dir() / page;
  const std::string shown = read_file(file), now = replayed(shown, repository);
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    if (now != shown) write_file(file, now);
  } else {
    EXPECT_EQ(now, shown) << "UPDATE_GOLDEN=1 writes what planner prints into " << page;
  }
}

TEST(WalkThrough, Readme) { replay_page("README.md", "examples/school"); }
TEST(WalkThrough, Monorepo) { replay_page("examples/monorepo/README.md", "examples/monorepo"); }

}  // namespace
}  // namespace planner::test
