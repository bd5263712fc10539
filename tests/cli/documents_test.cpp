// The guides stay true: links lead somewhere, commands and options exist, every state and key that the
// program knows is explained, and nothing is explained that it does not know.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "src/project/layouts.h"
#include "tests/cli/repository.h"
#include "tests/support/paths.h"

namespace planner::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using Words = std::set<std::string>;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// README files and guides, relative to the repository.
std::vector<fs::path> pages() {
  std::vector<fs::path> all{"README.md", "CONTRIBUTING.md", "rules/README.md", "rules/TEAM_RULES.md"};
  for (const std::string& file : files_below(source_dir() / "examples")) {
    if (fs::path(file).extension() == ".md") all.push_back(fs::path("examples") / file);
  }
  return all;
}

std::string page(const fs::path& file) { return read_file(source_dir() / file); }

/// The lines of a page outside its fences, and those inside fences of the language.
struct Parts {
  std::vector<std::string> prose;
  std::map<std::string, std::vector<std::string>> blocks;  ///< whole blocks by the fence's words
};
Parts parts_of(const std::string& text) {
  Parts parts;
  std::string language, block;
  bool inside = false;
  for (const std::string& line : lines_of(text)) {
    if (line.starts_with("```")) {
      if (inside) parts.blocks[language].push_back(block);
      inside = !inside;
      language = line.substr(3);
      block.clear();
    } else if (inside) {
      block += line + "\n";
    } else {
      parts.prose.push_back(line);
    }
  }
  return parts;
}

/// As GitHub makes them from headings.
std::string anchor_of(const std::string& heading) {
  std::string anchor;
  for (const char c : heading) {
    if (c == ' ' || c == '-') {
      anchor += '-';
    } else if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_') {
      anchor += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return anchor;
}

Words anchors_of(const fs::path& file) {
  Words anchors;
  for (const std::string& line : parts_of(page(file)).prose) {
    if (line.starts_with("#"))
      anchors.insert(anchor_of(line.substr(std::min(line.size(), line.find_first_not_of("# ")))));
  }
  return anchors;
}

TEST(Documents, LinksLeadSomewhere) {
  for (const fs::path& file : pages()) {
    for (const std::string& line : parts_of(page(file)).prose) {
      for (std::size_t at = line.find("]("); at != std::string::npos; at = line.find("](", at + 1)) {
        const std::string target = line.substr(at + 2, line.find(')', at) - at - 2);
        if (target.find("://") != std::string::npos) continue;
        const std::size_t hash = target.find('#');
        const fs::path to =
            hash == 0 ? file : (file.parent_path() / target.substr(0, hash)).lexically_normal();
        EXPECT_TRUE(fs::exists(source_dir() / to)) << file << ": " << target;
        if (hash != std::string::npos && fs::exists(source_dir() / to)) {
          EXPECT_TRUE(anchors_of(to).contains(target.substr(hash + 1))) << file << ": " << target;
        }
      }
    }
  }
}

/// What `planner WORDS --help` prints; empty when there is no such command.
std::string help_of(const std::string& words) {
  static std::map<std::string, std::string> known;
  const auto found = known.find(words);
  if (found != known.end()) return found->second;
  std::vector<std::string> arguments;
  std::istringstream stream(words);
  for (std::string word; stream >> word;) arguments.push_back(word);
  arguments.emplace_back("--help");
  const Ran ran = run_planner(arguments);
  const bool there =
      ran.exit_code == 0 && (words.empty() || ran.out.find("Usage: planner " + words) != std::string::npos);
  return known[words] = there ? ran.out : std::string();
}

bool is_word(const std::string& text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; });
}

/// One command as somebody would type it: `planner next PLAN --deployed v42`.
void expect_possible(const fs::path& file, const std::string& command) {
  std::istringstream stream(command);
  std::string word, words;
  stream >> word;  // planner
  stream >> word;
  if (!is_word(word) || word.starts_with("-")) return;  // `planner COMMAND --help`
  words = word;
  if (word == "backfill" && stream >> word && is_word(word)) words += " " + word;
  const std::string help = help_of(words);
  EXPECT_NE(help, "") << file << ": there is no command in: " << command;
  while (stream >> word) {
    if (word == "#" || word == "|" || word == "||" || word == ">" || word == "&&") break;
    if (!word.starts_with("--") || word.size() < 3) continue;
    std::string option = word.substr(0, word.find_first_of("=`,.:;)"));
    EXPECT_TRUE(help.find("  " + option) != std::string::npos ||
                help.find("," + option) != std::string::npos || help_of("").find(option) != std::string::npos)
        << file << ": `planner " << words << "` has no " << option << " in: " << command;
  }
}

TEST(Documents, CommandsAndOptionsExist) {
  for (const fs::path& file : pages()) {
    const Parts parts = parts_of(page(file));
    for (const auto& [language, blocks] : parts.blocks) {
      if (language != "sh" && language != "console") continue;
      for (const std::string& block : blocks) {
        for (std::string line : lines_of(block)) {
          if (language == "console" && !line.starts_with("$ ")) continue;
          if (language == "console") line.erase(0, 2);
          if (line.starts_with("planner ")) expect_possible(file, line);
        }
      }
    }
    // A command in the text may be broken over two lines.
    std::string prose;
    for (const std::string& line : parts.prose) prose += line + " ";
    for (std::size_t at = prose.find("`planner "); at != std::string::npos;
         at = prose.find("`planner ", at + 1)) {
      const std::size_t end = prose.find('`', at + 1);
      if (end != std::string::npos) expect_possible(file, prose.substr(at + 1, end - at - 1));
    }
  }
}

/// First cells in backquotes of the tables below a heading.
Words explained(const fs::path& file, const std::string& heading) {
  Words words;
  bool below = false;
  for (const std::string& line : parts_of(page(file)).prose) {
    if (line.starts_with("#"))
      below = line.substr(std::min(line.size(), line.find_first_not_of("# "))) == heading;
    if (!below || !line.starts_with("| `")) continue;
    words.insert(line.substr(3, line.find('`', 3) - 3));
  }
  EXPECT_FALSE(words.empty()) << file << " explains nothing below " << heading;
  return words;
}

/// Every set of words that a schema allows somewhere below a property of this name.
std::set<Words> enums_named(const nlohmann::json& schema, const std::string& name) {
  std::set<Words> found;
  if (schema.is_object()) {
    for (const auto& [key, value] : schema.items()) {
      if (key == name && value.is_object() && value.contains("enum"))
        found.insert(value["enum"].get<Words>());
      for (const Words& words : enums_named(value, name)) found.insert(words);
    }
  } else if (schema.is_array()) {
    for (const auto& value : schema) {
      for (const Words& words : enums_named(value, name)) found.insert(words);
    }
  }
  return found;
}

nlohmann::json schema(const std::string& file) {
  return nlohmann::json::parse(read_file(source_dir() / "src/report/schemas" / file));
}

// The schemas are what the status and gate tests validate real output against.
TEST(Documents, TheHandbookExplainsEverySituation) {
  const fs::path handbook = "examples/docs/handbook.md";
  const nlohmann::json status = schema("status.schema.json");
  EXPECT_EQ(enums_named(status, "situation"),
            std::set<Words>{explained(handbook, "The next step: what `next:` says")});
  EXPECT_EQ(enums_named(status, "kind").count(explained(handbook, "Objects in the database")), 1U);
  const std::set<Words> states{explained(handbook, "Migrations"), explained(handbook, "Phases of a plan"),
                               explained(handbook, "Backfills")};
  EXPECT_EQ(enums_named(status, "state"), states);
}

TEST(Documents, EveryGateIsExplained) {
  const std::set<Words> gates = enums_named(schema("gates.schema.json"), "gate");
  EXPECT_EQ(gates, std::set<Words>{explained("examples/docs/handbook.md", "Gates")});
  EXPECT_EQ(gates, std::set<Words>{explained("examples/docs/concepts.md", "Gates")});
}

/// What planner says when planner.toml holds this.
std::string said_of(const std::string& toml) {
  Repository repository;
  repository.prisma();
  repository.write("planner.toml", toml);
  return repository.planner({"analyze", "--all"}).err;
}

/// What must stand in front so that only the key in question is wrong.
const std::map<std::string, std::string>& tables_of_config() {
  static const std::map<std::string, std::string> all{
      {"At the top", ""},       {"hooks", "[hooks]\n"},           {"service", "[[service]]\n"},
      {"owner", "[[owner]]\n"}, {"team_rule", "[[team_rule]]\n"},
  };
  return all;
}

TEST(Documents, EveryKeyOfPlannerTomlIsExplainedAndNoOther) {
  const std::map<std::string, std::string> needed{
      {"service", "name = \"a\"\nmigrations = \"prisma/migrations\"\n"},
      {"owner", "name = \"a\"\ntables = [\"a\"]\n"},
      {"team_rule", "id = \"a\"\noperations = [\"drop-*\"]\n"}};
  for (const auto& [heading, table] : tables_of_config()) {
    const auto more = needed.find(heading);
    // The reader names its keys to whoever writes an unknown one.
    const std::string error =
        said_of(table + (more == needed.end() ? "" : more->second) + "no_such_key = 1\n");
    const std::size_t from = error.find("here are `");
    ASSERT_NE(from, std::string::npos) << error;
    Words accepted;
    const std::string list = error.substr(from);
    for (std::size_t at = list.find('`'); at != std::string::npos;) {
      const std::size_t end = list.find('`', at + 1);
      std::string key = list.substr(at + 1, end - at - 1);
      key.erase(std::remove_if(key.begin(), key.end(), [](unsigned char c) { return std::isspace(c) != 0; }),
                key.end());
      accepted.insert(key);
      at = list.find('`', end + 1);
    }
    EXPECT_EQ(explained("examples/docs/planner-toml.md", heading), accepted) << heading;
  }
}

TEST(Documents, KeysOfPlannerTomlHaveTheTypeThatIsSaid) {
  const std::map<std::string, std::string> words{{"text", "must be text"},
                                                 {"number", "must be a whole number"},
                                                 {"true or false", "must be true or false"},
                                                 {"list of texts", "must be a list of texts"}};
  std::string table;
  for (const std::string& line : parts_of(page("examples/docs/planner-toml.md")).prose) {
    if (line.starts_with("## ")) {
      const auto found = tables_of_config().find(line.substr(3));
      table = found == tables_of_config().end() ? "" : found->second;
    }
    if (!line.starts_with("| `")) continue;
    const std::size_t name_end = line.find('`', 3), type_begin = line.find("| ", name_end) + 2;
    const std::string key = line.substr(3, name_end - 3),
                      type = line.substr(type_begin, line.find(" |", type_begin) - type_begin);
    const auto expected = words.find(type);
    if (expected == words.end()) continue;  // tables
    const std::string error = said_of(table + key + " = 1979-05-27\n");
    // A required key that is missing is said first.
    if (error.find("lacks `") != std::string::npos) continue;
    EXPECT_THAT(error, HasSubstr("`" + key + "` " + expected->second));
  }
}

TEST(Documents, ExamplesOfPlannerTomlAreTaken) {
  for (const fs::path& file : pages()) {
    const Parts parts = parts_of(page(file));
    const auto blocks = parts.blocks.find("toml");
    if (blocks == parts.blocks.end()) continue;
    for (const std::string& block : blocks->second) {
      const std::string error = said_of(block);
      for (const char* wrong : {"unknown key", "must be", "is not valid TOML", "lacks `", "there is no rule"})
        EXPECT_EQ(error.find(wrong), std::string::npos) << file << ":\n" << block << error;
    }
  }
}

/// Package tools know where their packages are; whoever builds here may use a mirror.
TEST(Documents, NoPackageHostIsWrittenDown) {
  RunOptions there;
  there.folder = source_dir();
  const Ran listed = run_program({"git", "ls-files"}, there);
  if (listed.exit_code != 0) GTEST_SKIP() << "not a git repository: " << listed.err;
  // In two pieces, or this file would be found.
  const std::vector<std::string> hosts{
      "deb.debian"
      ".org",
      "registry.npmjs"
      ".",
      "proxy.golang"
      ".",
      "sum.golang"
      ".",
      "crates"
      ".io",
      "pypi"
      ".org",
      "files.pythonhosted"
      ".",
      "rubygems"
      ".org",
      "docker"
      ".io",
      "ghcr"
      ".io",
      "quay"
      ".io"};
  for (const std::string& file : lines_of(listed.out)) {
    if (!fs::is_regular_file(source_dir() / file)) continue;
    const std::string text = read_file(source_dir() / file);
    for (const std::string& host : hosts)
      EXPECT_EQ(text.find(host), std::string::npos) << file << ": " << host;
  }
}

TEST(Documents, EverySchemaIsListed) {
  const std::string json = page("examples/docs/json.md");
  for (const std::string& file : files_below(source_dir() / "src/report/schemas")) {
    if (file.ends_with(".json")) {
      EXPECT_THAT(json, HasSubstr("(../../src/report/schemas/" + file + ")"));
    }
  }
}

TEST(Documents, LayoutsAreWhatTheProgramReads) {
  std::string table = "| layout | files | recorded in | one file is |\n|---|---|---|---|\n";
  for (const project::LayoutFacts& facts : project::layout_facts()) {
    table += "| " + std::string(facts.name) + " | " + std::string(facts.files) + " | " +
             (facts.history_table.empty() ? "nothing" : "`" + std::string(facts.history_table) + "`") +
             " | " + std::string(facts.transaction) + " |\n";
  }
  const fs::path file = "examples/docs/layouts.md";
  std::string text = page(file);
  const std::size_t begin = text.find("| layout |"), end = text.find("\n\n", begin);
  ASSERT_NE(begin, std::string::npos);
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    write_file(source_dir() / file, text.replace(begin, end - begin + 1, table));
  } else {
    EXPECT_EQ(text.substr(begin, end - begin + 1), table) << "UPDATE_GOLDEN=1 writes it";
  }
}

}  // namespace
}  // namespace planner::test
