#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/cli/repository.h"
#include "tests/support/paths.h"

/// Every bad input: one clear error with the file and what to do, exit code 2, nothing written.
namespace planner::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// One `planner: error: ...` that names the thing; nothing on standard output.
void expect_error(const Ran& ran, const std::string& about) {
  EXPECT_EQ(ran.exit_code, 2) << ran.out << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("planner: error: "));
  EXPECT_THAT(ran.err, HasSubstr(about));
  EXPECT_EQ(ran.out, "");
}

TEST(BadInput, MissingFolder) {
  Repository repository;
  expect_error(repository.planner({"analyze", "nowhere/migrations"}),
               "nowhere/migrations: there is no such file or folder");
}

TEST(BadInput, NoMigrationsAnywhere) {
  Repository repository;
  const Ran ran = repository.planner({"analyze"});
  expect_error(ran, "no migrations were found");
  EXPECT_THAT(ran.err, HasSubstr("hint: "));
}

TEST(BadInput, FolderWhereTheFileShouldBe) {
  Repository repository;
  repository.prisma();
  std::filesystem::create_directories(repository.path("prisma/migrations/20240102000000_x/migration.sql"));
  expect_error(repository.planner({"analyze", "--all"}), "20240102000000_x/migration.sql: is a folder");
}

TEST(BadInput, BinaryFile) {
  Repository repository;
  repository.prisma();
  repository.migration("20240102000000_x", std::string_view("SELECT 1;\0\x01", 11));
  expect_error(repository.planner({"analyze", "--all"}), "20240102000000_x/migration.sql: is a binary file");
}

TEST(BadInput, ByteOrderMark) {
  Repository repository;
  repository.prisma();
  repository.migration("20240102000000_x", "\xEF\xBB\xBFSELECT 1;");
  expect_error(repository.planner({"analyze", "--all"}),
               "20240102000000_x/migration.sql: starts with a byte order mark");
}

TEST(BadInput, Utf16) {
  Repository repository;
  repository.prisma();
  repository.migration("20240102000000_x", std::string_view("\xFF\xFES\0E\0", 6));
  expect_error(repository.planner({"analyze", "--all"}), "is UTF-16");
}

TEST(BadInput, InvalidUtf8NamesTheLine) {
  Repository repository;
  repository.prisma();
  repository.migration("20240102000000_x", "SELECT 1;\nSELECT '\xC3\x28';\n");
  expect_error(repository.planner({"analyze", "--all"}),
               "20240102000000_x/migration.sql:2: is not valid UTF-8");
}

/// Root may do everything everywhere: then planner is run as nobody, who owns the repository.
Ran as_ordinary_user(const Repository& repository, std::vector<std::string> arguments) {
  if (::geteuid() != 0) return repository.planner(arguments);
  const std::string program = repository.path("planner-for-nobody").string();
  std::filesystem::copy_file(planner_program(), program);
  EXPECT_EQ(run_program({"chown", "-R", "nobody", repository.path().string()}).exit_code, 0);
  arguments.insert(arguments.begin(),
                   {"setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", program});
  RunOptions options;
  options.folder = repository.path();
  return run_program(arguments, options);
}

TEST(BadInput, UnreadableFile) {
  Repository repository;
  repository.prisma();
  ::chmod(repository.path("prisma/migrations/20240101000000_init/migration.sql").c_str(), 0);
  expect_error(as_ordinary_user(repository, {"analyze", "--all"}),
               "20240101000000_init/migration.sql: cannot be read: Permission denied");
}

TEST(BadInput, NamedPipeDoesNotHang) {
  Repository repository;
  repository.prisma();
  std::filesystem::create_directories(repository.path("prisma/migrations/20240102000000_x"));
  ASSERT_EQ(::mkfifo(repository.path("prisma/migrations/20240102000000_x/migration.sql").c_str(), 0600), 0);
  expect_error(repository.planner({"analyze", "--all"}), "is not a regular file");
}

TEST(BadInput, AnotherProvider) {
  Repository repository;
  repository.prisma();
  repository.write("prisma/migrations/migration_lock.toml", "provider = \"mysql\"\n");
  expect_error(repository.planner({"analyze", "--all"}),
               "migration_lock.toml: this history is for \"mysql\"");
}

TEST(BadInput, UnknownNameListsTheNearest) {
  Repository repository;
  repository.prisma();
  repository.migration("20240102000000_rename_name_to_fullname", kPrismaRename);
  const Ran ran = repository.planner({"split", "rename_name_to_fulname"});
  expect_error(ran, "no migration is called `rename_name_to_fulname`");
  EXPECT_THAT(ran.err, HasSubstr("hint: nearest: rename_name_to_fullname"));
}

TEST(BadInput, AMigrationNamedTwiceIsAmbiguous) {
  Repository repository;
  repository.prisma();
  repository.migration("20240102000000_add_field", "ALTER TABLE \"User\" ADD COLUMN a INT;");
  repository.migration("20240103000000_add_field", "ALTER TABLE \"User\" ADD COLUMN b INT;");
  const Ran ran = repository.planner({"split", "add_field"});
  expect_error(ran, "`add_field` is the name of 2 migrations");
  EXPECT_THAT(ran.err, HasSubstr("prisma/migrations/20240102000000_add_field/migration.sql"));
  EXPECT_THAT(ran.err, HasSubstr("prisma/migrations/20240103000000_add_field/migration.sql"));
}

TEST(BadInput, TwoFilesOfOneVersion) {
  Repository repository;
  repository.write("migrations/1_a.up.sql", "SELECT 1;");
  repository.write("migrations/01_b.up.sql", "SELECT 1;");
  expect_error(repository.planner({"analyze", "--all"}), "have the same version");
}

TEST(BadInput, UnreachableDatabaseHidesThePassword) {
  Repository repository;
  repository.prisma();
  const Ran ran =
      repository.planner({"analyze", "--database", "postgresql://someone:s3cret-word@127.0.0.1:1/app"});
  expect_error(ran, "127.0.0.1");
  EXPECT_THAT(ran.err, Not(HasSubstr("s3cret-word")));
}

TEST(BadInput, BareDatabaseWithoutVariable) {
  Repository repository;
  repository.prisma();
  expect_error(repository.planner({"analyze", "--database"}), "$DATABASE_URL is not set");
}

TEST(BadInput, WaysOfChoosingExcludeEachOther) {
  Repository repository;
  repository.prisma();
  expect_error(repository.planner({"analyze", "--all", "--base", "main"}), "exclude each other");
}

TEST(BadInput, BaseOutsideGit) {
  Repository repository;
  repository.prisma();
  expect_error(repository.planner({"analyze", "--base", "main"}),
               "--base main: this is not a git repository");
}

TEST(BadInput, UnknownBase) {
  Repository repository;
  repository.prisma();
  repository.commit_all();
  expect_error(repository.planner({"analyze", "--base", "no/such/branch"}),
               "git does not know the base `no/such/branch`");
  expect_error(repository.planner({"analyze", "--base", "--output=x"}), "planner");
}

TEST(BadInput, UnknownOptionsFormatsAndCommands) {
  Repository repository;
  repository.prisma();
  expect_error(repository.planner({"analyze", "--fromat", "json"}), "--fromat");
  expect_error(repository.planner({"analyze", "--format", "jsn"}), "there are text, json, sarif");
  expect_error(repository.planner({"analyze", "--fail-on", "catastrophe"}), "--fail-on does not know");
  expect_error(repository.planner({"analyze", "--output", "report"}), "does not say which format");
  expect_error(repository.planner({"analize"}), "there is no command `analize`");
  expect_error(repository.planner({"--color", "pink", "rules"}), "--color does not know");
  expect_error(repository.planner({}), "`planner` needs a command");
  expect_error(repository.planner({"--nosuch"}), "`planner` has no option `--nosuch`");
  expect_error(repository.planner({"split"}), "`planner split` needs NAME");
  expect_error(repository.planner({"split", "a", "b"}), "does not take one more argument: b");
  expect_error(repository.planner({"backfill"}), "one of run, status, pause, resume or tune");
  expect_error(repository.planner({"backfill", "runn"}), "there is no command `planner backfill runn`");
  expect_error(repository.planner({"backfill", "run"}), "planner backfill run [OPTIONS] PLAN");
  expect_error(repository.planner({"report", "x", "--format", "pdf"}), "--format does not know");
}

TEST(BadInput, OnlyANameThatIsNearIsOffered) {
  Repository repository;
  EXPECT_THAT(repository.planner({"analyz"}).err, HasSubstr("did you mean `analyze`?"));
  EXPECT_THAT(repository.planner({"nosuch"}).err, Not(HasSubstr("did you mean")));
  EXPECT_THAT(repository.planner({"analyze", "--fromat=json"}).err, HasSubstr("did you mean `--format`?"));
  EXPECT_THAT(repository.planner({"analyze", "--zzz"}).err, Not(HasSubstr("did you mean")));
}

TEST(BadInput, HelpIsACommandToo) {
  Repository repository;
  EXPECT_EQ(repository.planner({"help"}).out, repository.planner({"--help"}).out);
  EXPECT_EQ(repository.planner({"help", "backfill", "run"}).out,
            repository.planner({"backfill", "run", "--help"}).out);
}

TEST(BadInput, SplitOfAFolderOfMigrations) {
  Repository repository;
  repository.prisma();
  expect_error(repository.planner({"split", "prisma/migrations"}), "is a folder of migrations");
}

TEST(BadInput, MalformedAnswers) {
  Repository repository;
  repository.prisma();
  repository.migration("20240102000000_profile", kPrismaRename);
  expect_error(repository.planner({"split", "profile", "--rename", "User.name"}),
               "--rename User.name: not of the form table.old=new");
  expect_error(repository.planner({"split", "profile", "--fill", "User.name=lower("}), "--fill");
  expect_error(repository.planner({"split", "profile", "--no-rename", "a.b.c.d"}), "--no-rename");
  EXPECT_TRUE(repository.exists("prisma/migrations/20240102000000_profile/migration.sql"));
}

TEST(BadInput, ReadOnlyTargetLeavesEverythingAsItWas) {
  Repository repository;
  repository.prisma();
  repository.migration("20240102000000_rename_name_to_fullname", kPrismaRename);
  ::chmod(repository.path("prisma/migrations").c_str(), 0555);
  const Ran ran = as_ordinary_user(repository, {"split", "rename_name_to_fullname"});
  ::chmod(repository.path("prisma/migrations").c_str(), 0755);
  expect_error(ran, "prisma/migrations");
  EXPECT_FALSE(repository.exists("prisma/plans"));
  EXPECT_TRUE(repository.exists("prisma/migrations/20240102000000_rename_name_to_fullname/migration.sql"));
}

}  // namespace
}  // namespace planner::test
