#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "tests/fuzz/targets.h"
#include "tests/support/files.h"
#include "tests/support/paths.h"

/// The fuzzers' kept corpus, and as many mutations of it as fit into a test run: always the same ones, with
/// any compiler. `make fuzz` looks further.
namespace planner::test {
namespace {

struct Target {
  const char* name;
  void (*run)(std::string_view);
  int mutations;
  std::vector<std::string> words;  ///< what mutations splice in
};

const Target kTargets[] = {{"migration",
                            fuzz_migration,
                            150,
                            {";",
                             "'",
                             "\"",
                             "$$",
                             "$a$",
                             "/*",
                             "*/",
                             "--",
                             "\n",
                             "(",
                             ")",
                             "--- migration\n",
                             "BEGIN;",
                             "COMMIT;",
                             "DROP TABLE t;",
                             "ALTER TABLE t ",
                             "RENAME TO t",
                             "CASCADE",
                             "CONCURRENTLY",
                             "NOT VALID",
                             "NULL",
                             "DEFAULT",
                             "USING",
                             "-- planner:ignore ",
                             "DO $$ BEGIN ",
                             " END $$;",
                             "\xC3\xA9",
                             "E'\\x",
                             "U&\"",
                             "::",
                             ",",
                             "ONLY ",
                             "IF EXISTS "}},
                           {"config",
                            fuzz_config,
                            3000,
                            {"[[",   "]]",         "[",      "]",         "=", "\"", "\"\"\"",
                             "\n",   "{",          "}",      ",",         ".", "-1", "99999999999999999999",
                             "true", "1979-05-27", "tables", "team_rule", "*", "?",  "\\u0000",
                             "'",    "#"}}};

std::vector<std::string> kept(const std::string& name) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry :
       std::filesystem::directory_iterator(source_dir() / "tests" / "fuzz" / "corpus" / name)) {
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> texts;
  for (const auto& file : files) texts.push_back(read_file(file));
  // The schema of the operations' table, with a migration behind it.
  if (name == "migration") {
    const std::filesystem::path folder = source_dir() / "tests";
    texts.push_back(read_file(folder / "golden/operations/schema.sql") +
                    read_file(folder / "fuzz/corpus/migration/after_schema.sql"));
  }
  return texts;
}

std::string mutated(const std::vector<std::string>& corpus, const Target& target, std::mt19937& random) {
  // The distributions of the standard library differ between implementations; the generator does not.
  const auto below = [&](std::size_t limit) { return limit == 0 ? 0 : std::size_t{random()} % limit; };
  std::string text = corpus[below(corpus.size())];
  for (std::size_t left = 1 + below(4); left > 0; --left) {
    const std::size_t at = below(text.size() + 1);
    const std::size_t length = below(std::min<std::size_t>(text.size() - at, 60) + 1);
    switch (below(6)) {
      case 0:
        text.erase(at, length);
        break;
      case 1:
        text.insert(at, text.substr(at, length));
        break;
      case 2:
        text.insert(at, target.words[below(target.words.size())]);
        break;
      case 3: {
        const std::string& other = corpus[below(corpus.size())];
        text.insert(at, other.substr(below(other.size() + 1), 200));
        break;
      }
      case 4:
        if (at < text.size()) text[at] = static_cast<char>(random() % 256);
        break;
      default:
        text.resize(at);
    }
  }
  return text;
}

class Fuzz : public ::testing::TestWithParam<Target> {};

TEST_P(Fuzz, survives_the_kept_corpus) {
  const std::vector<std::string> corpus = kept(GetParam().name);
  ASSERT_FALSE(corpus.empty());
  for (const std::string& text : corpus) EXPECT_NO_THROW(GetParam().run(text)) << text;
}

TEST_P(Fuzz, survives_mutations_of_it) {
  const std::vector<std::string> corpus = kept(GetParam().name);
  std::mt19937 random(20240601);
  for (int i = 0; i < GetParam().mutations; ++i) {
    const std::string text = mutated(corpus, GetParam(), random);
    EXPECT_NO_THROW(GetParam().run(text)) << "mutation " << i << ":\n" << text;
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, Fuzz, ::testing::ValuesIn(kTargets),
                         [](const auto& target) { return std::string(target.param.name); });

}  // namespace
}  // namespace planner::test
