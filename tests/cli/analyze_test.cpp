#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/repository.h"
#include "tests/support/paths.h"

namespace planner::test {
namespace {

using testing::HasSubstr;
using testing::Not;

Repository with_pending() {
  Repository repository;
  repository.prisma();
  repository.migration("20240102000000_add_nickname", "ALTER TABLE \"User\" ADD COLUMN \"nickname\" TEXT;\n");
  repository.migration("20240103000000_index_email",
                       "-- CreateIndex\nCREATE INDEX \"User_email_idx\" ON \"User\"(\"email\");\n");
  return repository;
}

TEST(Analyze, ShowsTheStatementUnderlinedAndExitsWithOne) {
  const Repository repository = with_pending();
  const Ran ran = repository.planner({"analyze", "--all"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.out, HasSubstr("error[index-not-concurrent]: "));
  EXPECT_THAT(ran.out, HasSubstr(" --> prisma/migrations/20240103000000_index_email/migration.sql:2:1\n"));
  EXPECT_THAT(ran.out, HasSubstr(" 2 | CREATE INDEX \"User_email_idx\" ON \"User\"(\"email\");\n"
                                 "   | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"));
  EXPECT_THAT(ran.out, HasSubstr("1 error: 3 migrations judged"));
  EXPECT_EQ(ran.err, "planner: judging 3 of 3 migrations in prisma/migrations: all\n");
  EXPECT_THAT(ran.out, Not(HasSubstr("\x1b[")));
}

TEST(Analyze, NothingFoundExitsWithZero) {
  const Repository repository = with_pending();
  const Ran ran = repository.planner({"analyze", "add_nickname"});
  EXPECT_EQ(ran.exit_code, 0) << ran.out;
  EXPECT_THAT(ran.out, HasSubstr("nothing found: 1 migration judged in a history of 3"));
  EXPECT_THAT(ran.err, HasSubstr("judging 1 of 3 migrations in prisma/migrations: named"));
}

TEST(Analyze, AMigrationIsNamedInEveryWay) {
  const Repository repository = with_pending();
  for (const char* name :
       {"index_email", "20240103000000_index_email", "prisma/migrations/20240103000000_index_email",
        "prisma/migrations/20240103000000_index_email/",
        "prisma/migrations/20240103000000_index_email/migration.sql"}) {
    const Ran ran = repository.planner({"analyze", name});
    EXPECT_EQ(ran.exit_code, 1) << name << ran.err;
    EXPECT_THAT(ran.err, HasSubstr("judging 1 of 3")) << name;
  }
  RunOptions inside;
  inside.folder = repository.path("prisma/migrations/20240103000000_index_email");
  EXPECT_EQ(repository.planner({"analyze", "migration.sql"}, inside).exit_code, 1);
  EXPECT_EQ(repository.planner({"analyze", "."}, inside).exit_code, 1);
}

TEST(Analyze, AnOptionTakesOneValueAndLeavesThePathBehindIt) {
  const Repository repository = with_pending();
  const Ran ran = repository.planner({"analyze", "--all", "--format", "json", "prisma/migrations"});
  EXPECT_EQ(ran.exit_code, 1) << ran.err;
  EXPECT_EQ(nlohmann::json::parse(ran.out)["summary"]["judged"], 3);
}

TEST(Analyze, FailOnDecidesTheExitCode) {
  const Repository repository = with_pending();
  EXPECT_EQ(repository.planner({"analyze", "--all", "--fail-on", "never"}).exit_code, 0);
  EXPECT_EQ(repository.planner({"analyze", "--all", "--fail-on", "info"}).exit_code, 1);
  repository.planner({"analyze"});
}

TEST(Analyze, ColoursOnlyWhereTheyAreWanted) {
  const Repository repository = with_pending();
  EXPECT_THAT(repository.planner({"--color", "always", "analyze", "--all"}).out, HasSubstr("\x1b[1;31m"));
  EXPECT_THAT(repository.planner({"analyze", "--all", "--color", "always"}).out, HasSubstr("\x1b[1;31m"));
  EXPECT_THAT(repository.planner({"analyze", "--all", "--color", "never"}).out, Not(HasSubstr("\x1b[")));
}

TEST(Analyze, SqlCannotSendEscapeSequencesToTheTerminal) {
  Repository repository;
  repository.prisma();
  repository.migration("20240102000000_x", "CREATE INDEX i ON \"User\"(email) /* \x1b]0;owned\x07 */;\n");
  const Ran ran = repository.planner({"analyze", "--all"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.out, Not(HasSubstr("\x1b")));
}

TEST(Analyze, NewOnesAgainstTheDefaultBranch) {
  Repository repository;
  repository.prisma();
  repository.commit_all();
  const Ran clean = repository.planner({"analyze"});
  EXPECT_EQ(clean.exit_code, 0);
  EXPECT_THAT(
      clean.err,
      HasSubstr("judging 0 of 1 migrations in prisma/migrations: new against main (--all judges every one)"));

  repository.git({"checkout", "--quiet", "-b", "feature"});
  repository.migration("20240102000000_index_email", "CREATE INDEX i ON \"User\"(email);\n");
  EXPECT_THAT(repository.planner({"analyze"}).err,
              HasSubstr("judging 1 of 2 migrations in prisma/migrations: new against main"));
  repository.commit_all();
  const Ran committed = repository.planner({"analyze"});
  EXPECT_EQ(committed.exit_code, 1);
  EXPECT_THAT(committed.err, HasSubstr("judging 1 of 2"));

  // What main gained meanwhile is not ours and not new.
  repository.git({"checkout", "--quiet", "main"});
  repository.migration("20240103000000_other", "SELECT 1;\n");
  repository.commit_all();
  repository.git({"checkout", "--quiet", "feature"});
  EXPECT_THAT(repository.planner({"analyze", "--base", "main"}).err, HasSubstr("judging 1 of 2"));
  EXPECT_THAT(repository.planner({"analyze", "--base", "HEAD"}).err, HasSubstr("judging 0 of 2"));
}

TEST(Analyze, OutsideGitAllAreJudged) {
  const Repository repository = with_pending();
  EXPECT_THAT(
      repository.planner({"analyze"}).err,
      HasSubstr("judging 3 of 3 migrations in prisma/migrations: all, because this is not a git repository"));
}

TEST(Analyze, AShallowCloneIsSaidPlainly) {
  Repository origin;
  origin.prisma();
  origin.commit_all("first");
  origin.git({"checkout", "--quiet", "-b", "feature"});
  origin.migration("20240102000000_index_email", "CREATE INDEX i ON \"User\"(email);\n");
  origin.commit_all("second");
  origin.commit_all("third");
  Repository clone;
  clone.git({"clone", "--quiet", "--depth", "1", "--branch", "feature", "file://" + origin.path().string(),
             "work"});
  RunOptions inside;
  inside.folder = clone.path("work");
  const Ran missing = clone.planner({"analyze", "--base", "origin/main"}, inside);
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_THAT(missing.err, HasSubstr("the clone is shallow: fetch it first (`git fetch --depth=1 origin "
                                     "main:refs/remotes/origin/main`, then --base origin/main)"));
  // git calls the cloned branch the remote's HEAD: nothing is new against itself, and that would pass for
  // ever.
  const Ran guessed = clone.planner({"analyze"}, inside);
  EXPECT_EQ(guessed.exit_code, 1) << guessed.err;
  EXPECT_THAT(guessed.err, HasSubstr("all, because the clone is shallow and holds no other branch"));
  const std::string work = clone.path("work").string();
  clone.git({"-C", work, "fetch", "--quiet", "--depth", "1", "origin", "main:refs/remotes/origin/main"});
  const Ran ran = clone.planner({"analyze", "--base", "origin/main"}, inside);
  EXPECT_EQ(ran.exit_code, 1) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("judging 1 of 2 migrations in prisma/migrations: new against the tip of "
                                 "origin/main (the clone is shallow"));
}

TEST(Analyze, AMovedFolderIsComparedWithWhereTheBaseHasIt) {
  Repository repository;
  repository.prisma();
  repository.commit_all("first");
  repository.git({"checkout", "--quiet", "-b", "feature"});
  repository.migration("20240102000000_drop_name", "ALTER TABLE \"User\" DROP COLUMN \"name\";\n");
  repository.commit_all("second");
  repository.git({"mv", "prisma", "db"});
  const Ran ran = repository.planner({"analyze", "--base", "main"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.err, HasSubstr("judging 1 of 2 migrations in db/migrations: new against main, which has "
                                 "them in prisma/migrations"));
  EXPECT_THAT(ran.out, HasSubstr("error[drop-column]"));
  EXPECT_THAT(ran.out, Not(HasSubstr("migration-removed")));

  repository.write("db/migrations/20240101000000_init/migration.sql",
                   "CREATE TABLE \"User\" (\"id\" SERIAL PRIMARY KEY, \"name\" TEXT, \"more\" JSONB, "
                   "\"and_more\" TEXT NOT NULL DEFAULT 'all of it is other text');\n");
  repository.git({"add", "--all"});
  const Ran edited = repository.planner({"analyze", "--base", "main"});
  EXPECT_THAT(edited.out, HasSubstr("error[migration-edited]: \"20240101000000_init\""));
  EXPECT_THAT(edited.out, Not(HasSubstr("migration-removed")));
}

TEST(Analyze, SeveralReportsInOneRun) {
  const Repository repository = with_pending();
  const Ran ran = repository.planner({"analyze", "--all", "--format", "github", "--output",
                                      "out/report.sarif:sarif", "--output", "report.json:json", "--output",
                                      "quality.json:gitlab", "--output", "junit.xml:junit", "--output",
                                      "comment.md:markdown", "--output", "plain.txt:text"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(
      ran.out,
      testing::StartsWith(
          "::error file=prisma/migrations/20240103000000_index_email/migration.sql,line=2,endLine=2,col=1,"));
  const auto sarif = nlohmann::json::parse(repository.read("out/report.sarif"));
  EXPECT_EQ(sarif["version"], "2.1.0");
  EXPECT_EQ(sarif["runs"][0]["results"][0]["ruleId"], "index-not-concurrent");
  const std::size_t rule = sarif["runs"][0]["results"][0]["ruleIndex"];
  EXPECT_EQ(sarif["runs"][0]["tool"]["driver"]["rules"][rule]["id"], "index-not-concurrent");
  EXPECT_EQ(nlohmann::json::parse(repository.read("report.json"))["summary"]["errors"], 1);
  EXPECT_EQ(nlohmann::json::parse(repository.read("quality.json"))[0]["check_name"], "index-not-concurrent");
  EXPECT_THAT(repository.read("junit.xml"), HasSubstr("tests=\"3\" failures=\"1\""));
  EXPECT_THAT(repository.read("comment.md"), HasSubstr("**planner: 1 error** in 1 of 3 migrations."));
  EXPECT_THAT(repository.read("plain.txt"), HasSubstr("error[index-not-concurrent]"));
}

TEST(Analyze, ACommentOfManyFindingsIsOneThatGitHubTakes) {
  Repository repository;
  repository.prisma();
  std::string text;
  for (int i = 0; i < 300; ++i) {
    text += "ALTER TABLE \"User\" ALTER COLUMN \"name\" DROP NOT NULL;\nCREATE INDEX i" + std::to_string(i) +
            " ON \"User\"(email);\n";
  }
  repository.migration("20240102000000_many", text);
  const Ran ran = repository.planner({"analyze", "many", "--format", "markdown"});
  EXPECT_EQ(ran.exit_code, 1) << ran.err;
  EXPECT_LT(ran.out.size(), 65'536U);
  EXPECT_GT(ran.out.size(), 30'000U);
  EXPECT_THAT(ran.out, HasSubstr(" more</summary>"));
  EXPECT_THAT(ran.out, HasSubstr("left out, because a comment takes no more"));
  // The worst first, whatever stands before it in the file.
  EXPECT_LT(ran.out.find("| error "), ran.out.find("| warning "));
}

TEST(Analyze, AStatementThatDoesNotParseIsReportedAndTheRestIsRead) {
  Repository repository;
  repository.prisma();
  repository.migration("20240102000000_x",
                       "ALTER TABEL \"User\" ADD x INT;\n\\set y 1\nCREATE INDEX i ON \"User\"(email);\n");
  const Ran ran = repository.planner({"analyze", "--all"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.out, HasSubstr("20240102000000_x/migration.sql:1:7"));
  EXPECT_THAT(ran.out, HasSubstr("error[index-not-concurrent]"));
}

TEST(Analyze, AnEmptyFileIsNothing) {
  Repository repository;
  repository.prisma();
  repository.migration("20240102000000_empty", "");
  repository.migration("20240103000000_comment", "-- This is an empty migration.");
  EXPECT_EQ(repository.planner({"analyze", "--all"}).exit_code, 0);
}

TEST(Analyze, FoldersThatPrismaWouldChokeOn) {
  Repository repository;
  repository.prisma();
  repository.write("prisma/migrations/drafts/idea.sql", "SELECT 1;");
  const Ran ran = repository.planner({"analyze", "--all"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.out, HasSubstr("error[folder-without-migration]: \"drafts\" holds no migration.sql"));
  EXPECT_THAT(ran.out, HasSubstr("P3015"));
}

TEST(Analyze, MigrationLockAsPrismaReadsIt) {
  Repository repository;
  repository.prisma();
  for (const char* good :
       {"provider = \"postgresql\"\n", "# x\r\nprovider = \"postgresql\"\r\n[other]\nkey = 1\n"}) {
    repository.write("prisma/migrations/migration_lock.toml", good);
    EXPECT_EQ(repository.planner({"analyze", "--all"}).exit_code, 0) << good;
  }
  for (const char* trap : {"provider=\"postgresql\"\n", "provider = \"postgresql\" # ours\n", ""}) {
    repository.write("prisma/migrations/migration_lock.toml", trap);
    const Ran ran = repository.planner({"analyze", "--all"});
    EXPECT_EQ(ran.exit_code, 1) << trap;
    EXPECT_THAT(ran.out, HasSubstr("error[migration-lock]")) << trap;
    EXPECT_THAT(ran.out, HasSubstr("P3019")) << trap;
  }
}

TEST(Analyze, OrderThatDependsOnPrismasVersion) {
  Repository repository;
  repository.prisma();
  repository.migration("x_1", "SELECT 1;");
  repository.migration("X_2", "SELECT 1;");
  const Ran ran = repository.planner({"analyze", "--all"});
  EXPECT_THAT(ran.out, HasSubstr("warning[migration-order]"));
}

TEST(Analyze, SymbolicLinksToFoldersDoNotExistForPrisma) {
  Repository repository;
  repository.prisma();
  repository.write("elsewhere/migration.sql", "DROP TABLE \"User\";");
  std::filesystem::create_directory_symlink(repository.path("elsewhere"),
                                            repository.path("prisma/migrations/20240109000000_linked"));
  EXPECT_THAT(repository.planner({"analyze", "prisma/migrations", "--all"}).err, HasSubstr("judging 1 of 1"));
}

TEST(Analyze, FindsHistoriesOfAMonorepo) {
  Repository repository;
  for (const char* folder : {"apps/shop", "services/billing", "packages/auth"}) {
    repository.write(std::string(folder) + "/prisma/migrations/20240101000000_init/migration.sql",
                     kUserTable);
  }
  repository.write("node_modules/x/prisma/migrations/20240101000000_init/migration.sql", kUserTable);
  const Ran ran = repository.planner({"analyze", "--all", "--format", "json"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  const auto json = nlohmann::json::parse(ran.out);
  ASSERT_EQ(json["services"].size(), 3U);
  EXPECT_EQ(json["services"][0]["name"], "shop");
  EXPECT_EQ(json["services"][1]["name"], "auth");
  EXPECT_EQ(json["services"][2]["name"], "billing");
}

TEST(Analyze, HelpAndVersion) {
  const Repository repository;
  EXPECT_THAT(repository.planner({"--version"}).out, HasSubstr("planner "));
  for (const char* command : {"analyze", "split", "rules", "explain"}) {
    const Ran ran = repository.planner({command, "--help"});
    EXPECT_EQ(ran.exit_code, 0) << command;
    EXPECT_THAT(ran.out, HasSubstr("Examples:")) << command;
  }
  EXPECT_THAT(repository.planner({"analyze", "--help"}).out, HasSubstr("Exit codes:"));
}

TEST(Rules, AreListedAndExplained) {
  const Repository repository;
  const Ran list = repository.planner({"rules"});
  EXPECT_EQ(list.exit_code, 0);
  EXPECT_THAT(list.out, HasSubstr("set-not-null"));
  const Ran page = repository.planner({"explain", "set-not-null"});
  EXPECT_EQ(page.exit_code, 0);
  EXPECT_THAT(page.out, HasSubstr("NULL"));
  const Ran unknown = repository.planner({"explain", "set-not-nul"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("nearest: set-not-null"));
}

TEST(Explain, SaysWhatAStatementDoes) {
  Repository repository;
  repository.prisma();
  const Ran ran =
      repository.planner({"explain", "ALTER TABLE \"User\" ALTER COLUMN \"id\" SET DATA TYPE BIGINT"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("ACCESS EXCLUSIVE on User: nobody can read or write it"));
  EXPECT_THAT(ran.out, HasSubstr("rewrites: User"));
  EXPECT_THAT(ran.out, HasSubstr("locks last: to the end of its transaction, which may be the whole file"));
  const Ran several = repository.planner(
      {"explain", "ALTER TABLE \"User\" ADD COLUMN x int; CREATE INDEX i ON \"User\" (x)"});
  EXPECT_EQ(several.exit_code, 0) << several.err;
  EXPECT_THAT(several.out, HasSubstr("SHARE on User: nobody can write to it, reading goes on"));
  EXPECT_EQ(repository.planner({"explain", "ALTER TABEL x"}).exit_code, 2);
}

}  // namespace
}  // namespace planner::test
