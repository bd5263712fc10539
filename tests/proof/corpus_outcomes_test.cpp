// Every risky migration of real histories, split and proven where its team met it. The outcomes are kept in
// corpus_outcomes.tsv; `make outcomes` writes it anew.

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>

#include "src/proof/proof_server.h"
#include "tests/proof/outcomes.h"
#include "tests/support/files.h"
#include "tests/support/paths.h"
#include "tests/support/postgres.h"

namespace planner::test {
namespace {

std::filesystem::path table_file() { return source_dir() / "tests" / "proof" / "corpus_outcomes.tsv"; }

std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> out;
  std::istringstream text(line);
  for (std::string cell; std::getline(text, cell, '\t');) out.push_back(cell);
  return out;
}

/// history + migration -> its cells.
std::map<std::string, std::vector<std::string>> kept_outcomes() {
  std::map<std::string, std::vector<std::string>> out;
  std::istringstream lines(read_file(table_file()));
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.front() == '#') continue;
    const std::vector<std::string> row = cells(line);
    if (row.size() >= 5) out.emplace(row[0] + "\t" + row[1], row);
  }
  return out;
}

void add_counts(std::map<std::string, std::size_t>& to, const std::string& text) {
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const std::size_t colon = word.rfind(':');
    if (colon != std::string::npos) to[word.substr(0, colon)] += std::stoul(word.substr(colon + 1));
  }
}

TEST(CorpusOutcomes, hardly_anything_is_unproven_or_refused) {
  std::map<std::string, std::size_t> risky, refused;
  for (const auto& [key, row] : kept_outcomes()) {
    const bool fine =
        row[2] == "proven" || row[2] == "harmless" || row[2] == "refused" || row[2] == "unanswered";
    EXPECT_TRUE(fine) << key << ": " << row[2];
    add_counts(risky, row[3]);
    add_counts(refused, row[4]);
  }
  std::size_t all = 0, not_done = 0;
  for (const auto& [kind, number] : risky) all += number;
  for (const auto& [kind, number] : refused) not_done += number;
  EXPECT_GT(all, 0U);
  EXPECT_LE(static_cast<double>(not_done), 0.03 * static_cast<double>(all)) << not_done << " of " << all;
  for (const char* kind :
       {"set-not-null", "required-column", "create-index", "add-unique", "add-primary-key", "add-foreign-key",
        "add-check", "replace-constraint", "drop-column", "drop-table", "drop-index", "drop-constraint"}) {
    // One check is replaced that no migration made.
    EXPECT_LE(refused[kind], kind == std::string_view("replace-constraint") ? 1U : 0U) << kind;
  }
}

/// A fixed few of every history: enough to see that the table is still true.
TEST(CorpusOutcomes, a_sample_comes_out_as_the_table_says) {
  PLANNER_SHARED_OR_SKIP(shared);
  const auto kept = kept_outcomes();
  const ProofServer server = proof_server(scratch().url());
  for (const RealHistory& history : real_histories(shared)) {
    std::size_t place = 0;
    std::set<std::string> sample;
    for (const Migration& migration : history.migrations) {
      if (kept.contains(history.name + "\t" + migration.name) && place++ % 40 == 7)
        sample.insert(migration.name);
    }
    WalkOptions options;
    options.rows = 10;
    options.chosen = [&](const std::string& migration, std::size_t) { return sample.contains(migration); };
    if (sample.empty()) continue;
    for (const Outcome& outcome : walk_history(server, history, options)) {
      const std::string& known = kept.at(history.name + "\t" + outcome.migration)[2];
      EXPECT_TRUE(outcome.result == known || outcome.result == "proven")
          << known << " before, now " << outcome_line(outcome);
    }
  }
}

/// Writes the table anew. PLANNER_ONLY=open walks only what is not proven in it, or not in it at all, and
/// keeps the other rows. PLANNER_HISTORY limits it to histories whose name holds the word, PLANNER_MIGRATION
/// to such migrations (then nothing is written).
TEST(CorpusOutcomes, write_table) {
  if (std::getenv("PLANNER_WRITE_OUTCOMES") == nullptr)
    GTEST_SKIP() << "only `make outcomes` writes the table";
  PLANNER_SHARED_OR_SKIP(shared);
  const char* only = std::getenv("PLANNER_HISTORY");
  const char* one = std::getenv("PLANNER_MIGRATION");
  const bool open = std::getenv("PLANNER_ONLY") != nullptr;
  const ProofServer server = proof_server(scratch().url());
  const auto kept = kept_outcomes();
  std::string text =
      "# What becomes of every risky migration of real histories; `make outcomes` writes it.\n"
      "# history\tmigration\toutcome\trisky operations\trefused operations\treasons\n";
  const auto keep = [&](const std::vector<std::string>& row) {
    std::string line;
    for (const std::string& cell : row) line += (line.empty() ? "" : "\t") + cell;
    text += line + "\n";
  };
  std::set<std::string> listed;
  for (const RealHistory& history : real_histories(shared)) {
    listed.insert(history.name);
    const bool walked = only == nullptr || history.name.find(only) != std::string::npos;
    std::set<std::string> left_alone;
    for (const auto& [key, row] : kept) {
      const bool fine = row[2] == "proven" || row[2] == "harmless";
      if (row[0] == history.name && (!walked || (open && fine))) left_alone.insert(row[1]);
    }
    std::map<std::string, std::string> anew;
    WalkOptions options;
    options.chosen = [&](const std::string& migration, std::size_t) {
      if (one != nullptr) return migration.find(one) != std::string::npos;
      return !left_alone.contains(migration);
    };
    if (walked) {
      for (const Outcome& outcome : walk_history(server, history, options)) {
        if (outcome.result != "proven" || one != nullptr) std::cerr << outcome_line(outcome) << "\n";
        anew[outcome.migration] = outcome_line(outcome);
      }
    }
    for (const Migration& migration : history.migrations) {
      if (left_alone.contains(migration.name)) {
        keep(kept.at(history.name + "\t" + migration.name));
      } else if (anew.contains(migration.name)) {
        text += anew[migration.name] + "\n";
      }
    }
  }
  for (const auto& [key, row] : kept) {
    if (!listed.contains(row[0])) keep(row);
  }
  if (one == nullptr) write_file(table_file(), text);
}

}  // namespace
}  // namespace planner::test
