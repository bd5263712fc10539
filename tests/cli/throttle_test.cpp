#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/cli/seat.h"

/// What makes a backfill wait: each reason is made true on a server, seen in `status`, and taken away again.
namespace planner::test {
namespace {

using testing::HasSubstr;

constexpr const char* kPlan = "rename_name_to_fullname";

class Throttle : public Seat {
 protected:
  /// A server of its own: these causes would hold up everybody else's.
  Throttle() : server_(with_archive()), database_(server_.create_database("app")), session_(database_) {
    environment_["DATABASE_URL"] = database_;
    repository_.migration("20240102000000_rename_name_to_fullname", kPrismaRename);
    run({"split", kPlan, "--rename", "User.name=fullName", "--release"});
    run({"deploy", "--until", "init"});
    session_.exec(
        "INSERT INTO \"User\" (id, email, name) SELECT g, 'e' || g, repeat('n', 200) || g FROM "
        "generate_series(1, 4000) g");
    run({"deploy"});
  }

  static ScratchServer::Options with_archive() {
    ScratchServer::Options options = scratch_options();
    options.settings = {{"archive_mode", "on"}, {"archive_command", "true"}, {"wal_level", "replica"}};
    return options;
  }

  Ran run(const std::vector<std::string>& arguments) {
    Ran ran = planner(arguments, environment_);
    EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
    return ran;
  }

  /// Runs with the option, waits for the reason, takes the cause away and expects the end.
  void holds(const std::vector<std::string>& option, const std::string& reason,
             const std::function<void()>& cure) {
    std::vector<std::string> arguments{"backfill", "run",         kPlan, "--way",      "keys", "--batch-rows",
                                       "100",      "--target-ms", "1",   "--pause-ms", "30"};
    arguments.insert(arguments.end(), option.begin(), option.end());
    Ran ran;
    std::thread running([&] { ran = planner(arguments, environment_); });
    std::string seen;
    for (int i = 0; i < 300 && seen.find(reason) == std::string::npos; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      if (session_.exec("SELECT to_regclass('planner.backfill') IS NULL").truth()) continue;
      const Result rows = session_.exec("SELECT state || ': ' || reason FROM planner.backfill");
      if (!rows.empty()) seen = rows.text();
    }
    const Ran status = planner({"status"}, environment_);
    cure();
    running.join();
    EXPECT_THAT(seen, HasSubstr("throttled: "));
    EXPECT_THAT(seen, HasSubstr(reason));
    EXPECT_THAT(ran.err, HasSubstr(reason));
    EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
    EXPECT_EQ(session_.exec("SELECT count(*) FROM \"User\" WHERE \"fullName\" IS DISTINCT FROM name").text(),
              "0");
  }

  ScratchServer server_;
  std::string database_;
  Connection session_;
  std::map<std::string, std::optional<std::string>> environment_;
};

TEST_F(Throttle, ActiveSessions) {
  Connection one(database_), two(database_);
  for (Connection* each : {&one, &two}) {
    each->exec("SET application_name = 'app'");
    each->send("SELECT pg_sleep(300)");
  }
  holds({"--active-sessions", "1"}, "sessions are active", [&] {
    one.canceller().cancel();
    two.canceller().cancel();
  });
}

TEST_F(Throttle, AnOldTransaction) {
  Connection reader(database_);
  reader.exec("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1");
  std::this_thread::sleep_for(std::chrono::seconds(2));
  holds({"--snapshot-seconds", "1"}, "a transaction has been open for", [&] { reader.exec("COMMIT"); });
}

TEST_F(Throttle, AReplicationSlotThatFallsBehind) {
  session_.exec("SELECT pg_create_physical_replication_slot('behind', true)");
  session_.exec("CREATE TABLE filler AS SELECT repeat('x', 1000) FROM generate_series(1, 3000)");
  holds({"--slot-lag-mb", "1"}, "a replication slot is",
        [&] { session_.exec("SELECT pg_drop_replication_slot('behind')"); });
}

TEST_F(Throttle, TheRateOfWal) {
  // Its own writing is above the limit: it goes on in slices.
  holds({"--wal-mb-per-second", "0.01"}, "WAL is written faster than allowed", [] {});
}

TEST_F(Throttle, SegmentsThatWaitToBeArchived) {
  const auto archived = [&] {
    return session_.exec("SELECT last_archived_wal IS NOT NULL FROM pg_stat_archiver").truth();
  };
  for (int i = 0; i < 200 && !archived(); ++i) {
    session_.exec("SELECT pg_switch_wal()");
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  session_.exec("ALTER SYSTEM SET archive_command = 'false'");
  session_.exec("SELECT pg_reload_conf()");
  for (int i = 0; i < 6; ++i) {
    session_.exec("SELECT txid_current()");
    session_.exec("SELECT pg_switch_wal()");
  }
  holds({"--archive-segments", "2"}, "WAL segments wait to be archived", [&] {
    session_.exec("ALTER SYSTEM SET archive_command = 'true'");
    session_.exec("SELECT pg_reload_conf()");
    session_.exec("SELECT pg_switch_wal()");
  });
}

TEST_F(Throttle, AVacuumOfTheTable) {
  Connection vacuum(database_);
  vacuum.exec("SET vacuum_cost_delay = '100ms'");
  vacuum.exec("SET vacuum_cost_limit = 1");
  vacuum.send("VACUUM \"User\"");
  holds({"--yield-to-vacuum"}, "the table is being vacuumed", [&] { vacuum.canceller().cancel(); });
}

}  // namespace
}  // namespace planner::test
