#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "tests/cli/seat.h"

/// A plan from its first phase to its last, as a release manager walks it, and every way to be refused.
namespace planner::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kPlan = "rename_name_to_fullname";

class Next : public Seat {
 protected:
  std::vector<std::string> purposes() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(repository_.path("prisma/migrations"))) {
      if (entry.is_directory()) names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    for (std::string& name : names) name.erase(0, 15);
    return names;
  }
  std::size_t folders_in(const char* folder) const {
    const std::filesystem::directory_iterator entries(repository_.path(folder));
    return static_cast<std::size_t>(
        std::count_if(begin(entries), end(entries), [](const auto& entry) { return entry.is_directory(); }));
  }
  void next(const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments{"next", kPlan};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Ran ran = planner(arguments);
    ASSERT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  }
};

TEST_F(Next, APlanIsWalkedToItsEnd) {
  split_rename();
  deploy();
  db().exec("INSERT INTO \"User\" (email, name) SELECT 'e' || g, 'n' || g FROM generate_series(1, 20) g");
  next();
  deploy();
  next();
  deploy();
  const Ran refused = planner({"next", kPlan});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.out, HasSubstr("fails       release"));
  EXPECT_THAT(refused.out, HasSubstr("planner next rename_name_to_fullname --deployed RELEASE"));
  next({"--deployed", "v42"});
  EXPECT_THAT(repository_.read("prisma/plans/rename_name_to_fullname/evidence.toml"), HasSubstr("v42"));
  deploy();
  next();
  deploy();
  EXPECT_THAT(purposes(),
              ElementsAre("init", "rename_name_to_fullname_1_add", "rename_name_to_fullname_2_backfill",
                          "rename_name_to_fullname_3_dual_write", "rename_name_to_fullname_4_enforce",
                          "rename_name_to_fullname_5_drop"));
  EXPECT_EQ(value("SELECT count(*) FROM \"User\" WHERE \"fullName\" = 'n' || substr(email, 2)"), "20");
  const Ran done = planner({"next", kPlan});
  EXPECT_EQ(done.exit_code, 0);
  EXPECT_THAT(done.out, HasSubstr("the plan is done"));
  const Ran status = planner({"status"});
  EXPECT_EQ(status.exit_code, 0) << status.out;
}

TEST_F(Next, APlanOfManyChangesIsWalkedToItsEnd) {
  repository_.migration("20240102000000_many", R"(
ALTER TABLE "User" ALTER COLUMN "nick" SET NOT NULL;
ALTER TABLE "User" ALTER COLUMN "title" SET DATA TYPE VARCHAR(10);
ALTER TABLE "User" ADD CONSTRAINT "User_boss_fkey" FOREIGN KEY ("boss") REFERENCES "User"("id");
ALTER TABLE "User" ADD CONSTRAINT "User_nick_short" CHECK (length("nick") < 50);
ALTER TABLE "User" RENAME COLUMN "name" TO "fullName";
)");
  repository_.migration("20240101500000_more", R"(
ALTER TABLE "User" ADD COLUMN "nick" TEXT, ADD COLUMN "title" VARCHAR(20), ADD COLUMN "boss" INTEGER;
)");
  const Ran split = planner({"split", "many", "--fill", "User.nick='none'"});
  ASSERT_EQ(split.exit_code, 0) << split.err << split.out;
  deploy();
  db().exec("INSERT INTO \"User\" (email, name) SELECT 'e' || g, 'n' || g FROM generate_series(1, 20) g");
  // A constraint that a later phase validates keeps no phase before that one back.
  const std::size_t phases = folders_in("prisma/plans/many");
  for (std::size_t i = 0; i < phases; ++i) {
    const Ran ran = planner({"next", "many", "--deployed", "v42"});
    ASSERT_EQ(ran.exit_code, 0) << ran.out << ran.err;
    deploy();
  }
  EXPECT_EQ(value("SELECT count(*) FROM \"User\" WHERE nick = 'none' AND \"fullName\" IS NOT NULL"), "20");
  EXPECT_EQ(value("SELECT count(*) FROM pg_constraint WHERE NOT convalidated"), "0");
}

TEST_F(Next, AnalyzeFindsNoErrorInAnyReleasedPhase) {
  split_rename();
  const auto expect_silence = [&](const std::string& phase) {
    const Ran ran = planner({"analyze", std::string(kPlan) + "_" + phase});
    EXPECT_EQ(ran.exit_code, 0) << phase << ran.out << ran.err;
  };
  expect_silence("1_add");
  deploy();
  for (const char* phase : {"2_backfill", "3_dual_write"}) {
    next();
    expect_silence(phase);
    deploy();
  }
  next({"--deployed", "v42"});
  expect_silence("4_enforce");
  deploy();
  next();
  expect_silence("5_drop");
  const Ran shown = planner({"analyze", std::string(kPlan) + "_5_drop", "--show-ignored"});
  EXPECT_THAT(shown.out, HasSubstr("ignored: phase 5_drop of plan rename_name_to_fullname"));
}

TEST_F(Next, IsRefusedUntilThePreviousPhaseIsAppliedInEveryEnvironment) {
  split_rename();
  EXPECT_EQ(planner({"next", kPlan}).exit_code, 1);
  deploy();
  const std::string staging = another_database();
  const Ran ran =
      planner({"next", kPlan, "--database", "production=" + url(), "--database", "staging=" + staging});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.out, HasSubstr("staging: released"));
  EXPECT_THAT(ran.out, HasSubstr("production: applied"));
  EXPECT_EQ(purposes().size(), 2U);
}

TEST_F(Next, StatusReleasesNothingThatAnotherEnvironmentIsBehindWith) {
  split_rename();
  deploy();
  const std::string staging = another_database();
  const std::vector<std::string> both{"status", "--database", "production=" + url(), "--database",
                                      "staging=" + staging};
  const Ran before = planner(both);
  EXPECT_THAT(before.out, HasSubstr("next: wait: 1_add is not applied in staging yet"));
  EXPECT_THAT(before.out, HasSubstr("next: planner deploy --database URL"));
  EXPECT_THAT(before.out, Not(HasSubstr("planner next")));
  ASSERT_EQ(planner({"deploy", "--database", staging}).exit_code, 0);
  EXPECT_THAT(planner(both).out,
              HasSubstr("next: planner next rename_name_to_fullname --database production=URL --database "
                        "staging=URL"));
  const Ran gate = planner({"gate", kPlan, "1_add"});
  EXPECT_THAT(gate.out, HasSubstr("It is released already, as 2"));
}

TEST_F(Next, WithoutADatabaseALaterPhaseIsRefused) {
  split_rename();
  const Ran ran = planner({"next", kPlan}, {{"DATABASE_URL", std::nullopt}});
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.err, HasSubstr("must see in the database"));
}

TEST_F(Next, GoesBehindWhatOnlyTheDatabaseKnows) {
  split_rename();
  repository_.migration("29990101000000_elsewhere", "SELECT 1;\n");
  deploy();
  std::filesystem::remove_all(repository_.path("prisma/migrations/29990101000000_elsewhere"));
  next();
  EXPECT_THAT(planner({"status", "--all"}).out,
              HasSubstr("29990101000001_rename_name_to_fullname_2_backfill"));
}

TEST_F(Next, AnUnfinishedBackfillIsNotPassed) {
  split_rename();
  deploy();
  next();
  deploy();
  db().exec("ALTER TABLE \"User\" DISABLE TRIGGER ALL");
  db().exec(
      "ALTER TABLE \"User\" DROP CONSTRAINT \"planner_sync_fullName\", DROP CONSTRAINT "
      "\"planner_not_null_fullName\"");
  db().exec("INSERT INTO \"User\" (email, name) VALUES ('a', 'b')");
  const Ran ran = planner({"gate", kPlan, "3_dual_write"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.out, HasSubstr("not so: every row is copied"));
}

TEST_F(Next, AnOldSessionHoldsTheReleaseGate) {
  split_rename();
  deploy();
  next();
  deploy();
  next();
  deploy();
  {
    Connection old = connect();
    old.exec("SET application_name = 'school-v41'");
    const Ran ran = planner({"gate", kPlan, "enforce", "--old-application", "school-v41"});
    EXPECT_EQ(ran.exit_code, 1);
    EXPECT_THAT(ran.out, HasSubstr("1 session of \"school-v41\""));
  }
  for (int i = 0;
       i < 50 && value("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'school-v41'") != "0";
       ++i)
    db().exec("SELECT pg_sleep(0.1)");
  const Ran gone = planner({"gate", kPlan, "enforce", "--old-application", "school-v41"});
  EXPECT_EQ(gone.exit_code, 0) << gone.out;
}

TEST_F(Next, RowsWrittenThroughTheOldColumnAreCountedAndHoldTheGate) {
  split_rename();
  deploy();
  next();
  deploy();
  next();
  deploy();
  db().exec("INSERT INTO \"User\" (email, name) SELECT 'old' || g, 'n' || g FROM generate_series(1, 3) g");
  db().exec("INSERT INTO \"User\" (email, \"fullName\") VALUES ('new', 'x')");
  db().exec("UPDATE \"User\" SET \"fullName\" = 'y' WHERE email = 'new'");
  const std::vector<std::string> gate{"gate", kPlan, "enforce"};
  const Ran before = planner(gate);
  EXPECT_THAT(before.out, HasSubstr("holds       old-writes"));
  EXPECT_THAT(before.out, HasSubstr("none within 1 second; 3 rows"));
  EXPECT_THAT(before.out, HasSubstr("fails       release"));
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    Connection old = connect();
    while (!stop)
      old.exec("UPDATE \"User\" SET name = name || '.' WHERE email = 'old1'; SELECT pg_sleep(0.05)");
  });
  const Ran moving = planner({"next", kPlan, "--deployed", "v42"});
  stop = true;
  writer.join();
  EXPECT_EQ(moving.exit_code, 1);
  EXPECT_THAT(moving.out, HasSubstr("fails       old-writes: no row is written through \"name\" of User"));
  // A time without such a write is as good as somebody's word, as long as nothing is dropped.
  std::filesystem::remove(repository_.path("prisma/plans/rename_name_to_fullname/evidence.toml"));
  next({"--watch", "10"});
  deploy();
  next();
  deploy();
  EXPECT_EQ(value("SELECT count(*) FROM pg_class WHERE relname LIKE 'planner%'"), "0");
}

TEST_F(Next, TheCounterStopsNoWriterWithFewRights) {
  split_rename();
  deploy();
  db().exec("DROP ROLE IF EXISTS planner_seat_writer");
  db().exec("CREATE ROLE planner_seat_writer");
  db().exec(
      "GRANT USAGE ON SCHEMA public TO planner_seat_writer; GRANT SELECT, INSERT, UPDATE ON \"User\" TO "
      "planner_seat_writer; GRANT USAGE ON SEQUENCE \"User_id_seq\" TO planner_seat_writer");
  next();
  deploy();
  next();
  deploy();
  db().exec("SET ROLE planner_seat_writer; INSERT INTO \"User\" (email, name) VALUES ('a', 'b'); RESET ROLE");
  EXPECT_EQ(value("SELECT \"fullName\" FROM \"User\""), "b");
  db().exec("DROP OWNED BY planner_seat_writer; DROP ROLE planner_seat_writer");
}

TEST_F(Next, OverridingAGateNeedsAReasonAndKeepsIt) {
  split_rename();
  EXPECT_EQ(planner({"next", kPlan, "--force", "previous-phase"}).exit_code, 2);
  EXPECT_EQ(planner({"next", kPlan, "--force", "nonsense", "--reason", "x"}).exit_code, 2);
  next({"--force", "previous-phase", "--reason", "the staging database is \"rebuilt\"\nnightly"});
  EXPECT_THAT(repository_.read("prisma/plans/rename_name_to_fullname/evidence.toml"),
              HasSubstr("previous-phase"));
  EXPECT_THAT(planner({"gate", kPlan, "2_backfill"}).out, HasSubstr("overridden"));
}

TEST_F(Next, AnEditedPlanIsRefusedUnlessItIsAccepted) {
  split_rename();
  deploy();
  const std::string toml = "prisma/plans/rename_name_to_fullname/plan.toml";
  std::string text = repository_.read(toml);
  const std::size_t query = text.find("SELECT 1 FROM");
  ASSERT_NE(query, std::string::npos);
  repository_.write(toml, text.replace(query, 8, "DELETE  "));
  const Ran ran = planner({"next", kPlan});
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.err, HasSubstr("edited by hand"));
  EXPECT_THAT(ran.err, HasSubstr("plan.toml"));
}

TEST_F(Next, AQueryInAnAcceptedPlanCannotChangeAnything) {
  split_rename();
  deploy();
  next();
  deploy();
  db().exec("INSERT INTO \"User\" (email, name) VALUES ('a', 'b')");
  const std::string toml = "prisma/plans/rename_name_to_fullname/plan.toml";
  std::string text = repository_.read(toml);
  const std::string key = "query = ";
  const std::size_t query = text.find(key);
  ASSERT_NE(query, std::string::npos);
  text.replace(query, text.find('\n', query) - query, key + "'DELETE FROM \"User\" RETURNING 1'");
  repository_.write(toml, text);
  const Ran ran = planner({"gate", kPlan, "3_dual_write", "--accept-edits"});
  EXPECT_EQ(ran.exit_code, 1) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("read-only transaction"));
  EXPECT_EQ(value("SELECT count(*) FROM \"User\""), "1");
}

TEST_F(Next, DryRunWritesNothing) {
  split_rename();
  deploy();
  const std::vector<std::string> before = files_below(repository_.path());
  const Ran ran = planner({"next", kPlan, "--dry-run", "--deployed", "v1"});
  EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("2_backfill would be released"));
  EXPECT_EQ(files_below(repository_.path()), before);
}

}  // namespace
}  // namespace planner::test
