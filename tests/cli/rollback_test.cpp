#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/cli/seat.h"

/// Ways back: resolve, rollback, abandon, and a new beginning.
namespace planner::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kPlan = "rename_name_to_fullname";

class WayBack : public Seat {
 protected:
  void walk_to(int phases) {
    split_rename();
    deploy();
    db().exec("INSERT INTO \"User\" (email, name) SELECT 'e' || g, 'n' || g FROM generate_series(1, 50) g");
    for (int phase = 1; phase < phases; ++phase) {
      const Ran next = planner({"next", kPlan, "--deployed", "v42"});
      ASSERT_EQ(next.exit_code, 0) << next.out << next.err;
      deploy();
    }
  }
  bool has_column(const std::string& name) {
    return value(
               "SELECT EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = '\"User\"'::regclass AND attname "
               "= '" +
               name + "' AND NOT attisdropped)") == "t";
  }
};

TEST_F(WayBack, APhaseThatNobodyAppliedIsWithdrawn) {
  split_rename();
  ASSERT_EQ(planner({"deploy", "--until", "init"}).exit_code, 0);
  const Ran ran = planner({"rollback", kPlan});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("withdrew 1_add"));
  EXPECT_THAT(planner({"status"}).out, HasSubstr("1 applied, 0 pending"));
}

TEST_F(WayBack, EveryPhaseIsSeenInTheDatabaseAsTheHistorySaysIt) {
  split_rename();
  for (int phase = 0; phase < 5; ++phase) {
    deploy();
    const Ran drift = planner({"drift", "--database", url()});
    EXPECT_EQ(drift.exit_code, 0) << "phase " << phase + 1 << drift.out << drift.err;
    std::string newest;
    for (const auto& entry : std::filesystem::directory_iterator(repository_.path("prisma/migrations")))
      if (entry.is_directory()) newest = std::max(newest, entry.path().filename().string());
    // The second phase copies rows, which no catalogue shows.
    if (phase != 1) {
      EXPECT_THAT(planner({"resolve", newest}).out, HasSubstr("everything it does is there")) << newest;
    }
    ASSERT_EQ(planner({"next", kPlan, "--deployed", "v2"}).exit_code, 0);
  }
}

TEST_F(WayBack, AnAppliedPhaseGetsAReverseMigrationAndCanBeReleasedAgain) {
  walk_to(1);
  ASSERT_TRUE(has_column("fullName"));
  const Ran ran = planner({"rollback", kPlan});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_TRUE(has_column("fullName"));
  deploy();
  EXPECT_FALSE(has_column("fullName"));
  EXPECT_EQ(value("SELECT count(*) FROM \"User\" WHERE name = 'n' || substr(email, 2)"), "50");
  ASSERT_EQ(planner({"next", kPlan}).exit_code, 0);
  deploy();
  EXPECT_TRUE(has_column("fullName"));
  EXPECT_EQ(planner({"status"}).exit_code, 0);
}

TEST_F(WayBack, WhatWasSaidAboutReleasesIsForgottenWithThePhase) {
  split_rename();
  deploy();
  for (int phase = 0; phase < 2; ++phase) {
    ASSERT_EQ(planner({"next", kPlan}).exit_code, 0);
    deploy();
  }
  ASSERT_EQ(planner({"next", kPlan, "--deployed", "v2"}).exit_code, 0);
  deploy();
  const Ran back = planner({"rollback", kPlan, "--now"});
  ASSERT_EQ(back.exit_code, 0) << back.out << back.err;
  EXPECT_THAT(back.out, HasSubstr("what was said about releases for 4_enforce and later is forgotten"));
  const Ran again = planner({"next", kPlan});
  EXPECT_EQ(again.exit_code, 1) << again.out;
  EXPECT_THAT(again.out, HasSubstr("nobody has said that it is deployed"));
  EXPECT_EQ(planner({"next", kPlan, "--deployed", "v3"}).exit_code, 0);
}

TEST_F(WayBack, TheWholePlanIsTakenBackAtOnce) {
  walk_to(5);
  ASSERT_FALSE(has_column("name"));
  db().exec("UPDATE \"User\" SET \"fullName\" = 'new ' || id WHERE id <= 10");
  const Ran refused = planner({"rollback", kPlan, "--to", "start", "--now"});
  EXPECT_EQ(refused.exit_code, 2) << refused.out;
  EXPECT_THAT(refused.err, HasSubstr("--deployed"));
  const Ran ran = planner({"rollback", kPlan, "--to", "start", "--now", "--deployed", "v41"});
  EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_TRUE(has_column("name"));
  EXPECT_FALSE(has_column("fullName"));
  EXPECT_EQ(value("SELECT count(*) FROM \"User\" WHERE name = CASE WHEN id <= 10 THEN 'new ' || id ELSE 'n' "
                  "|| substr(email, 2) END"),
            "50");
  EXPECT_EQ(value("SELECT is_nullable FROM information_schema.columns WHERE table_name = 'User' AND "
                  "column_name = 'name'"),
            "NO");
  const Ran status = planner({"status"});
  EXPECT_EQ(status.exit_code, 0) << status.out;
  EXPECT_THAT(status.out, Not(HasSubstr("left over")));
}

TEST_F(WayBack, APhaseThatLosesRowsIsNotTakenBack) {
  repository_.migration("20240102000000_drop_name", "ALTER TABLE \"User\" DROP COLUMN \"name\";\n");
  const Ran split = planner({"split", "drop_name", "--no-rename", "User.name", "--release"});
  ASSERT_EQ(split.exit_code, 0) << split.out << split.err;
  for (int i = 0; i < 4; ++i) {
    deploy();
    (void)planner({"next", "drop_name", "--deployed", "v2"});
  }
  const Ran ran = planner({"rollback", "drop_name"});
  EXPECT_EQ(ran.exit_code, 2) << ran.out;
  EXPECT_THAT(ran.err, HasSubstr("cannot be taken back"));
}

TEST_F(WayBack, AnAbandonedPlanLeavesNothing) {
  walk_to(2);
  const Ran ran = planner({"abandon", kPlan, "--now"});
  EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_FALSE(repository_.exists("prisma/plans/rename_name_to_fullname"));
  EXPECT_FALSE(has_column("fullName"));
  const Ran status = planner({"status"});
  EXPECT_EQ(status.exit_code, 0) << status.out;
}

TEST_F(WayBack, AnAbandonThatIsRunAgainRestoresTheOriginalOnce) {
  split_rename();
  const std::filesystem::path plan = repository_.path("prisma/plans/rename_name_to_fullname");
  const TemporaryFolder kept;
  std::filesystem::copy(plan, kept / "plan", std::filesystem::copy_options::recursive);
  ASSERT_EQ(planner({"deploy", "--until", "init"}).exit_code, 0);
  ASSERT_EQ(planner({"abandon", kPlan, "--restore"}).exit_code, 0);
  // As if it had been killed between its two last steps.
  std::filesystem::copy(kept / "plan", plan, std::filesystem::copy_options::recursive);
  const Ran again = planner({"abandon", kPlan, "--restore"});
  EXPECT_EQ(again.exit_code, 0) << again.out << again.err;
  EXPECT_FALSE(repository_.exists("prisma/plans/rename_name_to_fullname"));
  int originals = 0;
  for (const std::string& name : files_below(repository_.path("prisma/migrations")))
    originals += name.find("rename_name_to_fullname") != std::string::npos ? 1 : 0;
  EXPECT_EQ(originals, 1);
}

TEST_F(WayBack, APlanInDualWriteIsNotAbandoned) {
  walk_to(3);
  const Ran ran = planner({"abandon", kPlan, "--now"});
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_TRUE(repository_.exists("prisma/plans/rename_name_to_fullname"));
}

TEST_F(WayBack, ResolveLooksBeforeItRecords) {
  repository_.write("package.json", R"({"devDependencies": {"prisma": "7.4.0"}})");
  deploy();
  db().exec("INSERT INTO \"User\" (email, name) VALUES ('a', 'same'), ('b', 'same')");
  repository_.migration("20240102000000_half",
                        "CREATE TABLE half (id int);\nCREATE UNIQUE INDEX half_name ON \"User\" (name);\n");
  EXPECT_EQ(planner({"deploy"}).exit_code, 1);
  const Ran looked = planner({"resolve", "half"});
  EXPECT_EQ(looked.exit_code, 1);
  EXPECT_THAT(looked.out, HasSubstr("a part of what it does is there"));
  EXPECT_THAT(looked.out, HasSubstr("half_name"));
  EXPECT_EQ(planner({"resolve", "half", "--rolled-back"}).exit_code, 1);
  db().exec("DROP TABLE half");
  EXPECT_THAT(planner({"resolve", "half"}).out, HasSubstr("nothing it does is there"));
  EXPECT_EQ(planner({"resolve", "half", "--applied"}).exit_code, 1);
  const Ran ran = planner({"resolve", "half", "--rolled-back"});
  EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  repository_.migration("20240102000000_half", "CREATE TABLE half (id int);\n");
  deploy();
  EXPECT_THAT(planner({"resolve", "half", "--applied"}).err, HasSubstr("P3008"));
  EXPECT_THAT(planner({"resolve", "half", "--rolled-back"}).err, HasSubstr("P3012"));
  EXPECT_THAT(planner({"resolve", "nothing", "--applied"}).err, HasSubstr("P3017"));
}

TEST_F(WayBack, ABaselineIsRecordedForWhatIsThere) {
  db().exec(kUserTable);
  const Ran ran = planner({"resolve", "init", "--applied"});
  EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_EQ(value(kRows), "20240101000000_init true false 0 true");
  EXPECT_EQ(planner({"status"}).exit_code, 0);
}

TEST_F(WayBack, NewMakesAnEmptyMigrationBehindAllOthers) {
  const Ran ran = planner({"new", "Add e-mail to users!"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.out,
              testing::ContainsRegex("prisma/migrations/[0-9]{14}_add_e_mail_to_users/migration.sql"));
  EXPECT_EQ(planner({"deploy"}).exit_code, 0);
}

TEST_F(WayBack, ResetIsForDevelopmentOnly) {
  deploy();
  db().exec("INSERT INTO \"User\" (email, name) VALUES ('a', 'b')");
  const Ran busy = planner({"reset", "--yes"});
  EXPECT_EQ(busy.exit_code, 2);
  EXPECT_THAT(busy.err, HasSubstr("other session is connected"));
  const std::string mine = another_database();
  ASSERT_EQ(planner({"deploy", "--database", mine}).exit_code, 0);
  const Ran asked = planner({"reset", "--database", mine});
  EXPECT_EQ(asked.exit_code, 1);
  EXPECT_THAT(asked.out, HasSubstr("Nothing was changed"));
  const Ran ran = planner({"reset", "--database", mine, "--yes"});
  EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("The database is as the history says."));
  const Ran far = planner({"reset", "--database", "postgresql://x:hunter2@db.example.invalid/app", "--yes"});
  EXPECT_EQ(far.exit_code, 2);
  EXPECT_THAT(far.err, Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace planner::test
