#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <thread>

#include "tests/cli/seat.h"
#include "tests/support/paths.h"

/// What happens to the server and on the way to it while a plan is deployed, again and again at random
/// moments; and names that try to be more than names.
namespace planner::test {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kPlan = "rename_email";

/// A rename with everything in it: a unique index that is built concurrently, checks, a copy in batches.
class ServerSurvival : public Seat {
 protected:
  void split_and_fill() {
    repository_.migration("20240102000000_rename_email",
                          "ALTER TABLE \"User\" RENAME COLUMN email TO mail;\n");
    const Ran split = planner({"split", kPlan, "--release"});
    ASSERT_EQ(split.exit_code, 0) << split.out << split.err;
  }
  static constexpr const char* kRows =
      "INSERT INTO \"User\" (email, name) SELECT 'e' || g, 'n' || g FROM generate_series(1, 20000) g";

  /// Walks the plan to its end; `disturb` comes in the middle of every deploy, twice in each phase.
  void walk(const std::string& database, const std::function<void()>& disturb) {
    RunOptions options;
    options.folder = repository_.path();
    options.environment["DATABASE_URL"] = database;
    const auto run = [&](std::vector<std::string> arguments) {
      return run_planner(std::move(arguments), options);
    };
    ASSERT_EQ(run({"deploy", "--until", "init"}).exit_code, 0);
    Connection(database).exec(kRows);
    std::mt19937 random{std::random_device{}()};
    std::uniform_int_distribution<int> moment(10, 500);
    bool done = false;
    for (int phase = 0; phase < 12 && !done; ++phase) {
      for (int i = 0; i < 2; ++i) {
        const int wait = moment(random);
        SCOPED_TRACE("after " + std::to_string(wait) + " ms of a deploy in phase " + std::to_string(phase));
        Ran disturbed;
        std::thread deploying([&] { disturbed = run({"deploy"}); });
        std::this_thread::sleep_for(std::chrono::milliseconds(wait));
        disturb();
        deploying.join();
        const Ran status = run({"status"});
        EXPECT_NE(status.exit_code, 2) << status.out << status.err;
        // It tells the truth: nothing to be done only when nothing is.
        if (status.exit_code == 0) {
          const Ran nothing = run({"deploy"});
          EXPECT_THAT(nothing.out, HasSubstr("No pending migrations")) << status.out;
        }
      }
      const Ran deploy = run({"deploy"});
      ASSERT_EQ(deploy.exit_code, 0) << deploy.out << deploy.err << run({"status"}).out;
      const Ran next = run({"next", kPlan, "--deployed", "v2"});
      ASSERT_EQ(next.exit_code, 0) << next.out << next.err;
      done = next.out.find("the plan is done") != std::string::npos;
    }
    EXPECT_TRUE(done);
    Connection session(database);
    EXPECT_EQ(session.exec("SELECT count(*) FROM \"User\" WHERE mail = 'e' || substr(name, 2)").text(),
              "20000");
    EXPECT_EQ(session.exec("SELECT count(*) FROM pg_index WHERE NOT indisvalid").text(), "0");
    EXPECT_EQ(session
                  .exec("SELECT count(*) FROM pg_class WHERE relname LIKE 'planner%' AND relnamespace = "
                        "'public'::regnamespace")
                  .text(),
              "0");
    EXPECT_EQ(session.exec("SELECT count(*) FROM _prisma_migrations WHERE finished_at IS NULL").text(), "0");
    EXPECT_EQ(session
                  .exec("SELECT count(*) FROM (SELECT FROM _prisma_migrations WHERE rolled_back_at IS NULL "
                        "GROUP BY migration_name HAVING count(*) > 1) twice")
                  .text(),
              "0");
    const Ran status = run({"status"});
    EXPECT_EQ(status.exit_code, 0) << status.out;
  }
};

TEST_F(ServerSurvival, KilledAndStartedAgainAtRandomMomentsOfAWholePlan) {
  ScratchServer server(scratch_options());
  split_and_fill();
  walk(server.create_database("app"), [&] {
    server.kill();
    server.start();
  });
}

TEST_F(ServerSurvival, ConnectionsThatBreakAtRandomMomentsOfAWholePlan) {
  split_and_fill();
  Connection other = connect();
  walk(url(), [&] {
    other.exec(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid "
        "<> "
        "pg_backend_pid()");
  });
}

TEST_F(ServerSurvival, NamesOf63BytesGoThroughAWholePlan) {
  // 31 characters of two bytes and one of one: cut anywhere else it would be no text.
  std::string letters;
  for (int i = 0; i < 31; ++i) letters += "\xC3\xBC";
  const std::string table = letters + "t", from = letters + "a", to = letters + "b";
  repository_.migration("20240101000001_long", "CREATE TABLE \"" + table + "\" (id int PRIMARY KEY, \"" +
                                                   from + "\" text NOT NULL UNIQUE);\n");
  repository_.migration("20240102000000_rename_long",
                        "ALTER TABLE \"" + table + "\" RENAME COLUMN \"" + from + "\" TO \"" + to + "\";\n");
  const Ran split = planner({"split", "rename_long", "--release"});
  ASSERT_EQ(split.exit_code, 0) << split.out << split.err;
  ASSERT_EQ(planner({"deploy", "--until", "long"}).exit_code, 0);
  db().exec("INSERT INTO \"" + table + "\" SELECT g, g FROM generate_series(1, 100) g");
  bool done = false;
  for (int phase = 0; phase < 12 && !done; ++phase) {
    const Ran ran = planner({"deploy"});
    ASSERT_EQ(ran.exit_code, 0) << ran.out << ran.err;
    const Ran next = planner({"next", "rename_long", "--deployed", "v1"});
    ASSERT_EQ(next.exit_code, 0) << next.out << next.err;
    done = next.out.find("the plan is done") != std::string::npos;
  }
  EXPECT_TRUE(done);
  EXPECT_EQ(value("SELECT count(*) FROM \"" + table + "\" WHERE \"" + to + "\" = id::text"), "100");
  EXPECT_EQ(planner({"status"}).exit_code, 0);
}

/// What only writes rows leaves nothing in the catalogue: the row of the history says that its work and its
/// record are one transaction.
TEST_F(ServerSurvival, APhaseThatOnlyWritesRowsIsAppliedOnceWhateverHappens) {
  repository_.migration("20240101000001_log", "CREATE TABLE log (t text);\n");
  repository_.migration("20240102000000_fix",
                        "INSERT INTO log VALUES ('once');\nALTER TABLE \"User\" ADD COLUMN "
                        "kind text;\nALTER TABLE \"User\" ALTER COLUMN kind SET NOT NULL;\n");
  ASSERT_EQ(planner({"deploy", "--until", "log"}).exit_code, 0);
  const Ran split = planner({"split", "fix", "--fill", "User.kind='x'", "--release"});
  ASSERT_EQ(split.exit_code, 0) << split.out << split.err;
  Connection holder = connect();
  bool done = false;
  for (int phase = 0; phase < 12 && !done; ++phase) {
    holder.exec("BEGIN; LOCK TABLE log IN ACCESS EXCLUSIVE MODE");
    Ran broken;
    std::thread deploying([&] { broken = planner({"deploy"}); });
    bool waits = false;
    for (int i = 0; i < 60 && !waits; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      waits =
          value(
              "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%INSERT "
              "INTO log%' AND datname = current_database()") != "0";
    }
    if (waits) {
      // Its row says what is true of it, and to Prisma's users too.
      EXPECT_THAT(planner({"status"}).out, HasSubstr("running"));
      db().exec(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query "
          "LIKE '%INSERT INTO log%' AND datname = current_database()");
    }
    deploying.join();
    holder.exec("ROLLBACK");
    if (waits) {
      EXPECT_EQ(broken.exit_code, 2) << broken.out << broken.err;
      EXPECT_THAT(value("SELECT logs FROM _prisma_migrations WHERE finished_at IS NULL"),
                  HasSubstr("nothing of it is there"));
      const Ran looked =
          planner({"resolve", value("SELECT migration_name FROM _prisma_migrations WHERE finished_at "
                                    "IS NULL")});
      EXPECT_THAT(looked.out, HasSubstr("next: planner deploy")) << looked.err;
    }
    const Ran deploy = planner({"deploy"});
    ASSERT_EQ(deploy.exit_code, 0) << deploy.out << deploy.err;
    const Ran next = planner({"next", "fix", "--deployed", "v2"});
    ASSERT_EQ(next.exit_code, 0) << next.out << next.err;
    done = next.out.find("the plan is done") != std::string::npos;
  }
  EXPECT_TRUE(done);
  EXPECT_EQ(value("SELECT count(*) FROM log"), "1");
  EXPECT_EQ(value("SELECT count(*) FROM _prisma_migrations WHERE logs IS NOT NULL OR finished_at IS NULL"),
            "0");
}

/// Each of these would drop the table if it were ever read as SQL.
class Injection : public Seat {
 protected:
  void expect_bait_is_there() { EXPECT_EQ(value("SELECT count(*) FROM bait"), "1"); }
  void with_bait() { db().exec("CREATE TABLE bait AS SELECT 1 AS here"); }
};

TEST_F(Injection, ThroughNamesDefaultsAndComments) {
  const std::string evil = "x'; DROP TABLE bait; --$planner$ */ \"";
  const std::string quoted = "\"x'; DROP TABLE bait; --$planner$ */ \"\"\"";
  repository_.migration("20240101000001_evil",
                        "CREATE TABLE " + quoted + " (id int PRIMARY KEY, " + quoted +
                            " text NOT NULL DEFAULT $d$'; DROP TABLE bait; --$d$);\nCOMMENT ON TABLE " +
                            quoted + " IS '*/ $planner$; DROP TABLE bait; --';\n");
  repository_.migration("20240102000000_rename_evil",
                        "/* $planner$; DROP TABLE bait; -- */\nALTER TABLE " + quoted + " RENAME COLUMN " +
                            quoted +
                            " TO \"y\"\"; DROP TABLE bait; --\"; -- END $planner$; DROP TABLE bait;\n");
  const Ran split = planner({"split", "rename_evil", "--release"});
  ASSERT_EQ(split.exit_code, 0) << split.out << split.err;
  ASSERT_EQ(planner({"deploy", "--until", "evil"}).exit_code, 0);
  with_bait();
  db().exec("INSERT INTO " + quoted + " (id) SELECT generate_series(1, 50)");
  bool done = false;
  for (int phase = 0; phase < 12 && !done; ++phase) {
    const Ran deploy = planner({"deploy"});
    ASSERT_EQ(deploy.exit_code, 0) << deploy.out << deploy.err;
    (void)planner({"backfill", "status", "rename_evil"});
    (void)planner({"status"});
    const Ran next = planner({"next", "rename_evil", "--deployed", "'; DROP TABLE bait; --"});
    ASSERT_EQ(next.exit_code, 0) << next.out << next.err;
    done = next.out.find("the plan is done") != std::string::npos;
    expect_bait_is_there();
  }
  EXPECT_TRUE(done);
  EXPECT_EQ(value("SELECT count(*) FROM " + quoted), "50");
}

TEST_F(Injection, ThroughPlannerToml) {
  with_bait();
  const std::string evil = "'; DROP TABLE bait; --";
  repository_.write("planner.toml", "[[service]]\nname = \"" + evil +
                                        "\"\nmigrations = \"prisma/migrations\"\ntables = [\"" + evil +
                                        "\"]\n[application]\nold = \"" + evil + "\"\n");
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"status"}, {"deploy"}, {"history"}, {"drift"}})
    (void)planner(words);
  expect_bait_is_there();
}

TEST_F(Injection, ThroughPlanToml) {
  split_rename();
  ASSERT_EQ(planner({"deploy", "--until", "init"}).exit_code, 0);
  with_bait();
  const std::string file = "prisma/plans/rename_name_to_fullname/plan.toml";
  const std::string text = repository_.read(file);
  // Whatever text of it comes to stand in a query: the plan's name, a phase's folder, the table of the
  // backfill.
  for (const std::string& word :
       {std::string("rename_name_to_fullname"), std::string("2_backfill"), std::string("User")}) {
    std::string changed = text;
    for (std::size_t at = changed.find("\"" + word + "\""); at != std::string::npos;
         at = changed.find("\"" + word + "\"", at + 1))
      changed.replace(at, word.size() + 2, "\"" + word + "'; DROP TABLE bait; --\"");
    repository_.write(file, changed);
    for (const std::vector<std::string>& words :
         std::vector<std::vector<std::string>>{{"status"},
                                               {"deploy"},
                                               {"gate", "rename_name_to_fullname", "2_backfill"},
                                               {"next", "rename_name_to_fullname"},
                                               {"backfill", "run", "rename_name_to_fullname"},
                                               {"rollback", "rename_name_to_fullname", "--now"}}) {
      const Ran ran = planner(words);
      if (words.front() != "status" && words.front() != "deploy") {
        EXPECT_NE(ran.exit_code, 0) << word << " " << words.front() << ran.out;
      }
      expect_bait_is_there();
    }
  }
}

}  // namespace
}  // namespace planner::test
