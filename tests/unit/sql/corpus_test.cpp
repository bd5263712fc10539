#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>

#include "planner/error.h"
#include "tests/support/files.h"
#include "tests/support/paths.h"
#include "tests/unit/sql/sql_testing.h"

namespace planner {
namespace {

std::vector<std::filesystem::path> sql_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.path().extension() == ".sql") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// drizzle sends the pieces between its marks one by one; whoever reads a history cuts it there.
std::vector<std::string> pieces_of(const std::string& text, const std::string& layout) {
  static constexpr std::string_view kMark = "--> statement-breakpoint";
  std::vector<std::string> pieces;
  std::size_t at = 0;
  while (layout == "drizzle") {
    const std::size_t mark = text.find(kMark, at);
    if (mark == std::string::npos) break;
    pieces.push_back(text.substr(at, mark - at));
    at = mark + kMark.size();
  }
  pieces.push_back(text.substr(at));
  return pieces;
}

TEST(Corpus, EveryHistoryHasTheStatementsThatWereCounted) {
  PLANNER_SHARED_OR_SKIP(shared);
  // repo, history -> statements: columns 1, 5 and 10 of the index.
  std::map<std::pair<std::string, std::string>, int> counted;
  std::ifstream index(shared / "corpus" / "INDEX.tsv");
  std::string line;
  std::getline(index, line);
  while (std::getline(index, line)) {
    std::vector<std::string> fields(1);
    for (const char c : line) {
      if (c == '\t') {
        fields.emplace_back();
      } else {
        fields.back() += c;
      }
    }
    counted[{fields.at(0), fields.at(4)}] = std::stoi(fields.at(9));
  }
  const auto histories = nlohmann::json::parse(test::read_file(shared / "corpus" / "histories.json"));
  int checked = 0;
  for (const auto& history : histories) {
    int statements = 0;
    for (const auto& migration : history["migrations"]) {
      if (!migration["up"].is_string()) continue;
      const auto file =
          shared / "corpus" / history["folder"].get<std::string>() / migration["up"].get<std::string>();
      for (const std::string& piece : pieces_of(test::read_file(file), history["layout"])) {
        const ParsedFile parsed = parse_file(piece);
        statements += static_cast<int>(parsed.statements.size());
        for (const Statement& statement : parsed.statements) {
          EXPECT_EQ(statement.problem, ParseProblem::None) << file << ": " << statement.error;
          EXPECT_FALSE(statement.operations.empty()) << file;
          for (const Operation& operation : statement.operations) {
            EXPECT_FALSE(std::holds_alternative<Unrecognized>(operation)) << file;
          }
        }
      }
    }
    const auto found = counted.find({history["repo"], history["history"]});
    ASSERT_NE(found, counted.end()) << history["repo"];
    EXPECT_EQ(statements, found->second) << history["repo"] << " " << history["history"];
    ++checked;
  }
  EXPECT_EQ(static_cast<std::size_t>(checked), counted.size());
}

TEST(Corpus, ExpressionsReadBackAndMeanThemselves) {
  PLANNER_SHARED_OR_SKIP(shared);
  std::size_t expressions = 0;
  std::size_t unrecognized = 0;
  std::size_t statements = 0;
  for (const auto& file : sql_files(shared / "corpus")) {
    const std::string text = test::read_file(file);
    for (const Statement& statement : parse_file(text).statements) {
      ++statements;
      for (const Operation& operation : statement.operations) {
        if (std::holds_alternative<Unrecognized>(operation)) ++unrecognized;
        test::for_each_expression(operation, [&](const Expression& expression) {
          ++expressions;
          SCOPED_TRACE(file.string());
          EXPECT_NO_THROW(expression.text()) << text.substr(statement.span.begin, 80);
          EXPECT_TRUE(same_meaning(expression, expression));
          expression.facts();
        });
      }
    }
  }
  std::cout << statements << " statements, " << unrecognized << " not understood, " << expressions
            << " expressions\n";
  EXPECT_GT(expressions, 2000U);
  EXPECT_LE(unrecognized, 8U);  // MySQL's dialect, psql's commands, missing semicolons
}

/// Cuts, doubles, swaps and garbles a text.
std::string mutated(std::string text, std::mt19937& random) {
  const auto at = [&] { return text.empty() ? 0 : random() % text.size(); };
  for (unsigned round = 1 + random() % 4; round > 0; --round) {
    switch (random() % 7) {
      case 0:
        text.resize(at());
        break;
      case 1:
        text.erase(0, at());
        break;
      case 2:
        text.erase(at(), random() % 40);
        break;
      case 3:
        text.insert(at(), text.substr(at(), random() % 200));
        break;
      case 4:
        if (!text.empty()) text[at()] = static_cast<char>(random());
        break;
      case 5:
        text.insert(at(), std::string(1, "'\"();$\\/*-\n:[]"[random() % 14]));
        break;
      default: {
        static constexpr std::string_view kWords[] = {" NOT ",    " NULL ",
                                                      "; ",       " COPY x FROM stdin;\n",
                                                      " CREATE ", " BEGIN ATOMIC ",
                                                      "$$",       " '",
                                                      "/*",       "--",
                                                      "\\d\n",    " ADD ",
                                                      ",",        " AS ",
                                                      "\xF0\x9F", " END "};
        text.insert(at(), kWords[random() % std::size(kWords)]);
      }
    }
  }
  return text;
}

TEST(Corpus, NoMutationBreaksTheReader) {
  PLANNER_SHARED_OR_SKIP(shared);
  std::vector<std::string> texts;
  for (const auto& file : sql_files(shared / "corpus")) texts.push_back(test::read_file(file));
  // PLANNER_MUTATIONS=100000 for a long run.
  const char* wanted = std::getenv("PLANNER_MUTATIONS");
  const int runs = wanted == nullptr ? 3000 : std::stoi(wanted);
  std::mt19937 random(20240131);
  for (int run = 0; run < runs; ++run) {
    const std::string text = mutated(texts[random() % texts.size()], random);
    const ParsedFile file = parse_file(text);
    std::uint32_t end = 0;
    for (const Statement& statement : file.statements) {
      // Statements stand in order, none reaches into another, and each is something.
      ASSERT_LE(end, statement.span.begin);
      ASSERT_LE(statement.span.begin, statement.span.end);
      ASSERT_LE(statement.span.end, text.size());
      ASSERT_LE(statement.comments.begin, statement.comments.end);
      ASSERT_LE(statement.comments.end, text.size());
      ASSERT_FALSE(statement.operations.empty());
      end = statement.span.end;
      for (std::size_t i = 0; i < statement.operations.size(); ++i) {
        const Span span = span_of_operation(text, statement, i);
        ASSERT_LE(statement.span.begin, span.begin);
        ASSERT_LE(span.end, statement.span.end);
        target_relation(statement.operations[i]);
      }
      if (statement.problem != ParseProblem::None) {
        ASSERT_EQ(statement.operations.size(), 1U);
        ASSERT_TRUE(std::holds_alternative<Unrecognized>(statement.operations.front()));
        ASSERT_LE(statement.error_at, text.size());
      }
    }
    prisma_splits(file, text);
    comments_of(text);
    is_single_statement(text);
  }
}

}  // namespace
}  // namespace planner
