#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "planner/replay/replay.h"
#include "planner/sql/parse.h"
#include "src/database/live_schema.h"
#include "tests/replay/comparison.h"
#include "tests/support/files.h"
#include "tests/support/paths.h"
#include "tests/support/postgres.h"

/// Statements drawn at random from templates (random/*.txt), run by a server and by replay one after the
/// other: both accept or both refuse each, and after each both have the same schema. The few names make
/// statements meet: renames over renames, drops of what others need, names that PostgreSQL generates twice.
/// `PLANNER_RANDOM_SEEDS=2000` runs more than the suite does, `PLANNER_RANDOM_FROM=17` begins elsewhere.
namespace planner {
namespace {

/// `{a|b|c}` picks one of the alternatives, `@name` one of the words that a line `@name: a|b` defines.
class Templates {
 public:
  explicit Templates(const std::filesystem::path& file) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
      if (line.empty() || line.starts_with("#")) continue;
      if (line.starts_with("@")) {
        const std::size_t colon = line.find(": ");
        words_[line.substr(1, colon - 1)] = "{" + line.substr(colon + 2) + "}";
      } else if (line.starts_with("first: ")) {
        first.push_back(line.substr(7));
      } else {
        lines_.push_back(line);
      }
    }
  }

  std::vector<std::string> first;  ///< what every run begins with

  std::string one(std::mt19937& random) const { return filled(pick(lines_, random), random); }
  std::string filled(const std::string& pattern, std::mt19937& random) const {
    std::string out;
    for (std::size_t i = 0; i < pattern.size();) {
      if (pattern[i] == '@' && i + 1 < pattern.size() && pattern[i + 1] >= 'a' && pattern[i + 1] <= 'z') {
        std::size_t end = i + 1;
        while (end < pattern.size() && pattern[end] >= 'a' && pattern[end] <= 'z') ++end;
        out += filled(words_.at(pattern.substr(i + 1, end - i - 1)), random);
        i = end;
      } else if (pattern[i] == '{') {
        std::vector<std::string> alternatives(1);
        std::size_t at = i + 1;
        for (int depth = 1; depth > 0 && at < pattern.size(); ++at) {
          if (pattern[at] == '{') ++depth;
          if (pattern[at] == '}' && --depth == 0) continue;
          if (pattern[at] == '|' && depth == 1) {
            alternatives.emplace_back();
          } else {
            alternatives.back() += pattern[at];
          }
        }
        out += filled(pick(alternatives, random), random);
        i = at;
      } else {
        out += pattern[i++];
      }
    }
    return out;
  }

 private:
  static const std::string& pick(const std::vector<std::string>& from, std::mt19937& random) {
    return from[random() % from.size()];
  }

  std::map<std::string, std::string> words_;
  std::vector<std::string> lines_;
};

unsigned number(const char* variable, unsigned otherwise) {
  const char* value = std::getenv(variable);
  return value == nullptr ? otherwise : static_cast<unsigned>(std::stoul(value));
}

constexpr unsigned kSeeds = 4;  ///< in the suite; every seed is a whole history
constexpr unsigned kStatements = 40;

class RandomStatements : public test::PostgresTest {
 protected:
  /// Runs one history; the first disagreement ends it.
  void run(const Templates& templates, unsigned seed) {
    db().exec(test::kCleanDatabase);
    Connection session(url());
    session.exec("SET client_min_messages = error");
    std::mt19937 random(seed);
    Schema schema;
    std::string story;
    const auto follow = [&](const std::string& text) {
      const ParsedFile file = parse_file(text);
      if (file.statements.size() != 1 || file.statements[0].problem != ParseProblem::None) {
        return true;  // an unlucky draw: not a statement at all
      }
      std::string refused, message;
      try {
        session.exec(text);
      } catch (const DatabaseError& error) {
        refused = error.sqlstate();
        message = error.fields.message;
      }
      const Schema before = schema;
      const auto problems = replay_statement(schema, file.statements[0].operations);
      ++statements_;
      if (refused.empty()) ++accepted_;
      std::string wrong;
      if (problems.empty() && !refused.empty() && std::getenv("PLANNER_RANDOM_STRICT") == nullptr) {
        // What planner takes and a server refuses is found when the migration is tried; what it makes of the
        // statements that a server takes is what everything else is built on.
        schema = before;
        ++overlooked_;
        if (std::getenv("PLANNER_RANDOM_OVERLOOKED") != nullptr)
          std::cout << "OVERLOOKED " << refused << " " << message << " <- " << text << "\n";
      } else if (refused.empty() && !problems.empty() && text.starts_with("ALTER") &&
                 text.find(" IF EXISTS ") != std::string::npos &&
                 (problems.front().sqlstate == "42P01" || problems.front().sqlstate == "3F000")) {
        // Operations do not carry the IF EXISTS of the relation itself: replay refuses and stays as it was.
        schema = before;
      } else if (problems.empty() != refused.empty()) {
        wrong = refused.empty() ? "PostgreSQL accepts it, replay says: " + problems.front().message
                                : "replay accepts it, PostgreSQL says " + refused + ": " + message;
      } else {
        Schema outside = schema;
        end_session(outside);
        if (schema.open_transactions.empty()) {
          for (const std::string& sentence : test::disagreements(outside, read_schema(db())))
            wrong += sentence + "\n";
        }
        if (wrong.empty() && !problems.empty() && problems.front().sqlstate != refused &&
            std::getenv("PLANNER_RANDOM_CODES") != nullptr)
          std::cout << text << "\n    " << refused << " " << message << "\n    " << problems.front().sqlstate
                    << " " << problems.front().message << "\n";
      }
      if (wrong.empty() && !refused.empty() && !schema.open_transactions.empty()) {
        // The transaction is aborted; replay leaves it at the statement.
        session.exec("ROLLBACK");
        replay_statement(schema, parse_statement("ROLLBACK"));
        story += "-- refused: " + text + "\nROLLBACK;\n";
        return true;
      }
      if (wrong.empty()) {
        if (refused.empty()) story += text + ";\n";
        return true;
      }
      ADD_FAILURE() << "seed " << seed << "\n" << story << text << ";\n--> " << wrong;
      return false;
    };
    for (const std::string& text : templates.first) {
      if (!follow(templates.filled(text, random))) return;
    }
    for (unsigned i = 0; i < kStatements; ++i) {
      if (!follow(templates.one(random))) return;
    }
  }

  void check(const std::string& name) {
    const Templates templates(test::source_dir() / "tests" / "replay" / "random" / name);
    const unsigned from = number("PLANNER_RANDOM_FROM", 1);
    const unsigned seeds = number("PLANNER_RANDOM_SEEDS", kSeeds);
    for (unsigned seed = from; seed < from + seeds; ++seed) run(templates, seed);
    std::cout << statements_ << " statements, " << accepted_ << " of them accepted by PostgreSQL, "
              << overlooked_ << " that it refuses accepted by replay\n";
  }

 private:
  unsigned statements_ = 0, accepted_ = 0, overlooked_ = 0;
};

TEST_F(RandomStatements, OnTables) { check("tables.txt"); }
TEST_F(RandomStatements, OnPartitions) { check("partitions.txt"); }
TEST_F(RandomStatements, OnTypes) { check("types.txt"); }
TEST_F(RandomStatements, OnObjects) { check("objects.txt"); }

}  // namespace
}  // namespace planner
