#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "rules/registry.h"
#include "tests/golden/pages.h"
#include "tests/golden/rule_case.h"
#include "tests/support/files.h"
#include "tests/support/golden.h"
#include "tests/support/paths.h"

/// Every rule: its golden cases, the examples of its page, and the order of the house.
namespace planner::test {
namespace {

std::optional<std::string> render(const GoldenCase& golden, const std::string& section) {
  if (section != "analyze") return std::nullopt;
  return analyze_case(golden.text("schema"), golden.text("migration"),
                      CaseSettings::read(golden.text("settings")))
      .text();
}

const bool registered = register_golden("Cases", source_dir() / "rules", render);

std::string id_of(std::string folder) {
  std::replace(folder.begin(), folder.end(), '_', '-');
  return folder;
}

std::vector<std::string> rule_folders() {
  std::vector<std::string> folders;
  for (const auto& entry : std::filesystem::directory_iterator(source_dir() / "rules")) {
    if (entry.is_directory()) folders.push_back(entry.path().filename().string());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

class Page : public ::testing::TestWithParam<std::string> {};

TEST_P(Page, shows_what_it_says) {
  const std::string id = id_of(GetParam());
  const std::string page = read_file(source_dir() / "rules" / GetParam() / "rule.md");
  EXPECT_EQ(page.substr(0, page.find('\n')), "# " + id);
  const Rule* rule = find_rule(id);
  ASSERT_NE(rule, nullptr) << "rules/registry.cpp does not name " << GetParam();

  if (rule->about_files) return;  // no SQL shows it: tests/cli does
  std::string given;
  int finds = 0, passes = 0;
  for (const Fence& fence : fences_of(page)) {
    SCOPED_TRACE("rules/" + GetParam() + "/rule.md:" + std::to_string(fence.line));
    if (fence.language != "sql" || fence.kind.empty()) continue;
    if (fence.kind == "given") {
      given = fence.text;
      continue;
    }
    CaseSettings settings = CaseSettings::read_words(fence.words);
    if (rule->opt_in) settings.on.push_back(id);
    const CaseResult result = analyze_case(given, fence.text, settings);
    const std::vector<Finding> all = result.findings();
    const auto found =
        std::count_if(all.begin(), all.end(), [&](const Finding& finding) { return finding.rule == id; });
    for (const Finding& finding : all) {
      EXPECT_TRUE(id == "syntax-error" || finding.rule != "syntax-error") << finding.message;
    }
    if (fence.kind == "finds") {
      ++finds;
      EXPECT_GT(found, 0) << "nothing found; instead:\n" << result.text();
    } else if (fence.kind == "passes") {
      ++passes;
      EXPECT_EQ(found, 0) << result.text();
    } else {
      ADD_FAILURE() << "an example is given, finds or passes, not " << fence.kind;
    }
  }
  EXPECT_GT(finds, 0) << "a page shows what the rule finds";
  EXPECT_GT(passes, 0) << "a page shows what the rule lets pass";
}

INSTANTIATE_TEST_SUITE_P(Rules, Page, ::testing::ValuesIn(rule_folders()),
                         [](const auto& page) { return page.param; });

TEST(Registry, holds_exactly_the_folders) {
  std::vector<std::string> ids;
  for (const Rule* rule : all_rules()) ids.emplace_back(rule->id);
  std::vector<std::string> expected;
  for (const std::string& folder : rule_folders()) expected.push_back(id_of(folder));
  EXPECT_EQ(ids, expected);
}

TEST(Registry, has_a_summary_and_a_page_for_each_rule) {
  for (const Rule* rule : all_rules()) {
    SCOPED_TRACE(rule->id);
    EXPECT_FALSE(rule->summary.empty());
    EXPECT_NE(rule->summary.back(), '.');
    EXPECT_NE(rule->severity, Severity::Off);
    EXPECT_FALSE(rule_page(rule->id).empty());
  }
}

TEST(Registry, has_at_least_one_case_for_each_rule) {
  for (const std::string& folder : rule_folders()) {
    if (find_rule(id_of(folder))->about_files) continue;
    const auto cases = source_dir() / "rules" / folder / "cases";
    EXPECT_TRUE(std::filesystem::exists(cases) && !std::filesystem::is_empty(cases)) << folder;
  }
}

}  // namespace
}  // namespace planner::test
