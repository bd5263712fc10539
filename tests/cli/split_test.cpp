#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "src/project/plan_files.h"
#include "tests/cli/repository.h"

namespace planner::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

constexpr const char* kOriginal = "prisma/migrations/20240102000000_rename_name_to_fullname/migration.sql";
constexpr const char* kPlan = "prisma/plans/rename_name_to_fullname";

Repository with_rename() {
  Repository repository;
  repository.prisma();
  repository.write(kOriginal, kPrismaRename);
  return repository;
}

std::vector<std::string> migrations_in(const Repository& repository) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(repository.path("prisma/migrations"))) {
    if (entry.is_directory()) names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

TEST(Split, ARenameBecomesExactlyFivePhases) {
  const Repository repository = with_rename();
  const Ran ran = repository.planner({"split", "rename_name_to_fullname"});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(files_below(repository.path(kPlan)),
              ElementsAre("1_add/migration.sql", "1_add/rollback.sql", "2_backfill/migration.sql",
                          "3_dual_write/migration.sql", "3_dual_write/rollback.sql",
                          "4_enforce/migration.sql", "4_enforce/rollback.sql", "5_drop/migration.sql",
                          "5_drop/rollback.sql", "original.sql", "plan.toml"));
  EXPECT_EQ(repository.read(std::string(kPlan) + "/original.sql"), kPrismaRename);
  EXPECT_THAT(migrations_in(repository), ElementsAre("20240101000000_init"));
  EXPECT_THAT(ran.out, HasSubstr("planner split rename_name_to_fullname --release"));
}

TEST(Split, DryRunWritesNothing) {
  const Repository repository = with_rename();
  const std::vector<std::string> before = files_below(repository.path());
  const Ran ran = repository.planner({"split", "rename_name_to_fullname", "--dry-run"});
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_THAT(ran.out, HasSubstr("==> 5_drop/migration.sql"));
  EXPECT_EQ(files_below(repository.path()), before);
}

TEST(Split, RefusesWhatAMigrationBehindItNeeds) {
  Repository repository = with_rename();
  repository.migration("20240103000000_index", "CREATE INDEX full_names ON \"User\" (\"fullName\");");
  const Ran ran = repository.planner({"split", "rename_name_to_fullname"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.out, HasSubstr("20240103000000_index stands behind this one and works on the same"));
  EXPECT_THAT(
      migrations_in(repository),
      ElementsAre("20240101000000_init", "20240102000000_rename_name_to_fullname", "20240103000000_index"));
}

/// Whichever of the two is split first, the other one waits or goes with it.
TEST(Split, RefusesWhatAPlanOfALaterMigrationNeeds) {
  Repository repository = with_rename();
  repository.migration("20240103000000_given_up", "ALTER TABLE \"User\" DROP COLUMN \"fullName\";");
  ASSERT_EQ(repository.planner({"split", "given_up"}).exit_code, 0);
  const Ran ran = repository.planner({"split", "rename_name_to_fullname"});
  EXPECT_EQ(ran.exit_code, 1) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("Plan given_up is not finished and changes the same column"));
  EXPECT_THAT(migrations_in(repository),
              ElementsAre("20240101000000_init", "20240102000000_rename_name_to_fullname"));
}

TEST(Split, ReleasePutsTheFirstPhaseBehindEverything) {
  Repository repository = with_rename();
  repository.migration("29991231235959_far_away", "SELECT 1;");
  const Ran ran = repository.planner({"split", "rename_name_to_fullname", "--release"});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("1 migration stands behind 20240102000000_rename_name_to_fullname"));
  EXPECT_THAT(migrations_in(repository), ElementsAre("20240101000000_init", "29991231235959_far_away",
                                                     "30000101000000_rename_name_to_fullname_1_add"));
  EXPECT_EQ(repository.read("prisma/migrations/30000101000000_rename_name_to_fullname_1_add/migration.sql"),
            repository.read(std::string(kPlan) + "/1_add/migration.sql"));
  EXPECT_THAT(files_below(repository.path("prisma/migrations/30000101000000_rename_name_to_fullname_1_add")),
              ElementsAre("migration.sql"));
}

TEST(Split, ReleaseUsesTheClockOtherwise) {
  const Repository repository = with_rename();
  ASSERT_EQ(repository.planner({"split", "rename_name_to_fullname", "--release"}).exit_code, 0);
  EXPECT_THAT(migrations_in(repository),
              ElementsAre("20240101000000_init", MatchesRegex("20[0-9]{12}_rename_name_to_fullname_1_add")));
}

TEST(Split, ReleasingAgainChangesNothing) {
  const Repository repository = with_rename();
  ASSERT_EQ(repository.planner({"split", "rename_name_to_fullname", "--release"}).exit_code, 0);
  const std::vector<std::string> before = files_below(repository.path());
  const Ran again = repository.planner({"split", "rename_name_to_fullname", "--release"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.err, HasSubstr("was split already"));
  EXPECT_EQ(files_below(repository.path()), before);
}

TEST(Split, WhatAKilledReleaseLeavesBesideThePlanIsNoHistory) {
  Repository repository = with_rename();
  ASSERT_EQ(repository.planner({"split", "rename_name_to_fullname"}).exit_code, 0);
  repository.write("prisma/plans/.rename_name_to_fullname.planner-release-999999/migration.sql", "SELECT 1;");
  const Ran ran = repository.planner({"analyze", "--all"});
  EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.err, Not(HasSubstr("prisma/plans")));
}

TEST(Split, APlanIsNotContinuedWithOtherAnswers) {
  const Repository repository = with_rename();
  ASSERT_EQ(repository.planner({"split", "rename_name_to_fullname", "--batch-rows", "500"}).exit_code, 0);
  const std::vector<std::string> before = files_below(repository.path());
  const Ran other = repository.planner({"split", "rename_name_to_fullname", "--batch-rows", "100"});
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.err, HasSubstr("this plan was made with --batch-rows 500"));
  EXPECT_THAT(other.err, HasSubstr("planner abandon rename_name_to_fullname --restore"));
  EXPECT_EQ(files_below(repository.path()), before);
  EXPECT_EQ(repository.planner({"split", "rename_name_to_fullname", "--batch-rows", "500"}).exit_code, 0);
  // Nothing of it was released, so no database has to be asked.
  const Ran abandoned = repository.planner({"abandon", "rename_name_to_fullname", "--restore"});
  EXPECT_EQ(abandoned.exit_code, 0) << abandoned.err;
  EXPECT_EQ(repository.planner({"split", "rename_name_to_fullname", "--batch-rows", "100"}).exit_code, 0);
}

TEST(Split, WrittenFirstReleasedLater) {
  const Repository repository = with_rename();
  ASSERT_EQ(repository.planner({"split", "rename_name_to_fullname"}).exit_code, 0);
  ASSERT_EQ(migrations_in(repository).size(), 1U);
  ASSERT_EQ(repository.planner({"split", "20240102000000_rename_name_to_fullname", "--release"}).exit_code,
            0);
  EXPECT_EQ(migrations_in(repository).size(), 2U);
}

TEST(Split, AReleasedPhaseIsNotJudgedAgainUnlessItWasEdited) {
  const Repository repository = with_rename();
  ASSERT_EQ(repository.planner({"split", "rename_name_to_fullname", "--release"}).exit_code, 0);
  const Ran clean = repository.planner({"analyze", "--all"});
  EXPECT_EQ(clean.exit_code, 0) << clean.out;
  EXPECT_THAT(clean.err, HasSubstr("1 released phase left out"));
  const std::string file = "prisma/migrations/" + migrations_in(repository).back() + "/migration.sql";
  repository.planner({"analyze"});
  Repository edited;
  Repository::copy(repository.path("prisma"), edited.path("prisma"));
  edited.write(file, edited.read(file) + "-- changed\n");
  EXPECT_THAT(edited.planner({"analyze", "--all"}).err, HasSubstr("edited since planner wrote it"));
}

TEST(Split, TheOptionOutChoosesTheFolder) {
  const Repository repository = with_rename();
  ASSERT_EQ(repository.planner({"split", "rename_name_to_fullname", "--out", "deploy/plans"}).exit_code, 0);
  EXPECT_TRUE(repository.exists("deploy/plans/rename_name_to_fullname/plan.toml"));
  EXPECT_FALSE(repository.exists("prisma/plans"));
}

TEST(Split, JsonHoldsThePlan) {
  const Repository repository = with_rename();
  const Ran ran = repository.planner({"split", "rename_name_to_fullname", "--dry-run", "--format", "json"});
  const auto json = nlohmann::json::parse(ran.out);
  EXPECT_EQ(json["outcome"], "planned");
  EXPECT_EQ(json["plan"]["phases"].size(), 5U);
  EXPECT_THAT(json["plan"]["phases"][0]["migration_sql"].get<std::string>(),
              HasSubstr("ADD COLUMN \"fullName\""));
}

TEST(Split, AnUnclearPairNeedsAnAnswerAndBothOptionsAreNamed) {
  Repository repository;
  repository.prisma();
  repository.migration("20240102000000_profile", kPrismaRename);
  const Ran ran = repository.planner({"split", "profile"});
  EXPECT_EQ(ran.exit_code, 2) << ran.out << ran.err;
  EXPECT_THAT(ran.out + ran.err, HasSubstr("--rename"));
  EXPECT_THAT(ran.out + ran.err, HasSubstr("--no-rename"));
  EXPECT_FALSE(repository.exists("prisma/plans"));
  EXPECT_TRUE(repository.exists("prisma/migrations/20240102000000_profile/migration.sql"));

  EXPECT_EQ(repository.planner({"split", "profile", "--rename", "User.name=fullName"}).exit_code, 0);
  EXPECT_TRUE(repository.exists("prisma/plans/profile/5_drop/migration.sql"));
}

TEST(Split, OppositesOfferTheInvertedCopyAndSayHowSureTheGuessIs) {
  Repository repository;
  repository.migration("20240101000000_init",
                       "CREATE TABLE t (id int PRIMARY KEY, enabled boolean NOT NULL);");
  repository.migration("20240102000000_flip",
                       "ALTER TABLE t DROP COLUMN enabled, ADD COLUMN disabled boolean NOT NULL;");
  const Ran ran = repository.planner({"split", "flip"});
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.out + ran.err, HasSubstr("look like opposites"));
  EXPECT_THAT(ran.out + ran.err, HasSubstr("--fill 't.disabled=NOT \"enabled\"'"));
  const Ran inverted = repository.planner(
      {"split", "flip", "--dry-run", "--no-rename", "t.enabled", "--fill", "t.disabled=NOT enabled"});
  EXPECT_EQ(inverted.exit_code, 0) << inverted.out << inverted.err;
}

TEST(Split, LossIsAgreedToInOneColumn) {
  Repository repository;
  repository.prisma();
  repository.migration("20240101100000_t", "CREATE TABLE t (id int PRIMARY KEY, a text, b text);");
  repository.migration(
      "20240102000000_numbers",
      "ALTER TABLE t ALTER COLUMN a TYPE int USING a::int, ALTER COLUMN b TYPE int USING b::int;");
  const Ran none = repository.planner({"split", "numbers", "--dry-run"});
  EXPECT_THAT(none.out, AllOf(HasSubstr("--accept-lossy=t.a."), HasSubstr("--accept-lossy=t.b.")));
  const Ran one = repository.planner({"split", "numbers", "--dry-run", "--accept-lossy=t.a"});
  EXPECT_EQ(one.exit_code, 0) << one.err;
  EXPECT_THAT(one.out, AllOf(Not(HasSubstr("--accept-lossy=t.a.")), HasSubstr("--accept-lossy=t.b.")));
  const Ran all = repository.planner({"split", "--accept-lossy", "numbers", "--dry-run"});
  EXPECT_EQ(all.exit_code, 0) << all.err;
  EXPECT_THAT(all.out, Not(HasSubstr("--accept-lossy=")));
}

TEST(Split, NothingToDoSaysSoAndWritesNothing) {
  Repository repository;
  repository.prisma();
  repository.migration("20240102000000_add_nickname", "ALTER TABLE \"User\" ADD COLUMN nickname TEXT;\n");
  const Ran ran = repository.planner({"split", "add_nickname"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("Nothing to do:"));
  EXPECT_FALSE(repository.exists("prisma/plans"));
  EXPECT_TRUE(repository.exists("prisma/migrations/20240102000000_add_nickname/migration.sql"));
}

TEST(Split, StoppedBeforeTheOriginalWasMovedTheSameCommandFinishes) {
  const Repository repository = with_rename();
  ASSERT_EQ(repository.planner({"split", "rename_name_to_fullname"}).exit_code, 0);
  Repository stopped;
  Repository::copy(repository.path("prisma"), stopped.path("prisma"));
  stopped.write(kOriginal, kPrismaRename);
  const Ran ran = stopped.planner({"split", "rename_name_to_fullname"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("held this plan already"));
  EXPECT_FALSE(stopped.exists(kOriginal));
}

TEST(Split, StoppedWhileWritingLeavesOnlyWhatTheNextRunRemoves) {
  Repository repository = with_rename();
  repository.write("prisma/plans/.rename_name_to_fullname.planner-new-999999999/1_add/migration.sql", "half");
  const Ran ran = repository.planner({"split", "rename_name_to_fullname"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_FALSE(repository.exists("prisma/plans/.rename_name_to_fullname.planner-new-999999999"));
  EXPECT_TRUE(repository.exists(std::string(kPlan) + "/plan.toml"));
}

TEST(Split, AFolderThatIsNoPlanIsNotTouched) {
  Repository repository = with_rename();
  repository.write(std::string(kPlan) + "/notes.txt", "mine");
  const Ran ran = repository.planner({"split", "rename_name_to_fullname"});
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.err, HasSubstr("exists already and is no plan"));
  EXPECT_TRUE(repository.exists(kOriginal));
}

TEST(Split, AnotherPlanOfTheNameIsNotOverwritten) {
  const Repository repository = with_rename();
  ASSERT_EQ(repository.planner({"split", "rename_name_to_fullname"}).exit_code, 0);
  Repository other;
  Repository::copy(repository.path("prisma"), other.path("prisma"));
  other.write(kOriginal, std::string(kPrismaRename) + "-- more\n");
  const Ran ran = other.planner({"split", "rename_name_to_fullname"});
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.err, HasSubstr("another plan of this name exists already"));
  EXPECT_TRUE(other.exists(kOriginal));
}

TEST(Split, AnEditedPlanIsDetected) {
  const Repository repository = with_rename();
  ASSERT_EQ(repository.planner({"split", "rename_name_to_fullname"}).exit_code, 0);
  Repository edited;
  Repository::copy(repository.path("prisma"), edited.path("prisma"));
  const std::string file = std::string(kPlan) + "/2_backfill/migration.sql";
  edited.write(file, edited.read(file) + "-- faster\n");
  const Ran ran = edited.planner({"split", "rename_name_to_fullname", "--release"});
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.err, HasSubstr("edited by hand since planner wrote it: 2_backfill/migration.sql"));
  EXPECT_EQ(migrations_in(edited).size(), 1U);
}

TEST(Split, OtherFilesOfTheMigrationGoAlong) {
  Repository repository = with_rename();
  repository.write("prisma/migrations/20240102000000_rename_name_to_fullname/README.md", "why");
  ASSERT_EQ(repository.planner({"split", "rename_name_to_fullname"}).exit_code, 0);
  EXPECT_EQ(repository.read(std::string(kPlan) + "/original/README.md"), "why");
}

TEST(Split, AMigrationThatIsOnTheDefaultBranchGetsAWarning) {
  Repository repository = with_rename();
  repository.commit_all();
  const Ran ran = repository.planner({"split", "rename_name_to_fullname", "--dry-run"});
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_THAT(ran.err, HasSubstr("is part of main already"));
}

TEST(PlanFiles, AreReadBackAsTheyWereWritten) {
  const Repository repository = with_rename();
  ASSERT_EQ(repository.planner({"split", "rename_name_to_fullname"}).exit_code, 0);
  const project::StoredPlan stored = project::load_plan(repository.path(kPlan));
  EXPECT_TRUE(stored.edited.empty());
  ASSERT_EQ(stored.plan.phases.size(), 5U);
  EXPECT_EQ(stored.plan.phases[0].kind, PhaseKind::Add);
  EXPECT_EQ(stored.plan.phases[0].locks.at(0).mode, LockMode::AccessExclusive);
  EXPECT_EQ(stored.plan.phases[0].locks.at(0).relation, ObjectName(Identifier("public"), Identifier("User")));
  EXPECT_TRUE(stored.plan.phases[1].commits);
  ASSERT_TRUE(stored.plan.phases[1].backfill.has_value());
  EXPECT_THAT(stored.plan.phases[1].backfill->key, ElementsAre(Identifier("id")));
  EXPECT_EQ(stored.plan.phases[1].backfill->key_types.at(0).name.name.str(), "int4");
  EXPECT_EQ(stored.plan.phases[2].window, Window::BothReleases);
  EXPECT_EQ(stored.plan.original, kPrismaRename);
  EXPECT_EQ(stored.facts.history, "../../migrations");
}

}  // namespace
}  // namespace planner::test
