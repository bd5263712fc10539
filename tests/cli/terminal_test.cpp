// Every command as people see it: on a terminal of 80 columns, with and without colours, and in a pipe. A
// change goes its whole way through the school's repository; the other examples are looked at.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "tests/cli/repository.h"
#include "tests/support/paths.h"
#include "tests/support/postgres.h"

namespace planner::test {
namespace {

namespace fs = std::filesystem;

enum class Seen { OnTerminal, WithoutColour, InPipe };

constexpr std::size_t kColumns = 80;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines(1);
  for (const char c : text) {
    if (c == '\n' || c == '\r') {
      lines.emplace_back();
    } else {
      lines.back() += c;
    }
  }
  return lines;
}

std::string without_colours(const std::string& text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\x1b') {
      at = std::min(text.find_first_of("mK", at), text.size());
    } else {
      plain += text[at];
    }
  }
  return plain;
}

std::size_t columns_of(const std::string& line) {
  return static_cast<std::size_t>(
      std::count_if(line.begin(), line.end(), [](unsigned char c) { return (c & 0xC0U) != 0x80U; }));
}

/// A path or name that is wider than the terminal by itself, perhaps behind a mark.
bool is_one_word(const std::string& line) {
  std::istringstream stream(line);
  std::size_t words = 0;
  for (std::string word; stream >> word;) words += word.find_first_not_of("->=|") != std::string::npos;
  return words < 2;
}

std::string quoted(const std::string& word) {
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? "'\\''" : std::string(1, c);
  return out + "'";
}

/// Nothing reaches from one column of a table into the next.
void expect_aligned(const std::string& out, const std::string& heading) {
  const std::vector<std::string> lines = lines_of(out);
  const auto first = std::find_if(lines.begin(), lines.end(),
                                  [&](const std::string& line) { return line.starts_with(heading); });
  ASSERT_NE(first, lines.end()) << "no table `" << heading << "` in:\n" << out;
  std::vector<std::size_t> columns;
  for (std::size_t at = 2; at < first->size(); ++at) {
    if ((*first)[at] != ' ' && first->substr(at - 2, 2) == "  ") columns.push_back(at);
  }
  EXPECT_FALSE(columns.empty()) << *first;
  for (auto line = first + 1; line != lines.end() && !line->empty(); ++line) {
    // Where names are too long for columns, the last cells have lines of their own.
    if (line->find_first_not_of(' ') == 4) continue;
    for (const std::size_t column : columns) {
      if (line->size() > column) {
        EXPECT_EQ(line->substr(column - 2, 2), "  ") << *first << "\n" << *line;
      }
    }
  }
}

class Terminal : public PostgresTest, public testing::WithParamInterface<Seen> {
 protected:
  /// Runs planner there and looks at what it shows; `heading` begins a table.
  std::string look(const fs::path& folder, const std::vector<std::string>& arguments,
                   const std::string& heading = "", bool for_programs = false) {
    RunOptions options;
    options.folder = folder;
    options.environment = {{"DATABASE_URL", url()}, {"TERM", "xterm-256color"}, {"NO_COLOR", std::nullopt}};
    std::string command = quoted(planner_program().string());
    for (const std::string& argument : arguments) command += " " + quoted(argument);
    SCOPED_TRACE(command);
    if (GetParam() == Seen::InPipe) {
      const Ran ran = run_planner(arguments, options);
      EXPECT_EQ((ran.out + ran.err).find_first_of("\x1b\r"), std::string::npos) << ran.out << ran.err;
      if (!heading.empty()) expect_aligned(ran.out, heading);
      return ran.out + ran.err;
    }
    if (GetParam() == Seen::WithoutColour) options.environment["NO_COLOR"] = "1";
    const Ran ran = run_program({"script", "--quiet", "--return", "--command",
                                 "stty cols 80 rows 24 -opost; exec " + command + " </dev/null", "/dev/null"},
                                options);
    if (GetParam() == Seen::WithoutColour) {
      EXPECT_EQ(ran.out.find('\x1b'), std::string::npos) << ran.out;
    }
    const std::string plain = without_colours(ran.out);
    if (for_programs) return plain;
    for (const std::string& line : lines_of(plain)) {
      if (columns_of(line) > kColumns && !is_one_word(line)) {
        ADD_FAILURE() << "wider than the terminal: " << line << "\nin:\n" << plain;
      }
    }
    if (!heading.empty()) expect_aligned(plain, heading);
    return plain;
  }

  void SetUp() override {
    if (GetParam() != Seen::InPipe && run_program({"sh", "-c", "command -v script"}).exit_code != 0)
      GTEST_SKIP() << "no `script` here, which makes terminals";
    PostgresTest::SetUp();
  }

  Repository repository_;
};

TEST_P(Terminal, HelpFits) {
  const fs::path here = repository_.path();
  const std::string all = look(here, {"--help"});
  std::vector<std::vector<std::string>> commands;
  bool below = false;
  for (const std::string& line : lines_of(all)) {
    if (line == "Subcommands:") {
      below = true;
    } else if (line.empty()) {
      below = false;
    } else if (below && line[2] != ' ') {
      commands.push_back({line.substr(2, line.find(' ', 2) - 2)});
    }
  }
  EXPECT_GT(commands.size(), 20U);
  for (const char* word : {"run", "status", "pause", "resume", "tune"})
    commands.push_back({"backfill", word});
  for (std::vector<std::string> command : commands) {
    command.emplace_back("--help");
    EXPECT_THAT(look(here, command), testing::HasSubstr("Usage: planner " + command.front()));
  }
}

TEST_P(Terminal, AChangeFromBeginningToEnd) {
  const fs::path school = repository_.path("school"), waiting = repository_.path("waiting");
  Repository::copy(source_dir() / "examples/school", school);
  const fs::path migrations = school / "prisma/migrations";
  std::vector<std::string> later;
  for (const auto& entry : fs::directory_iterator(migrations)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_directory() && name >= "20240603") later.push_back(name);
  }
  fs::create_directories(waiting);
  for (const std::string& name : later) fs::rename(migrations / name, waiting / name);
  look(school, {"deploy"});
  for (const std::string& name : later) fs::rename(waiting / name, migrations / name);
  db().exec(
      "INSERT INTO \"Student\" (name, email) SELECT 'name ' || i, i || '@example.org' FROM "
      "generate_series(1, 3000) i");

  look(school, {"analyze", "--all", "--show-ignored"});
  look(school, {"analyze", "--database"});
  look(school, {"status"});
  look(school, {"history"}, "started (UTC)");
  const std::string plan = "rename_name_to_fullname";
  look(school, {"split", plan}, "phase ");
  look(school, {"split", "change_balance_to_decimal"}, "phase ");
  look(school, {"split", "add_certificate_relation"}, "phase ");
  look(school, {"split", "add_required_country"});
  look(school, {"split", "add_required_country", "--fill", "Student.country='DE'"}, "phase ");
  look(school, {"split", "remove_nickname"}, "phase ");
  look(school, {"rules"}, "rule ");
  look(school, {"rules", "--operations"});
  look(school, {"explain", "set-not-null"});
  look(school, {"explain", "ALTER TABLE \"Student\" ALTER COLUMN email TYPE varchar(20)", "--database"});
  look(school, {"next", plan, "--dry-run"});
  look(school, {"next", plan});
  look(school, {"status", "--database", "staging=" + url(), "--database", "production=" + url()});
  look(school, {"deploy", "--dry-run"});
  look(school, {"deploy"});
  look(school, {"next", plan});
  look(school, {"backfill", "run", plan, "--target-ms", "1", "--batch", "100"});
  look(school, {"backfill", "status", plan});
  look(school, {"deploy"});
  look(school, {"gate", plan, "3_dual_write"});
  look(school, {"gate", plan, "5_drop"});
  look(school, {"next", plan});
  look(school, {"deploy"});
  look(school, {"next", plan});
  look(school, {"next", plan, "--deployed", "v42"});
  look(school, {"deploy"});
  look(school, {"history"}, "started (UTC)");
  look(school, {"rollback", plan, "--dry-run", "--deployed", "v41"});
  look(school, {"rollback", plan, "--deployed", "v41"});
  look(school, {"deploy"});
  look(school, {"status", "--all"});
  look(school, {"abandon", "remove_nickname"});
  look(school, {"abandon", plan, "--now"});
  look(school, {"verify", "add_certificate_relation", "--scratch", scratch().url()});
  look(school, {"rehearse", "add_certificate_relation", "--scratch", scratch().url()});
  db().exec("CREATE TABLE somebody_elses (a int); CREATE INDEX ON \"Wallet\" (balance)");
  look(school, {"drift"});
  look(school, {"diff", "empty", "history"});
  look(school, {"new", "add_email"});
  write_file(repository_.path("change.sql"),
             "ALTER TABLE \"Student\" ADD COLUMN extra int; CREATE INDEX ON \"Student\" (extra);");
  look(school, {"trace", repository_.path("change.sql").string(), "--database", url()});
  look(school, {"reset"});
  write_file(migrations / "20990101000000_broken/migration.sql", "ALTER TABLE nothing ADD x int;");
  look(school, {"deploy"});
  look(school, {"status"});
  look(school, {"resolve", "broken"});
  look(school, {"deploy"});
  look(school, {"resolve", "broken", "--rolled-back"});

  for (const auto& words : std::vector<std::vector<std::string>>{{"schema"},
                                                                 {"diff", "empty", "history", "--script"},
                                                                 {"analyze", "--all", "--format", "json"},
                                                                 {"status", "--format", "json"},
                                                                 {"report", "change_balance_to_decimal"},
                                                                 {"man"},
                                                                 {"completion", "bash"}}) {
    EXPECT_GT(look(school, words, "", true).size(), 100U);
  }
}

TEST_P(Terminal, EveryExampleAndMistake) {
  for (const char* name : {"monorepo", "central", "flyway", "plain-sql"}) {
    const fs::path folder = repository_.path(name);
    Repository::copy(source_dir() / "examples" / name, folder);
    look(folder, {"analyze", "--all"});
    look(folder, {"status"});
    look(folder, {"history"});
    look(folder, {"split", "no_such_migration"});
    look(folder, {"deploy", "--dry-run"});
  }
  const fs::path here = repository_.path("central");
  look(here, {"analyse"});
  look(here, {"analyze", "/nonexistent/folder"});
  look(here, {"analyze", "--fail-on", "never-ever"});
  look(here, {"completion", "tcsh"});
  look(here, {"explain", "no-such-rule"});
  look(here, {"next", "no_such_plan"});
  look(here, {"status", "--database", "postgresql://nobody@127.0.0.1:1/nothing"});
}

INSTANTIATE_TEST_SUITE_P(People, Terminal,
                         testing::Values(Seen::OnTerminal, Seen::WithoutColour, Seen::InPipe),
                         [](const auto& seen) {
                           return std::string(seen.param == Seen::OnTerminal      ? "on_a_terminal"
                                              : seen.param == Seen::WithoutColour ? "without_colour"
                                                                                  : "in_a_pipe");
                         });

}  // namespace
}  // namespace planner::test
