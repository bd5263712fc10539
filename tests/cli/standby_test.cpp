#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "src/database/url.h"
#include "tests/cli/seat.h"
#include "tests/support/paths.h"

/// A real standby: made by pg_basebackup, fed by streaming replication over private sockets.
namespace planner::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kPlan = "rename_name_to_fullname";

class Standby : public Seat {
 protected:
  Standby()
      : primary_(with_replication()),
        url_(primary_.create_database("app")),
        standby_(with_replication()),
        session_(url_) {
    feed_from_primary();
    standby_url_ = standby_.url("app");
    split_rename();
    to(url_, {"deploy", "--until", "init"});
    session_.exec(
        "INSERT INTO \"User\" (id, email, name) SELECT g, 'e' || g, repeat('n', 100) || g FROM "
        "generate_series(1, 4000) g");
    to(url_, {"deploy"});
    EXPECT_TRUE(caught_up());
  }

  static ScratchServer::Options with_replication() {
    ScratchServer::Options options = scratch_options();
    options.settings = {{"wal_level", "replica"}, {"hot_standby", "on"}, {"wal_keep_size", "256MB"}};
    return options;
  }

  /// The second server's folder becomes a copy of the first one's that follows it.
  void feed_from_primary() {
    const std::string folder = standby_.folder().string(), data = folder + "/data";
    standby_.kill();
    std::filesystem::remove_all(data);
    std::string owner = run_program({"stat", "-c", "%U", folder}).out;
    owner.erase(owner.find('\n'));
    std::vector<std::string> words{(standby_.programs() / "pg_basebackup").string(),
                                   "--pgdata=" + data,
                                   "--host=" + primary_.folder().string(),
                                   "--username=postgres",
                                   "--write-recovery-conf",
                                   "--checkpoint=fast",
                                   "--no-sync"};
    if (run_program({"id", "-u"}).out == "0\n") words.insert(words.begin(), {"runuser", "-u", owner, "--"});
    const Ran copied = run_program(words);
    ASSERT_EQ(copied.exit_code, 0) << copied.err;
    const Ran named = run_program({"bash", "-c",
                                   "printf '%s\\n' \"unix_socket_directories = '$1'\" \"cluster_name = "
                                   "'reporting'\" >> \"$2\"",
                                   "bash", folder, data + "/postgresql.conf"});
    ASSERT_EQ(named.exit_code, 0) << named.err;
    standby_.start();
  }

  bool until(const std::string& question) {
    for (int i = 0; i < 200; ++i) {
      if (session_.exec(question).truth()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return false;
  }
  bool caught_up() {
    return until(
        "SELECT count(*) = 1 AND bool_and(replay_lsn >= pg_current_wal_lsn()) FROM pg_stat_replication");
  }

  Ran run(const std::string& database, const std::vector<std::string>& arguments) const {
    return planner(arguments, {{"DATABASE_URL", database}});
  }
  void to(const std::string& database, const std::vector<std::string>& arguments) const {
    const Ran ran = run(database, arguments);
    ASSERT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  }

  ScratchServer primary_;
  std::string url_;
  ScratchServer standby_;
  Connection session_;
  std::string standby_url_;
};

TEST_F(Standby, NothingIsDoneToItAndEveryCommandSaysWhy) {
  const std::vector<std::string> files = files_below(repository_.path());
  const std::vector<std::vector<std::string>> commands{{"deploy"},
                                                       {"next", kPlan},
                                                       {"gate", kPlan, "2_backfill"},
                                                       {"backfill", "run", kPlan},
                                                       {"backfill", "pause", kPlan},
                                                       {"backfill", "status", kPlan},
                                                       {"rollback", kPlan},
                                                       {"abandon", kPlan, "--now"},
                                                       {"resolve", "rename_name_to_fullname_1_add"},
                                                       {"reset", "--yes"}};
  for (const std::vector<std::string>& command : commands) {
    const Ran ran = run(standby_url_, command);
    EXPECT_EQ(ran.exit_code, 2) << command.front() << ran.out << ran.err;
    EXPECT_THAT(ran.err, HasSubstr("is a read-only standby")) << command.front();
    EXPECT_THAT(ran.err, HasSubstr("give the primary's URL")) << command.front();
  }
  EXPECT_EQ(files_below(repository_.path()), files);
  // A look is allowed, and says what it looks at.
  const Ran status = run(standby_url_, {"status"});
  EXPECT_THAT(status.out, HasSubstr("a read-only standby"));
  EXPECT_THAT(status.out, HasSubstr("2 applied, 0 pending"));
  EXPECT_EQ(run(standby_url_, {"history"}).exit_code, 0);
}

TEST_F(Standby, TheGateWaitsForWhatThePrimaryHasWritten) {
  const Ran holds = run(url_, {"gate", kPlan, "2_backfill"});
  EXPECT_EQ(holds.exit_code, 0) << holds.out << holds.err;
  EXPECT_THAT(holds.out, HasSubstr("\"reporting\" (local) has replayed"));
  Connection there(standby_url_);
  there.exec("SELECT pg_wal_replay_pause()");
  session_.exec("CREATE TABLE written_meanwhile AS SELECT generate_series(1, 1000) n");
  const Ran next = run(url_, {"next", kPlan});
  EXPECT_EQ(next.exit_code, 1) << next.out << next.err;
  EXPECT_THAT(next.out, HasSubstr("did not reach it within 3 s"));
  EXPECT_THAT(next.out, HasSubstr("2_backfill is not released"));
  there.exec("SELECT pg_wal_replay_resume()");
  const Ran again = run(url_, {"next", kPlan});
  EXPECT_EQ(again.exit_code, 0) << again.out << again.err;
}

TEST_F(Standby, AReplicaThatIsAwayIsNotForgotten) {
  session_.exec("SELECT pg_create_physical_replication_slot('of_reporting', true)");
  const Ran ran = run(url_, {"gate", kPlan, "2_backfill"});
  EXPECT_EQ(ran.exit_code, 1) << ran.out;
  EXPECT_THAT(ran.out, HasSubstr("the replica of slot \"of_reporting\""));
  session_.exec("SELECT pg_drop_replication_slot('of_reporting')");
  EXPECT_EQ(run(url_, {"gate", kPlan, "2_backfill"}).exit_code, 0);
}

TEST_F(Standby, TheBackfillWaitsForAReplicaThatLags) {
  Connection there(standby_url_);
  there.exec("SELECT pg_wal_replay_pause()");
  session_.exec("CREATE TABLE filler AS SELECT repeat('x', 1000) FROM generate_series(1, 3000)");
  Ran ran;
  std::thread running([&] {
    ran = run(url_, {"backfill", "run", kPlan, "--replica-lag-mb", "1", "--batch-rows", "100"});
  });
  EXPECT_TRUE(until("SELECT to_regclass('planner.backfill') IS NOT NULL"));
  EXPECT_TRUE(
      until("SELECT EXISTS (SELECT 1 FROM planner.backfill WHERE state = 'throttled' AND reason LIKE "
            "'a replica is % MB behind')"));
  const Ran status = run(url_, {"status"});
  EXPECT_THAT(status.out, HasSubstr("a replica is"));
  there.exec("SELECT pg_wal_replay_resume()");
  running.join();
  EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("a replica is"));
  EXPECT_TRUE(caught_up());
  EXPECT_EQ(there.exec("SELECT count(*) FROM \"User\" WHERE \"fullName\" IS DISTINCT FROM name").text(), "0");
}

}  // namespace
}  // namespace planner::test
