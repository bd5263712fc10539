#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "tests/cli/seat.h"
#include "tests/support/paths.h"

/// The client-driven backfill: every way through the table, stopped and continued, by planner and by the SQL
/// file.
namespace planner::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kPlan = "rename_name_to_fullname";
constexpr const char* kLeft = "SELECT count(*) FROM \"User\" WHERE \"fullName\" IS DISTINCT FROM name";

class BackfillCommand : public Seat {
 protected:
  /// The mirror is there, the rows are older than it.
  void with_rows(int rows, const std::string& order = "g") {
    split_rename();
    ASSERT_EQ(planner({"deploy", "--until", "init"}).exit_code, 0);
    db().exec("INSERT INTO \"User\" (id, email, name) SELECT g, 'e' || g, 'n' || g FROM generate_series(1, " +
              std::to_string(rows) + ") g ORDER BY " + order);
    db().exec("ANALYZE \"User\"");
    deploy();
  }
  Ran run(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"backfill", "run", kPlan};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return planner(arguments);
  }
  nlohmann::json status() {
    return nlohmann::json::parse(
        planner({"backfill", "status", kPlan, "--format", "json"}).out)["backfills"][0];
  }
};

TEST_F(BackfillCommand, EveryWayFillsEveryRow) {
  with_rows(3000);
  for (const std::string way : {"keys", "ranges", "interleaved"}) {
    for (const std::string workers : {"1", "3"}) {
      db().exec(
          "ALTER TABLE \"User\" DROP CONSTRAINT IF EXISTS \"planner_sync_fullName\", DROP CONSTRAINT IF "
          "EXISTS \"planner_not_null_fullName\"");
      db().exec(
          "ALTER TABLE \"User\" DISABLE TRIGGER ALL; UPDATE \"User\" SET \"fullName\" = NULL; ALTER TABLE "
          "\"User\" ENABLE TRIGGER ALL; "
          "ALTER TABLE \"User\" ENABLE ALWAYS TRIGGER \"zzz_planner_mirror_fullName\"");
      ASSERT_EQ(value(kLeft), "3000");
      db().exec(
          "DO $$ BEGIN IF to_regclass('planner.backfill') IS NOT NULL THEN DELETE FROM planner.backfill; END "
          "IF; END $$");
      const Ran ran = run({"--way", way, "--workers", workers, "--batch-rows", "300"});
      EXPECT_EQ(ran.exit_code, 0) << way << workers << ran.out << ran.err;
      EXPECT_EQ(value(kLeft), "0") << way << workers;
      EXPECT_THAT(ran.out, HasSubstr("done: 3000 rows"));
    }
  }
}

TEST_F(BackfillCommand, ChoosesPassesForAnOrderedTableAndKeysForAnotherAndSaysWhy) {
  with_rows(3000);
  const Ran ordered = run();
  EXPECT_EQ(ordered.exit_code, 0) << ordered.err;
  EXPECT_THAT(ordered.err, HasSubstr("interleaved (the rows lie in key order"));
  EXPECT_EQ(status()["way"], "interleaved");
  EXPECT_EQ(status()["state"], "done");
}

TEST_F(BackfillCommand, KeysForATableInAnotherOrder) {
  with_rows(3000, "md5(g::text)");
  const Ran ran = run();
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("keys (the rows do not lie in the order of id"));
  EXPECT_EQ(value(kLeft), "0");
}

TEST_F(BackfillCommand, StoppedItGoesOnFromItsCursor) {
  with_rows(20000);
  RunOptions options;
  options.folder = repository_.path();
  options.environment["DATABASE_URL"] = url();
  const Ran stopped =
      run_program({"timeout", "-s", "INT", "1.5", planner_program().string(), "backfill", "run", kPlan,
                   "--way", "keys", "--batch-rows", "100", "--target-ms", "1", "--pause-ms", "20"},
                  options);
  ASSERT_THAT(stopped.out, HasSubstr("stopped at")) << stopped.err;
  EXPECT_THAT(stopped.out, HasSubstr("planner backfill run rename_name_to_fullname"));
  const int left = std::stoi(value(kLeft));
  EXPECT_GT(left, 0);
  EXPECT_LT(left, 20000);
  EXPECT_EQ(value("SELECT sum(rows_done) FROM planner.backfill_part"), std::to_string(20000 - left));
  EXPECT_EQ(status()["state"], "stopped");
  const Ran ran = run({"--way", "keys"});
  EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("going on with"));
  EXPECT_THAT(ran.out, HasSubstr("done: " + std::to_string(left) + " rows"));
  EXPECT_EQ(value(kLeft), "0");
}

TEST_F(BackfillCommand, KilledAtRandomMomentsItLosesNothing) {
  with_rows(20000);
  RunOptions options;
  options.folder = repository_.path();
  options.environment["DATABASE_URL"] = url();
  for (int i = 1; i <= 8; ++i) {
    const std::string seconds = std::to_string(0.1 + 0.09 * i);
    (void)run_program({"timeout", "-s", "KILL", seconds, planner_program().string(), "backfill", "run", kPlan,
                       "--batch-rows", "200", "--target-ms", "2", "--pause-ms", "10"},
                      options);
    if (value(kLeft) == "0") break;  // the last row and the end of the run are no moment to compare at
    // What the cursor says is done is done: the two share a transaction.
    if (value("SELECT to_regclass('planner.backfill_part') IS NOT NULL") == "t") {
      EXPECT_EQ(value("SELECT (SELECT count(*) FROM \"User\" WHERE \"fullName\" IS NOT DISTINCT FROM name) - "
                      "coalesce(sum(rows_done), 0) FROM planner.backfill_part"),
                "0");
    }
  }
  for (int i = 0; i < 50 && value("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                                  "AND application_name = 'planner backfill'") != "0";
       ++i)
    db().exec("SELECT pg_sleep(0.1)");
  const Ran ran = run();
  EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_EQ(value(kLeft), "0");
}

TEST_F(BackfillCommand, ALostConnectionIsAFailureThatTheNextRunCures) {
  with_rows(20000);
  Ran broken;
  std::thread running([&] {
    broken = run({"--way", "keys", "--batch-rows", "100", "--target-ms", "1", "--pause-ms", "20"});
  });
  for (int i = 0; i < 100 && value("SELECT count(*) >= 2 FROM pg_stat_activity WHERE datname = "
                                   "current_database() AND application_name = 'planner backfill'") != "t";
       ++i)
    db().exec("SELECT pg_sleep(0.05)");
  db().exec("SELECT pg_sleep(0.3)");
  db().exec(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND "
      "application_name = 'planner backfill' "
      "AND query NOT LIKE '%pg_stat_%' ORDER BY backend_start DESC LIMIT 1");
  running.join();
  EXPECT_NE(broken.exit_code, 0) << broken.out;
  EXPECT_EQ(run().exit_code, 0);
  EXPECT_EQ(value(kLeft), "0");
}

TEST_F(BackfillCommand, TheSqlFileAloneWritesInPassesWhereRowsLieInKeyOrder) {
  split_rename();
  ASSERT_EQ(planner({"deploy", "--until", "init"}).exit_code, 0);
  // Keys below zero, gaps, steps.
  db().exec(
      "INSERT INTO \"User\" (id, email, name) SELECT g, repeat('e', 100), 'n' || g FROM "
      "generate_series(-9000, "
      "90000, 3) g WHERE g % 17 <> 0");
  db().exec("ANALYZE \"User\"");
  deploy();
  const double before = std::stod(value("SELECT pg_relation_size('\"User\"')"));
  db().exec(repository_.read("prisma/plans/rename_name_to_fullname/2_backfill/migration.sql"));
  EXPECT_EQ(value(kLeft), "0");
  // Without passes every row has moved once by the end: the table is twice as large.
  EXPECT_LT(std::stod(value("SELECT pg_relation_size('\"User\"')")), 1.5 * before);
}

TEST_F(BackfillCommand, TheSqlFileFinishesWhatItBegan) {
  with_rows(20000);
  RunOptions options;
  options.folder = repository_.path();
  options.environment["DATABASE_URL"] = url();
  (void)run_program({"timeout", "-s", "KILL", "1", planner_program().string(), "backfill", "run", kPlan,
                     "--batch-rows", "200", "--target-ms", "2", "--pause-ms", "10"},
                    options);
  db().exec(repository_.read("prisma/plans/rename_name_to_fullname/2_backfill/migration.sql"));
  EXPECT_EQ(value(kLeft), "0");
}

TEST_F(BackfillCommand, PauseResumeAndTuneReachARunningOne) {
  with_rows(20000);
  Ran ran;
  std::thread running([&] {
    ran = run({"--way", "keys", "--batch-rows", "100", "--target-ms", "1", "--pause-ms", "30"});
  });
  for (int i = 0;
       i < 100 && value("SELECT to_regclass('planner.backfill') IS NOT NULL AND EXISTS (SELECT 1 FROM "
                        "pg_stat_activity WHERE datname = current_database() AND application_name = 'planner "
                        "backfill')") != "t";
       ++i) {
    db().exec("SELECT pg_sleep(0.05)");
  }
  db().exec("SELECT pg_sleep(0.5)");
  EXPECT_EQ(planner({"backfill", "pause", kPlan}).exit_code, 0);
  db().exec("SELECT pg_sleep(3)");
  const std::string left = value(kLeft);
  EXPECT_THAT(planner({"backfill", "status", kPlan}).out, HasSubstr("paused by hand"));
  const double share = status()["share"];
  EXPECT_GT(share, 0);
  EXPECT_LT(share, 1);
  EXPECT_THAT(planner({"status"}).out, HasSubstr("paused by hand"));
  db().exec("SELECT pg_sleep(0.5)");
  EXPECT_EQ(value(kLeft), left);
  EXPECT_NE(left, "0");
  EXPECT_EQ(planner({"backfill", "tune", kPlan, "--target-ms", "500", "--pause-ms", "1"}).exit_code, 0);
  EXPECT_EQ(planner({"backfill", "resume", kPlan}).exit_code, 0);
  running.join();
  EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_EQ(value(kLeft), "0");
  EXPECT_EQ(status()["share"], 1);
  // Where nobody sits at a terminal: lines, each of them whole.
  EXPECT_THAT(ran.err, HasSubstr("waiting: paused by hand"));
  EXPECT_THAT(ran.err, Not(HasSubstr("\r")));
}

TEST_F(BackfillCommand, AThrottleQueryHoldsIt) {
  with_rows(5000);
  db().exec("CREATE TABLE brake (on_ bool)");
  db().exec("INSERT INTO brake VALUES (true)");
  Ran ran;
  std::thread running([&] {
    ran = run({"--way", "keys", "--batch-rows", "100", "--target-ms", "1", "--pause-ms", "100",
               "--throttle-query", "SELECT on_ FROM brake"});
  });
  db().exec("SELECT pg_sleep(3)");
  const std::string left = value(kLeft);
  EXPECT_NE(left, "0");
  db().exec("UPDATE brake SET on_ = false");
  running.join();
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("the throttle query says t"));
}

TEST_F(BackfillCommand, TwoRunsDoNotWorkBesideEachOther) {
  with_rows(100);
  db().exec(std::string("SELECT pg_advisory_lock(hashtext('planner backfill'), hashtext('") + kPlan +
            "/2_backfill'))");
  const Ran ran = run();
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.err, HasSubstr("another backfill"));
}

TEST_F(BackfillCommand, IsRefusedBeforeTheMirrorIsThere) {
  split_rename();
  const Ran ran = run();
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.err, HasSubstr("1_add comes before 2_backfill"));
}

TEST_F(BackfillCommand, ALockedRowOnlyDelaysItsBatch) {
  with_rows(500);
  Connection other = connect();
  other.exec("BEGIN; SELECT 1 FROM \"User\" WHERE id = 250 FOR UPDATE");
  Ran ran;
  std::thread running([&] { ran = run({"--way", "keys", "--batch-rows", "100"}); });
  db().exec("SELECT pg_sleep(1.5)");
  EXPECT_EQ(value("SELECT count(*) FROM \"User\" WHERE id <= 100 AND \"fullName\" IS DISTINCT FROM name"),
            "0");
  other.exec("COMMIT");
  running.join();
  EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_EQ(value(kLeft), "0");
}

TEST_F(BackfillCommand, AUserWithoutRightsOnTheDatabaseStillFillsTheRows) {
  with_rows(1000);
  const std::string role = "planner_seat_filler";
  db().exec("DROP ROLE IF EXISTS " + role);
  db().exec("CREATE ROLE " + role + " LOGIN");
  db().exec("ALTER TABLE \"User\" OWNER TO " + role + "; GRANT SELECT ON _prisma_migrations TO " + role +
            "; GRANT USAGE ON SCHEMA public TO " + role);
  std::string as_role = url();
  as_role.replace(as_role.find("postgres@"), 9, role + "@");
  const Ran ran = run({"--database", as_role});
  EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("may not create the schema"));
  EXPECT_EQ(value(kLeft), "0");
  db().exec("REASSIGN OWNED BY " + role + " TO postgres; DROP OWNED BY " + role + "; DROP ROLE " + role);
}

}  // namespace
}  // namespace planner::test
