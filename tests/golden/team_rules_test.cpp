#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "rules/registry.h"
#include "rules/team_rule.h"
#include "src/project/config.h"
#include "tests/golden/pages.h"
#include "tests/golden/rule_case.h"
#include "tests/support/files.h"
#include "tests/support/paths.h"

/// rules/TEAM_RULES.md: its planner.toml is read, its statements are judged.
namespace planner::test {
namespace {

TEST(TeamRules, the_page_shows_what_it_says) {
  std::string given;
  std::vector<rules::TeamRule> team;
  int shown = 0;
  const TemporaryFolder folder;
  for (const Fence& fence : fences_of(read_file(source_dir() / "rules/TEAM_RULES.md"))) {
    SCOPED_TRACE("rules/TEAM_RULES.md:" + std::to_string(fence.line));
    if (fence.language == "toml") {
      write_file(folder.path() / "planner.toml", fence.text);
      team = project::read_config(folder.path() / "planner.toml").team_rules;
      continue;
    }
    if (fence.kind == "given") {
      given = fence.text;
      continue;
    }
    std::istringstream words(fence.words);
    std::string id, settings;
    words >> id;
    std::getline(words, settings);
    const auto found =
        std::find_if(team.begin(), team.end(), [&](const rules::TeamRule& rule) { return rule.id == id; });
    ASSERT_NE(found, team.end()) << id;
    const Rule rule = rules::make_rule(*found);
    const CaseResult result = analyze_case(given, fence.text, CaseSettings::read_words(settings), {&rule});
    EXPECT_EQ(!result.findings().empty(), fence.kind == "finds") << result.text();
    ++shown;
  }
  EXPECT_GT(shown, 10);
}

TEST(TeamRules, know_every_operation) {
  const std::vector<std::string>& kinds = rules::operation_kinds();
  for (const char* kind : {"add-column", "drop-column", "create-table", "drop-table", "rename-column",
                           "create-index", "truncate"}) {
    EXPECT_NE(std::find(kinds.begin(), kinds.end(), kind), kinds.end()) << kind;
  }
}

}  // namespace
}  // namespace planner::test
