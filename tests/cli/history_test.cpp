#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/repository.h"

/// What goes wrong with a history as files, what a team says about it in planner.toml, and the baseline of
/// old findings.
namespace planner::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kAddAge = "ALTER TABLE \"User\" ADD COLUMN \"age\" INTEGER;\n";
constexpr const char* kIndex = "CREATE INDEX \"User_email_idx\" ON \"User\"(\"email\");\n";

/// Two migrations on main, and a branch that goes on from there.
Repository branched() {
  Repository repository;
  repository.prisma();
  repository.migration("20240301000000_add_age", kAddAge);
  repository.commit_all();
  repository.git({"checkout", "--quiet", "-b", "feature"});
  return repository;
}

TEST(HistoryFindings, EditedAgainstTheBase) {
  const Repository repository = branched();
  write_file(repository.path("prisma/migrations/20240301000000_add_age/migration.sql"),
             "ALTER TABLE \"User\" ADD COLUMN \"age\" BIGINT;\n");
  const Ran ran = repository.planner({"analyze"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.out,
              HasSubstr("error[migration-edited]: \"20240301000000_add_age\" was edited after main ran it"));
}

TEST(HistoryFindings, RemovedOrRenamedAgainstTheBase) {
  Repository repository = branched();
  std::filesystem::rename(repository.path("prisma/migrations/20240301000000_add_age"),
                          repository.path("prisma/migrations/20240301000000_add_years"));
  repository.commit_all("rename");
  Ran ran = repository.planner({"analyze"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.out, HasSubstr("error[migration-removed]"));
  EXPECT_THAT(ran.out, HasSubstr("20240301000000_add_years"));
  std::filesystem::remove_all(repository.path("prisma/migrations/20240301000000_add_years"));
  repository.commit_all("remove");
  ran = repository.planner({"analyze"});
  EXPECT_THAT(ran.out, HasSubstr("\"20240301000000_add_age\" is applied in main and missing here"));
}

TEST(HistoryFindings, OutOfOrderAndTwice) {
  Repository repository = branched();
  repository.migration("20240201000000_add_motto", "ALTER TABLE \"User\" ADD COLUMN \"motto\" TEXT;\n");
  repository.migration("20240301000000_add_zip", "ALTER TABLE \"User\" ADD COLUMN \"zip\" TEXT;\n");
  const Ran ran = repository.planner({"analyze"});
  EXPECT_THAT(
      ran.out,
      HasSubstr("warning[migration-out-of-order]: \"20240201000000_add_motto\" is new, but sorts before"));
  EXPECT_THAT(ran.out, HasSubstr("warning[migration-twice]"));
  EXPECT_THAT(ran.out, HasSubstr("begin with the same"));
}

TEST(HistoryFindings, NothingToSayAboutAnOrdinaryBranch) {
  Repository repository = branched();
  repository.migration("20240401000000_add_motto", "ALTER TABLE \"User\" ADD COLUMN \"motto\" TEXT;\n");
  const Ran ran = repository.planner({"analyze"});
  EXPECT_EQ(ran.exit_code, 0) << ran.out;
  EXPECT_THAT(ran.out, Not(HasSubstr("migration-")));
}

TEST(Baseline, OldFindingsNoLongerCount) {
  Repository repository;
  repository.prisma();
  repository.migration("20240301000000_index", kIndex);
  EXPECT_EQ(repository.planner({"analyze", "--all"}).exit_code, 1);
  const Ran written = repository.planner({"analyze", "--all", "--write-baseline"});
  EXPECT_EQ(written.exit_code, 0) << written.err;
  EXPECT_THAT(written.err, HasSubstr("planner-baseline.json holds 1 finding"));
  EXPECT_EQ(repository.planner({"analyze", "--all"}).exit_code, 0);

  repository.migration("20240401000000_name", "CREATE INDEX \"User_name_idx\" ON \"User\"(\"name\");\n");
  const Ran fresh = repository.planner({"analyze", "--all"});
  EXPECT_EQ(fresh.exit_code, 1);
  EXPECT_THAT(fresh.out, HasSubstr("User_name_idx"));
  EXPECT_THAT(fresh.out, Not(HasSubstr("User_email_idx")));

  std::filesystem::remove_all(repository.path("prisma/migrations/20240301000000_index"));
  EXPECT_THAT(repository.planner({"analyze", "--all"}).err,
              HasSubstr("1 entry of planner-baseline.json without a finding now"));
}

TEST(Baseline, ABrokenOneIsAnError) {
  Repository repository;
  repository.prisma();
  repository.write("planner-baseline.json", "{}");
  EXPECT_THAT(repository.planner({"analyze", "--all"}).err,
              HasSubstr("planner-baseline.json: is no baseline of planner"));
  EXPECT_EQ(repository.planner({"analyze", "--all", "--baseline", "elsewhere.json"}).exit_code, 2);
}

TEST(TeamRulesInPlannerToml, AreAppliedAndChecked) {
  Repository repository;
  repository.prisma();
  repository.migration("20240301000000_add_settings", "ALTER TABLE \"User\" ADD COLUMN \"settings\" JSON;\n");
  repository.write("planner.toml",
                   "[[team_rule]]\nid = \"no-json\"\ntypes = [\"json\"]\nmessage = \"We store documents as "
                   "jsonb\"\nhelp = \"Use jsonb\"\n");
  const Ran ran = repository.planner({"analyze", "--all"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.out, HasSubstr("error[no-json]: We store documents as jsonb"));

  repository.write("planner.toml",
                   "[rules]\nno-json = \"info\"\n[[team_rule]]\nid = \"no-json\"\ntypes = [\"json\"]\n");
  EXPECT_EQ(repository.planner({"analyze", "--all", "--fail-on", "error"}).exit_code, 0);

  const auto error_for = [&](const std::string& toml) {
    repository.write("planner.toml", toml);
    const Ran refused = repository.planner({"analyze", "--all"});
    EXPECT_EQ(refused.exit_code, 2);
    return refused.err;
  };
  EXPECT_THAT(error_for("[[team_rule]]\nid = \"x\"\noperations = [\"drop-colum\"]\n"),
              HasSubstr("planner.toml:3: `operations` names no operation planner knows: \"drop-colum\""));
  EXPECT_THAT(error_for("[[team_rule]]\nid = \"x\"\noperations = [\"drop-column\"]\nwhen = 1\n"),
              HasSubstr("planner.toml:4: unknown key `when`"));
  EXPECT_THAT(error_for("[[team_rule]]\nid = \"x\"\nrequire = \"name\"\npattern = \"(\"\n"),
              HasSubstr("planner.toml:4: `pattern` is no regular expression"));
  EXPECT_THAT(error_for("[[team_rule]]\nid = \"x\"\n"), HasSubstr("matches every statement"));
  EXPECT_THAT(error_for("[[team_rule]]\nid = \"drop-column\"\ntables = [\"a\"]\n"),
              HasSubstr("planner.toml:2: `id` is \"drop-column\", the name of one of planner's rules"));
  EXPECT_THAT(error_for("[[team_rule]]\nid = \"x\"\ntables = [\"a\"]\nmin_rows = -5\n"),
              HasSubstr("planner.toml:4: `min_rows` is -5"));
  EXPECT_THAT(error_for("[[team_rule]]\nid = \"x\"\ntables = [\"\"]\n"),
              HasSubstr("planner.toml:3: `tables` has an empty name"));
  EXPECT_THAT(error_for("[[team_rule]]\nid = \"x\"\ncolumns = [\"[ab]*\"]\n"),
              HasSubstr("planner.toml:3: `columns` has \"[ab]*\""));
  EXPECT_THAT(error_for("[[service]]\nname = \"billing\"\nmigrations = \"prisma/migrations\"\n"
                        "[[team_rule]]\nid = \"x\"\nservices = [\"biling\"]\n"),
              HasSubstr("planner.toml:6: `services` names no [[service]] of this file: \"biling\""));
}

TEST(Ownership, OfServicesThatShareADatabase) {
  Repository repository;
  repository.write("db/billing/migration_lock.toml", kPrismaLock);
  repository.write("db/billing/20240101000000_init/migration.sql",
                   "CREATE TABLE invoices (id BIGINT PRIMARY KEY);\n");
  repository.write("db/billing/20240201000000_users/migration.sql",
                   "ALTER TABLE users ADD COLUMN balance INTEGER;\n");
  repository.write("planner.toml",
                   "[[service]]\nname = \"billing\"\nmigrations = \"db/billing\"\ntables = [\"invoices\", "
                   "\"payment_*\"]\n\n"
                   "[[owner]]\nname = \"accounts\"\ntables = [\"users\"]\n");
  const Ran ran = repository.planner({"analyze", "--all"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.out, HasSubstr("error[not-the-owner]: A migration of \"billing\" changes \"users\", which "
                                 "belongs to \"accounts\""));
}

}  // namespace
}  // namespace planner::test
