#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/golden/rule_case.h"
#include "tests/support/files.h"
#include "tests/support/paths.h"

/// What Prisma itself generates for 26 changes of a schema: each is reported for the right reason, or passes.
namespace planner::test {
namespace {

const std::map<std::string, std::set<std::string>> kExpected{
    {"default_changed", {"change-default"}},
    {"enum_value_added", {"enum-value-added"}},
    {"enum_value_added_and_default", {"enum-value-added", "enum-value-used", "change-default"}},
    {"enum_value_removed", {"enum-swap"}},
    {"field_removed", {"drop-column"}},
    {"field_rename", {"dropped-and-added"}},
    {"field_rename_optional", {"dropped-and-added"}},
    {"field_rename_with_map", {}},
    {"float_to_decimal_18_8", {"change-type"}},
    {"id_int_to_uuid", {"change-type", "drop-default", "drop-object", "replace-constraint"}},
    {"index_added", {"index-not-concurrent"}},
    {"int_to_bigint_id_with_relations", {"change-type", "replace-constraint"}},
    {"int_to_bigint_plain", {"change-type"}},
    {"model_renamed", {"dropped-and-added"}},
    {"model_renamed_with_map", {}},
    {"optional_field_added", {}},
    {"optional_to_required", {"set-not-null"}},
    {"relation_added_on_existing_column", {"add-foreign-key"}},
    {"relation_added_required", {"required-column", "add-foreign-key"}},
    {"required_field_added_no_default", {"required-column"}},
    {"required_field_added_with_default", {}},
    {"string_to_enum", {"column-replaced"}},
    {"unique_added", {"index-not-concurrent"}},
    {"updated_at_added", {"required-column"}},
    {"uuid_dbgenerated_added", {"add-column-rewrite"}},
    {"varchar50_to_varchar100", {"cached-plans"}},
};

/// Rules about how statements meet; they come on top.
const std::set<std::string> kOnTop{"foreign-key-without-index", "lock-held", "locks-other-table",
                                   "locks-several-tables"};

TEST(PrismaCases, are_reported_for_the_right_reason) {
  PLANNER_SHARED_OR_SKIP(shared);
  std::size_t seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(shared / "prisma-cases")) {
    if (!entry.is_directory()) continue;
    const std::string name = entry.path().filename().string();
    SCOPED_TRACE(name);
    const auto expected = kExpected.find(name);
    if (expected == kExpected.end()) {
      ADD_FAILURE() << "a case that this test does not know";
      continue;
    }
    ++seen;
    const CaseResult result =
        analyze_case(read_file(entry.path() / "before.sql"), read_file(entry.path() / "migration.sql"), {});
    std::set<std::string> found;
    for (const Finding& finding : result.findings()) {
      if (!kOnTop.contains(finding.rule)) found.insert(finding.rule);
    }
    EXPECT_EQ(found, expected->second) << result.text();
    EXPECT_TRUE(result.analysis.gaps.empty()) << result.analysis.gaps.front();
    EXPECT_EQ(result.analysis.unrecognized, 0U);
  }
  EXPECT_EQ(seen, kExpected.size());
}

}  // namespace
}  // namespace planner::test
