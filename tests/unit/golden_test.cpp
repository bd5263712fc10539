#include "tests/support/golden.h"

#include <gtest/gtest.h>

#include "tests/support/files.h"

namespace planner::test {
namespace {

TEST(Golden, is_a_sentence_and_sections) {
  const TemporaryFolder folder;
  write_file(folder / "a.golden",
             "It holds.\n--- schema\nCREATE TABLE a ();\n\n\n--- analyze\n--- plan\nx\n\ny");
  const GoldenCase golden = parse_golden(folder / "a.golden");
  EXPECT_EQ(golden.sentence, "It holds.\n");
  EXPECT_EQ(golden.text("schema"), "CREATE TABLE a ();\n");
  ASSERT_NE(golden.find("analyze"), nullptr);
  EXPECT_EQ(golden.text("analyze"), "");
  EXPECT_EQ(golden.text("plan"), "x\n\ny\n");
  EXPECT_EQ(golden.find("other"), nullptr);
}

TEST(Golden, is_written_back_as_it_was_read) {
  const TemporaryFolder folder;
  const std::string text = "It holds.\n\n--- schema\nCREATE TABLE a ();\n\n--- analyze\n\n--- plan\nx\n";
  write_file(folder / "a.golden", text);
  EXPECT_EQ(format_golden(parse_golden(folder / "a.golden")), text);
}

}  // namespace
}  // namespace planner::test
