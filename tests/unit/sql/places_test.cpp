#include <gtest/gtest.h>

#include "planner/error.h"
#include "tests/unit/sql/sql_testing.h"

namespace planner {
namespace {

std::string words(std::string_view text, Span span) {
  return std::string(text.substr(span.begin, span.end - span.begin));
}

TEST(PositionOf, CountsCharactersFromOne) {
  const std::string text = "a\nñé€😀x\n\ny";
  const auto at = [&](std::size_t offset) {
    const Position position = position_of(text, static_cast<std::uint32_t>(offset));
    return std::to_string(position.line) + ":" + std::to_string(position.column);
  };
  EXPECT_EQ(at(0), "1:1");
  EXPECT_EQ(at(1), "1:2");
  EXPECT_EQ(at(2), "2:1");
  EXPECT_EQ(at(text.find('x')), "2:5");
  EXPECT_EQ(at(text.find('y')), "4:1");
  EXPECT_EQ(at(text.size() + 100), "4:2");
  EXPECT_EQ(at(0), "1:1");
}

TEST(SpanOfOperation, IsTheOperationsOwnWords) {
  const std::string text =
      "DROP TABLE x;\nALTER TABLE IF EXISTS ONLY \"s\".\"t\" -- why\n  ADD COLUMN a numeric(10,2) DEFAULT "
      "f(1, 2) /* , */,\n"
      "  DROP COLUMN \"b\" CASCADE, ALTER c SET DEFAULT ARRAY[1,2];\nDROP INDEX CONCURRENTLY IF EXISTS i, "
      "s.j CASCADE;";
  const ParsedFile file = parse_file(text);
  ASSERT_EQ(file.statements.size(), 3U);
  EXPECT_EQ(words(text, span_of_operation(text, file.statements[0], 0)), "DROP TABLE x");
  EXPECT_EQ(words(text, span_of_operation(text, file.statements[1], 0)),
            "ADD COLUMN a numeric(10,2) DEFAULT f(1, 2)");
  EXPECT_EQ(words(text, span_of_operation(text, file.statements[1], 1)), "DROP COLUMN \"b\" CASCADE");
  EXPECT_EQ(words(text, span_of_operation(text, file.statements[1], 2)), "ALTER c SET DEFAULT ARRAY[1,2]");
  EXPECT_EQ(words(text, span_of_operation(text, file.statements[2], 0)), "i");
  EXPECT_EQ(words(text, span_of_operation(text, file.statements[2], 1)), "s.j CASCADE");
  EXPECT_EQ(span_of_operation(text, file.statements[1], 9), file.statements[1].span);
}

TEST(CommentsOf, FindsEachWithItsText) {
  const std::string text =
      "-- planner:ignore x why \nSELECT '-- no', $$ /* no */ $$ /* yes\n here */; --end\n/**/";
  const std::vector<FileComment> comments = comments_of(text);
  ASSERT_EQ(comments.size(), 4U);
  EXPECT_EQ(comments[0].text, "planner:ignore x why");
  EXPECT_EQ(comments[1].text, "yes\n here");
  EXPECT_EQ(comments[2].text, "end");
  EXPECT_EQ(comments[3].text, "");
  EXPECT_EQ(words(text, comments[1].span), "/* yes\n here */");
  EXPECT_EQ(comments_of("-- a\nSELECT 'open\n-- b").size(), 2U);
}

TEST(IsSingleStatement, CountsWhatTheServerCounts) {
  for (const char* one :
       {"SELECT 1", "-- a\n;SELECT 1;;\n/* b; */", "DO $$ BEGIN; END $$;",
        "CREATE INDEX CONCURRENTLY i ON t (a);", "ALTER TABLE t ADD CONSTRAINT n NOT NULL a NOT VALID;"}) {
    EXPECT_TRUE(is_single_statement(one)) << one;
  }
  for (const char* other :
       {"", "-- a", ";", "SELECT 1; SELECT 2", "BEGIN; COMMIT", "SELECT 'open", "\\set x 1"}) {
    EXPECT_FALSE(is_single_statement(other)) << other;
  }
}

TEST(ParseStatement, TakesExactlyOne) {
  EXPECT_THROW(parse_statement(""), Error);
  EXPECT_THROW(parse_statement("SELECT 1; SELECT 2"), Error);
  EXPECT_THROW(parse_statement("SELEC"), Error);
}

}  // namespace
}  // namespace planner
