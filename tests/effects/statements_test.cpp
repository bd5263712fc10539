#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <set>
#include <sstream>

#include "planner/replay/replay.h"
#include "tests/effects/measured.h"
#include "tests/support/golden.h"
#include "tests/support/paths.h"
#include "tests/support/postgres.h"

/// Statements made from the templates of tests/effects/statements/*.txt, each run on a server and rolled
/// back: its locks, rewrites, index builds, scans and refusals are what effects_of_statement says. Every
/// template gives a share of its statements in an ordinary run; PLANNER_EVERY_STATEMENT=1 runs them all.
namespace planner::test {
namespace {

constexpr std::size_t kPerTemplate = 24;

class Statements : public PostgresTest {
 protected:
  explicit Statements(std::filesystem::path file) : file_(std::move(file)) {}

  void TestBody() override {
    const GoldenCase given = parse_golden(file_);
    const int version = db().server_version();
    if (const std::string from = given.text("from version");
        !from.empty() && version < std::stoi(from) * 10000)
      GTEST_SKIP() << "written for PostgreSQL " << from << " and newer";
    db().exec(given.text("schema"));
    EffectsSettings settings;
    settings.server_version = version;
    settings.time_zone = "UTC";
    settings.time_zone_known = true;
    db().exec("SET timezone = 'UTC'");
    std::vector<std::string> problems;
    bool newer = false;
    Schema start;
    start.server_version = version;
    const Schema schema = schema_after(given.text("schema"), std::move(start), &problems, &newer);
    for (const std::string& problem : problems) ADD_FAILURE() << "schema: " << problem;
    ASSERT_FALSE(newer) << "the schema is in newer syntax than the parser's";

    Measuring measuring(db());
    std::istringstream lines(given.text("statements"));
    std::size_t agreed = 0;
    std::size_t different = 0;
    std::size_t not_parsed = 0;
    std::size_t listed = 0;
    const std::set<std::string> open = open_ones();
    for (std::string line; std::getline(lines, line);) {
      if (line.empty()) continue;
      // `[15] ...`: from that version on.
      if (line.starts_with("[")) {
        if (version < std::stoi(line.substr(1)) * 10000) continue;
        line.erase(0, line.find(']') + 2);
      }
      for (const std::string& text : share_of(expand(line))) {
        Outcome said = outcome(text, schema, settings, true);
        if (said.newer_syntax) {
          ++not_parsed;
          continue;
        }
        const Observed measured = measuring.run(text);
        // Some of the tables hold no rows.
        if (measured.sqlstate == "00000" && !said.sqlstates.empty())
          said = outcome(text, schema, settings, false);
        const std::vector<std::string> wrong = differences(measured, said, schema);
        if (open.contains(text)) {
          // Listed for 15, where the list is held to be true; elsewhere it is not asked.
          ++listed;
          if (wrong.empty() && version / 10000 == 15)
            ADD_FAILURE() << text << "\n    agrees: take it off open.tsv";
          continue;
        }
        if (wrong.empty()) {
          ++agreed;
          continue;
        }
        ++different;
        std::string all;
        for (const std::string& each : wrong) all += "\n    " + each;
        ADD_FAILURE() << text << all;
      }
    }
    std::cout << agreed << " of " << agreed + different << " statements agree on PostgreSQL "
              << version / 10000;
    if (listed > 0) std::cout << "; " << listed << " are known to differ (open.tsv)";
    if (not_parsed > 0) std::cout << "; " << not_parsed << " are in newer syntax than the parser's";
    std::cout << "\n";
  }

 private:
  /// Statements of this file that are known to differ, with what a server does: refusals for reasons that
  /// planner holds nothing of, nearly all of them.
  std::set<std::string> open_ones() const {
    std::set<std::string> out;
    std::ifstream in(source_dir() / "tests/effects/statements/open.tsv");
    for (std::string line; std::getline(in, line);) {
      const std::size_t first = line.find('\t');
      const std::size_t second = line.find('\t', first + 1);
      if (second == std::string::npos || line.substr(0, first) != file_.stem()) continue;
      out.insert(line.substr(first + 1, second - first - 1));
    }
    return out;
  }

  /// All of them, or some spread over the whole list: always the same ones.
  static std::vector<std::string> share_of(std::vector<std::string> all) {
    const char* every = std::getenv("PLANNER_EVERY_STATEMENT");
    if (every != nullptr || all.size() <= kPerTemplate) return all;
    std::vector<std::string> some;
    // A step that shares no factor with the usual numbers of alternatives meets all combinations.
    std::size_t at = 0;
    for (std::size_t i = 0; i < kPerTemplate; ++i, at = (at + 7919) % all.size()) some.push_back(all[at]);
    return some;
  }

  std::filesystem::path file_;
};

const bool registered = [] {
  for (const auto& entry : std::filesystem::directory_iterator(source_dir() / "tests/effects/statements")) {
    const std::filesystem::path file = entry.path();
    if (file.extension() != ".txt") continue;
    class One : public Statements {
     public:
      explicit One(std::filesystem::path path) : Statements(std::move(path)) {}
    };
    testing::RegisterTest("Statements", file.stem().c_str(), nullptr, nullptr, __FILE__, __LINE__,
                          [file]() -> PostgresTest* { return new One(file); });
  }
  return true;
}();

}  // namespace
}  // namespace planner::test
