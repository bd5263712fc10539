#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/cli/seat.h"
#include "tests/support/paths.h"

/// Commands that give something up, killed at any moment: the same command again ends in the right state.
namespace planner::test {
namespace {

using testing::AnyOf;
using testing::HasSubstr;

constexpr const char* kPlan = "rename_name_to_fullname";

class UndoSurvival : public Seat {
 protected:
  /// --foreground: without it `timeout` dies of its own signal, and the killed program may still be there.
  Ran killed_after(double seconds, const std::vector<std::string>& arguments) {
    RunOptions options;
    options.folder = repository_.path();
    options.environment["DATABASE_URL"] = url();
    std::vector<std::string> words{"timeout", "--foreground",          "-s",
                                   "KILL",    std::to_string(seconds), planner_program().string()};
    words.insert(words.end(), arguments.begin(), arguments.end());
    return run_program(words, options);
  }
  bool plan_is_there() const { return repository_.exists("prisma/plans/rename_name_to_fullname/plan.toml"); }
  std::size_t originals() const {
    std::size_t found = 0;
    for (const std::string& file : files_below(repository_.path("prisma/migrations"))) {
      if (file.find("rename_name_to_fullname/migration.sql") != std::string::npos) ++found;
    }
    return found;
  }
  std::mt19937 random_{std::random_device{}()};
};

TEST_F(UndoSurvival, AbandonKilledAtRandomMomentsLeavesNothing) {
  std::uniform_real_distribution<double> moment(0.02, 0.6);
  const std::vector<std::string> abandon{"abandon", kPlan, "--now", "--restore"};
  for (int round = 0; round < 4; ++round) {
    if (round == 0) {
      split_rename();
      db().exec("SELECT 1");
    } else {
      const Ran ran =
          planner({"split", "rename_name_to_fullname", "--rename", "User.name=fullName", "--release"});
      ASSERT_EQ(ran.exit_code, 0) << ran.err << ran.out;
    }
    deploy();
    db().exec(
        "INSERT INTO \"User\" (email, name) SELECT 'e' || g, 'n' || g FROM generate_series(1, 50) g ON "
        "CONFLICT DO NOTHING");
    // In some rounds the plan has gone further.
    if (round % 2 == 1) {
      ASSERT_EQ(planner({"next", kPlan}).exit_code, 0);
      deploy();
    }
    for (int i = 0; i < 8 && plan_is_there(); ++i) {
      const double seconds = moment(random_);
      SCOPED_TRACE("round " + std::to_string(round) + ", killed after " + std::to_string(seconds) + " s");
      (void)killed_after(seconds, abandon);
      const Ran status = planner({"status"});
      EXPECT_THAT(status.exit_code, AnyOf(0, 1)) << status.out << status.err;
      EXPECT_LE(originals(), 1U);
      if (!plan_is_there()) {
        EXPECT_EQ(originals(), 1U) << "the migration is lost";
      }
    }
    if (plan_is_there()) {
      const Ran ran = planner(abandon);
      EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err << planner({"status"}).out;
    }
    EXPECT_EQ(originals(), 1U);
    EXPECT_EQ(files_below(repository_.path("prisma/plans")), std::vector<std::string>{});
    EXPECT_EQ(value("SELECT count(*) FROM pg_class WHERE relname LIKE 'planner%' AND relnamespace <> "
                    "coalesce(to_regnamespace('planner'), 0)"),
              "0");
    EXPECT_EQ(value("SELECT count(*) FROM pg_trigger WHERE tgname LIKE '%planner%'"), "0");
    EXPECT_EQ(value("SELECT count(*) FROM pg_attribute WHERE attrelid = '\"User\"'::regclass AND attname = "
                    "'fullName' AND NOT attisdropped"),
              "0");
    EXPECT_EQ(value("SELECT count(*) FROM \"User\" WHERE name = 'n' || substr(email, 2)"),
              value("SELECT count(*) FROM \"User\""));
    EXPECT_EQ(
        value("SELECT count(*) FROM _prisma_migrations WHERE finished_at IS NULL AND rolled_back_at IS NULL"),
        "0");
  }
}

TEST_F(UndoSurvival, ResolveKilledAtRandomMomentsRecordsAllOrNothing) {
  std::uniform_real_distribution<double> moment(0.02, 0.25);
  repository_.migration("20240102000000_broken", "CREATE TABLE broken (id int);\nSELECT 1/0;\n");
  constexpr const char* kLive =
      "SELECT string_agg((finished_at IS NOT NULL)::text || (rolled_back_at IS NOT NULL)::text, ' ' ORDER BY "
      "started_at) FROM _prisma_migrations WHERE migration_name LIKE '%broken'";
  for (int round = 0; round < 6; ++round) {
    const bool applied = round % 2 == 1;
    db().exec(
        "DROP TABLE IF EXISTS broken; DROP TABLE IF EXISTS \"User\"; DROP TABLE IF EXISTS "
        "_prisma_migrations");
    EXPECT_EQ(planner({"deploy"}).exit_code, 1);
    ASSERT_EQ(value(kLive), "falsefalse");
    if (applied) db().exec("CREATE TABLE broken (id int)");
    const std::vector<std::string> resolve{"resolve", "20240102000000_broken",
                                           applied ? "--applied" : "--rolled-back"};
    const std::string resolved = applied ? "falsetrue truefalse" : "falsetrue";
    for (int i = 0; i < 5; ++i) {
      const double seconds = moment(random_);
      SCOPED_TRACE("killed after " + std::to_string(seconds) + " s");
      (void)killed_after(seconds, resolve);
      const std::string live = value(kLive);
      EXPECT_THAT(live, AnyOf("falsefalse", resolved));
      const Ran status = planner({"status"});
      EXPECT_EQ(status.exit_code, live == "falsefalse" || !applied ? 1 : 0) << status.out;
    }
    const Ran ran = planner(resolve);
    if (ran.exit_code != 0) {
      EXPECT_THAT(ran.err, AnyOf(HasSubstr("P3008"), HasSubstr("P3012")));
    }
    EXPECT_EQ(value(kLive), resolved);
  }
}

/// What a role may have set for the requests of an application, against phases that take longer.
TEST_F(UndoSurvival, ARolesTimeoutsEndNoPhaseOfAPlan) {
  repository_.migration("20240102000000_index_and_rename",
                        "ALTER TABLE \"User\" RENAME COLUMN \"name\" TO \"fullName\";\n"
                        "CREATE INDEX \"User_fullName_idx\" ON \"User\"(\"fullName\");\n");
  const Ran split = planner({"split", "index_and_rename", "--release"});
  ASSERT_EQ(split.exit_code, 0) << split.out << split.err;
  ASSERT_EQ(planner({"deploy", "--until", "init"}).exit_code, 0);
  db().exec("INSERT INTO \"User\" (email, name) SELECT g, g FROM generate_series(1, 20000) g");
  // 3 ms is less than an index build, a validation and a batch take.
  db().exec(
      "DO $$ DECLARE setting text; BEGIN FOREACH setting IN ARRAY ARRAY['statement_timeout = ''3ms''', "
      "'lock_timeout = ''1ms''', 'idle_in_transaction_session_timeout = ''1ms''', 'idle_session_timeout = "
      "''1500ms'''] LOOP EXECUTE format('ALTER DATABASE %I SET ', current_database()) || setting; END LOOP; "
      "END $$");
  deploy();
  for (int phase = 0; phase < 8; ++phase) {
    const Ran next = planner({"next", "index_and_rename", "--deployed", "v2"});
    ASSERT_EQ(next.exit_code, 0) << next.out << next.err;
    if (next.out.find("the plan is done") != std::string::npos) break;
    if (next.out.find("_backfill") != std::string::npos) {
      const Ran filled = planner({"backfill", "run", "index_and_rename", "--pause-ms", "200"});
      EXPECT_EQ(filled.exit_code, 0) << filled.out << filled.err;
    }
    deploy();
  }
  EXPECT_EQ(value("SELECT count(*) FROM \"User\" WHERE \"fullName\" = email"), "20000");
  EXPECT_EQ(value("SELECT count(*) FROM pg_index WHERE NOT indisvalid"), "0");
}

}  // namespace
}  // namespace planner::test
