#include "src/project/collation.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace planner::project {
namespace {

TEST(Collation, compares_names_as_javascript_does) {
  EXPECT_LT(locale_compare("20240102_a", "2024010203_a"), 0);
  EXPECT_LT(locale_compare("a_b", "a1"), 0);
  EXPECT_LT(locale_compare("a1", "aB"), 0);
  EXPECT_LT(locale_compare("add_users", "Add_Users"), 0);
  EXPECT_LT(locale_compare("Add_a", "add_b"), 0);
  EXPECT_LT(locale_compare("a b", "a_b"), 0);
  EXPECT_LT(locale_compare("a", "a_"), 0);
  EXPECT_EQ(locale_compare("same", "same"), 0);
  EXPECT_GT(locale_compare("\xC3\xA9t\xC3\xA9", "ete"), 0);
}

TEST(Collation, what_is_decided_without_icu_icu_decides_alike) {
  std::vector<char> common, any;
  for (char c = ' '; c <= '~'; ++c) any.push_back(c);
  for (const char c : std::string("__0129abzABZ-. ")) common.push_back(c);
  std::mt19937 random(20240607);
  const auto name = [&](const std::vector<char>& from, std::size_t longest) {
    std::string text;
    for (std::size_t left = random() % (longest + 1); left > 0; --left) text += from[random() % from.size()];
    return text;
  };
  int decided = 0;
  for (int round = 0; round < 40'000; ++round) {
    const std::vector<char>& from = round % 4 == 0 ? any : common;
    const std::string start = name(from, 4), a = start + name(from, 4), b = start + name(from, 4);
    const std::optional<int> plain = plain_compare(a, b);
    if (!plain) continue;
    ++decided;
    ASSERT_EQ(*plain, icu_compare(a, b)) << '"' << a << "\" and \"" << b << '"';
  }
  EXPECT_GT(decided, 10'000);
}

}  // namespace
}  // namespace planner::project
