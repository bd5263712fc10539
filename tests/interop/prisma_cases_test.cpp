// The plans of Prisma's own migrations, deployed phase by phase by the real `prisma migrate deploy` with rows
// in the tables.

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>

#include "planner/compose/compose.h"
#include "planner/engine.h"
#include "plans/registry.h"
#include "rules/registry.h"
#include "src/database/live_schema.h"
#include "src/proof/generate_data.h"
#include "tests/interop/interop_test.h"
#include "tests/support/paths.h"

namespace planner::test {
namespace {

namespace fs = std::filesystem;

SplitOptions::Fill fill_with(const char* table, const char* column, const char* value) {
  return {ObjectName(Identifier("public"), Identifier(table)), Identifier(column), Expression::parse(value)};
}

/// What the person who made the change answers.
SplitOptions answers_for(const std::string& name) {
  SplitOptions options;
  options.batch_rows = 7;
  options.accept_lossy = true;
  const ObjectName user(Identifier("public"), Identifier("User"));
  options.answers.renames = {{user, Identifier("name"), Identifier("fullName")}};
  options.answers.table_renames = {{user, ObjectName(Identifier("public"), Identifier("Account"))}};
  if (name.find("field_rename") == std::string::npos) options.answers.renames.clear();
  if (name.find("model_renamed") == std::string::npos) options.answers.table_renames.clear();
  if (name == "optional_to_required") options.fills = {fill_with("User", "name", "'nobody'")};
  if (name == "relation_added_required")
    options.fills = {fill_with("Post", "authorId", "(SELECT u.\"id\" FROM \"User\" u ORDER BY 1 LIMIT 1)")};
  if (name == "required_field_added_no_default") options.fills = {fill_with("User", "age", "0")};
  if (name == "relation_field_renamed")
    options.answers.renames = {{ObjectName(Identifier("public"), Identifier("Post")), Identifier("authorId"),
                                Identifier("ownerId")}};
  if (name == "string_to_list")
    options.fills = {fill_with("User", "tag", "CASE WHEN \"tag\" IS NULL THEN '{}' ELSE ARRAY[\"tag\"] END")};
  if (name == "enum_to_string") options.fills = {fill_with("User", "role", "\"role\"::text")};
  if (name == "optional_to_required_with_uuid_and_updated_at")
    options.fills = {fill_with("Order", "token", "gen_random_uuid()::text"),
                     fill_with("Order", "updatedAt", "CURRENT_TIMESTAMP")};
  return options;
}

/// Name of a case, release of Prisma.
using Case = std::tuple<std::string, PrismaRelease>;

/// Ours, whose SQL is what `prisma migrate diff` (7.10.1) says for the two schemas beside it.
fs::path own_cases() { return source_dir() / "tests/interop/cases"; }

std::vector<std::string> names() {
  std::vector<std::string> out;
  std::vector<fs::path> all{own_cases()};
  if (const auto shared = shared_dir()) all.push_back(*shared / "prisma-cases");
  for (const fs::path& cases : all) {
    if (!fs::exists(cases)) continue;
    for (const auto& folder : fs::directory_iterator(cases)) {
      if (fs::exists(folder.path() / "before.sql") && fs::exists(folder.path() / "after.prisma"))
        out.push_back(folder.path().filename().string());
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

class PrismaCases : public InteropTest, public ::testing::WithParamInterface<Case> {
 protected:
  const std::string& name() const { return std::get<0>(GetParam()); }
  PrismaCli prisma() const { return PrismaCli(std::get<1>(GetParam())); }
};

TEST_P(PrismaCases, end_as_the_new_schema_says) {
  const bool own = fs::exists(own_cases() / name());
  const fs::path folder = own ? own_cases() / name() : *shared_dir() / "prisma-cases" / name();
  History history;
  history.tool = Tool::PrismaUnknown;
  history.migrations.push_back(
      {"20240101000000_init", "init/migration.sql", read_file(folder / "before.sql"), false, false});
  history.migrations.push_back(
      {"20240102000000_" + name(), "change/migration.sql", read_file(folder / "migration.sql"), true, false});
  const SplitResult result = split(history, 1, all_rules(), all_recipes(), answers_for(name()));
  if (own) {
    ASSERT_EQ(result.outcome, SplitResult::Outcome::Planned) << result.problems.front().what;
  }
  if (result.outcome == SplitResult::Outcome::NothingToDo) GTEST_SKIP() << "there is nothing to split";
  if (result.outcome != SplitResult::Outcome::Planned)
    GTEST_SKIP() << "no plan: " << result.problems.front().what;

  write_migration("20240101000000_init", history.migrations.front().text);
  const PrismaRun first = prisma().deploy(migrations(), url());
  ASSERT_TRUE(first.ok()) << first.output;
  fill(db(), read_schema(db()), 40);
  // The first phase refuses to go on while rows hold the label that goes: somebody has to say what they hold
  // instead.
  if (name() == "enum_value_removed")
    db().exec(
        "UPDATE \"User\" SET \"role\" = CASE \"role\" WHEN 'GUEST' THEN 'USER' ELSE \"role\" END, \"roles\" "
        "= array_remove(\"roles\", 'GUEST')");
  TemporaryFolder plan;
  for (const Phase& phase : result.plan.phases)
    write_file(plan / phase.folder / "migration.sql", migration_text(result.plan, phase));

  const auto deployments = deploy_plan(prisma(), plan.path(), migrations(), url());

  ASSERT_EQ(deployments.size(), result.plan.phases.size()) << deployments.back().run.output;
  EXPECT_TRUE(deployments.back().run.ok()) << deployments.back().run.output;
  const PrismaDifference difference = PrismaCli::diff(url(), folder / "after.prisma");
  EXPECT_TRUE(difference.empty) << difference.script;
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(PrismaCases);
INSTANTIATE_TEST_SUITE_P(Generated, PrismaCases,
                         ::testing::Combine(::testing::ValuesIn(names()),
                                            ::testing::Values(kPrisma6, kPrisma7)),
                         [](const ::testing::TestParamInfo<Case>& test) {
                           return std::get<0>(test.param) + "_" + std::string(std::get<1>(test.param).name);
                         });

}  // namespace
}  // namespace planner::test
