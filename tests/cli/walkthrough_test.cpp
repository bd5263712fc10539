// What README files show of a terminal is what the program prints: every ```console block is run again in a
// copy of its example.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
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

/// Released phases are named by the time of their release.
std::string with_fixed_time(std::string text) {
  constexpr std::size_t kDigits = 14;
  constexpr const char* kShown = "20240604090000";
  const std::time_t now = std::time(nullptr);
  for (const std::time_t moment : {now - 3600, now}) {
    std::array<char, 9> day{};
    std::strftime(day.data(), day.size(), "%Y%m%d", std::gmtime(&moment));
    for (std::size_t at = text.find(day.data()); at != std::string::npos;
         at = text.find(day.data(), at + 1)) {
      const std::string number = text.substr(at, kDigits);
      if (number.size() == kDigits && number.find_first_not_of("0123456789") == std::string::npos)
        text.replace(at, kDigits, kShown);
    }
  }
  return text;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// What is printed now, shortened where the page is: `...` stands for lines left out. As many lines as the
/// page has are kept before and behind it.
std::string shortened(const std::vector<std::string>& shown, const std::string& now) {
  const auto dots = std::find(shown.begin(), shown.end(), "...");
  std::vector<std::string> lines = lines_of(now);
  const auto head = static_cast<std::size_t>(dots - shown.begin()),
             tail = dots == shown.end() ? 0 : static_cast<std::size_t>(shown.end() - dots) - 1;
  if (dots != shown.end() && lines.size() > head + tail) {
    lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(head),
                lines.end() - static_cast<std::ptrdiff_t>(tail));
    lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(head), "...");
  }
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

/// The page with every command's output as it is now.
std::string replayed(const std::string& page, const Repository& repository) {
  const std::vector<std::string> lines = lines_of(page);
  std::string out;
  bool inside = false;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    out += lines[i] + "\n";
    if (lines[i] == "```console") inside = true;
    if (inside && lines[i] == "```") inside = false;
    if (!inside || lines[i].rfind("$ ", 0) != 0) continue;
    std::vector<std::string> shown;
    while (i + 1 < lines.size() && lines[i + 1] != "```" && lines[i + 1].rfind("$ ", 0) != 0)
      shown.push_back(lines[++i]);
    const std::string command = lines[i - shown.size()].substr(2);
    if (command.rfind("planner ", 0) == 0) {
      const Ran ran = repository.planner(words_of(command.substr(8)));
      EXPECT_NE(ran.exit_code, 2) << command << "\n" << ran.err;
      out += shortened(shown, with_fixed_time(ran.err + ran.out));
    } else {
      RunOptions options;
      options.folder = repository.path();
      const Ran ran = run_program({"sh", "-c", command}, options);
      out += shortened(shown, with_fixed_time(ran.err + ran.out));
    }
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
TEST(WalkThrough, School) { replay_page("examples/school/README.md", "examples/school"); }
TEST(WalkThrough, Flyway) { replay_page("examples/flyway/README.md", "examples/flyway"); }
TEST(WalkThrough, PlainSql) { replay_page("examples/plain-sql/README.md", "examples/plain-sql"); }
TEST(WalkThrough, CentralFolder) { replay_page("examples/central/README.md", "examples/central"); }
TEST(WalkThrough, Monorepo) { replay_page("examples/monorepo/README.md", "examples/monorepo"); }

}  // namespace
}  // namespace planner::test
