// `planner analyze --stdin`: what an editor asks for a file it has not saved.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "tests/cli/repository.h"

namespace planner::test {
namespace {

using testing::HasSubstr;

Ran judge(const Repository& repository, const std::string& name, const std::string& text) {
  RunOptions options;
  options.input = text;
  return repository.planner({"analyze", "--stdin", "--name", name, "--format", "json"}, options);
}

TEST(Stdin, AFileNotYetSavedIsJudgedInTheContextOfItsHistory) {
  Repository repository;
  repository.prisma();
  const std::string name = "prisma/migrations/20250101000000_require/migration.sql";
  const Ran ran = judge(repository, name,
                        "ALTER TABLE \"User\" ALTER COLUMN \"email\" SET NOT NULL;\n"
                        "CREATE INDEX \"i\" ON \"User\"(\"email\");\n");
  EXPECT_EQ(ran.exit_code, 1) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("judging 1 of 2 migrations in prisma/migrations: standard input"));
  const auto json = nlohmann::json::parse(ran.out);
  std::set<std::string> rules;
  for (const auto& finding : json["findings"]) {
    rules.insert(finding["rule"]);
    EXPECT_EQ(finding["path"], name);
  }
  // Only the history knows that the column is NOT NULL already.
  EXPECT_EQ(rules, (std::set<std::string>{"noop-takes-lock", "index-not-concurrent", "lock-held"}));
  EXPECT_FALSE(repository.exists(name));
}

TEST(Stdin, ASavedFileIsReadAsTheEditorHasIt) {
  Repository repository;
  repository.prisma();
  repository.migration("20250101000000_index", "CREATE INDEX \"i\" ON \"User\"(\"email\");\n");
  const Ran ran = judge(repository, "prisma/migrations/20250101000000_index/migration.sql",
                        "ALTER TABLE \"User\" ADD COLUMN \"age\" INTEGER;\n");
  EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_TRUE(nlohmann::json::parse(ran.out)["findings"].empty());
}

TEST(Stdin, AnEarlierNameMeetsTheEarlierSchema) {
  Repository repository;
  repository.prisma();
  repository.migration("20260101000000_drop", "DROP TABLE \"User\";\n");
  const Ran ran = judge(repository, "prisma/migrations/20250101000000_index/migration.sql",
                        "CREATE INDEX \"i\" ON \"User\"(\"email\");\n");
  EXPECT_EQ(ran.exit_code, 1) << ran.out << ran.err;
}

TEST(Stdin, WithoutAHistoryAroundItSaysWhatToDo) {
  const Repository repository;
  const Ran ran = judge(repository, "somewhere/migration.sql", "SELECT 1;\n");
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.err, HasSubstr("no migrations folder lies around this file"));
  RunOptions options;
  options.input = "SELECT 1;";
  EXPECT_EQ(repository.planner({"analyze", "--stdin"}, options).exit_code, 2);
  EXPECT_EQ(repository.planner({"analyze", "--name", "x.sql"}, options).exit_code, 2);
}

}  // namespace
}  // namespace planner::test
