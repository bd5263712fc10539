#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/repository.h"

/// planner.toml is read strictly: what is not understood is an error with its line, never ignored.
namespace planner::test {
namespace {

using testing::HasSubstr;

std::string error_for(const std::string& toml) {
  Repository repository;
  repository.prisma();
  repository.write("planner.toml", toml);
  const Ran ran = repository.planner({"analyze", "--all"});
  EXPECT_EQ(ran.exit_code, 2) << ran.out << ran.err;
  return ran.err;
}

TEST(Config, UnknownKeyNamesLineAndNearestWord) {
  const std::string error = error_for("server_version = 14\n\nsmal_table_rows = 5\n");
  EXPECT_THAT(error, HasSubstr("planner.toml:3: unknown key `smal_table_rows`"));
  EXPECT_THAT(error, HasSubstr("did you mean `small_table_rows`?"));
}

TEST(Config, WrongTypesAndValues) {
  EXPECT_THAT(error_for("server_version = \"14\"\n"),
              HasSubstr("planner.toml:1: `server_version` must be a whole number, not text"));
  EXPECT_THAT(error_for("server_version = 9\n"), HasSubstr("planner knows PostgreSQL 12 to 18"));
  EXPECT_THAT(error_for("deploys_with = \"rails\"\n"), HasSubstr("does not know the tool \"rails\""));
  EXPECT_THAT(error_for("fail_on = \"sometimes\"\n"), HasSubstr("use `off`, `info`, `warning` or `error`"));
  EXPECT_THAT(error_for("small_table_rows = -1\n"), HasSubstr("is negative"));
}

TEST(Config, BrokenToml) { EXPECT_THAT(error_for("a = \n"), HasSubstr("planner.toml:1: is not valid TOML")); }

TEST(Config, UnknownRule) {
  const std::string error = error_for("[rules]\nset-not-nul = \"off\"\n");
  EXPECT_THAT(error, HasSubstr("planner.toml:2: there is no rule `set-not-nul`"));
  EXPECT_THAT(error, HasSubstr("did you mean `set-not-null`?"));
}

TEST(Config, ServiceMistakes) {
  EXPECT_THAT(error_for("[[service]]\nname = \"a\"\n"), HasSubstr("[[service]] lacks `migrations`"));
  EXPECT_THAT(error_for("[[service]]\nname = \"a\"\nmigrations = \"prisma/migrations\"\n[[service]]\nname = "
                        "\"a\"\nmigrations = \"x\"\n"),
              HasSubstr("the service `a` is already named in line 1"));
  EXPECT_THAT(error_for("[[service]]\nname = \"a\"\nmigrations = \"elsewhere\"\n"), HasSubstr("elsewhere"));
  EXPECT_THAT(error_for("[[service]]\nname = \"a\"\nmigrations = \"prisma/migrations\"\ndatabase_env = "
                        "\"postgresql://u:p@h/d\"\n"),
              HasSubstr("must be the name of an environment variable"));
}

TEST(Config, ServicesAreJudgedByTheirNames) {
  Repository repository;
  repository.write("db/billing/20240101000000_init/migration.sql", kUserTable);
  repository.write("db/users/20240101000000_init/migration.sql", kUserTable);
  repository.write("planner.toml",
                   "[[service]]\nname = \"billing\"\nmigrations = \"db/billing\"\n\n[[service]]\nname = "
                   "\"users\"\nmigrations = \"db/users\"\n");
  const Ran ran = repository.planner({"analyze", "--all", "--format", "json"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("judging 1 of 1 migrations in db/billing: all"));
  EXPECT_THAT(ran.err, HasSubstr("judging 1 of 1 migrations in db/users: all"));
  EXPECT_THAT(ran.out, HasSubstr("\"name\": \"billing\""));
  const Ran from_below = repository.planner({"analyze", "--all", "db/users"});
  EXPECT_THAT(from_below.err, testing::Not(HasSubstr("db/billing")));
}

TEST(Config, RuleSwitchedOff) {
  Repository repository;
  repository.prisma();
  repository.migration("20240102000000_require",
                       "ALTER TABLE \"User\" ALTER COLUMN \"email\" SET NOT NULL;\nALTER TABLE \"User\" ADD "
                       "COLUMN age INT;\n");
  repository.migration("20240103000000_index", "CREATE INDEX i ON \"User\"(email);\n");
  EXPECT_EQ(repository.planner({"analyze", "index"}).exit_code, 1);
  repository.write("planner.toml", "[rules]\nindex-not-concurrent = \"off\"\n");
  EXPECT_EQ(repository.planner({"analyze", "index"}).exit_code, 0);
  repository.write("planner.toml", "[rules]\nindex-not-concurrent = \"warning\"\n");
  EXPECT_EQ(repository.planner({"analyze", "index"}).exit_code, 0);
  EXPECT_EQ(repository.planner({"analyze", "index", "--fail-on", "warning"}).exit_code, 1);
}

}  // namespace
}  // namespace planner::test
