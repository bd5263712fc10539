#include "src/database/connection.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <thread>

#include "src/database/scratch_server.h"
#include "src/database/url.h"
#include "tests/support/files.h"
#include "tests/support/postgres.h"

namespace planner {
namespace {

class ConnectionTest : public test::PostgresTest {};

template <typename Action>
DatabaseError::Fields refused(const Action& action) {
  try {
    action();
  } catch (const DatabaseError& error) {
    return error.fields;
  }
  ADD_FAILURE() << "the server did not refuse";
  return {};
}

TEST_F(ConnectionTest, returns_rows_columns_and_the_tag) {
  const Result result =
      db().exec("SELECT 1 AS one, NULL AS nothing, '' AS empty UNION ALL SELECT 2, 'x', 'y' ORDER BY 1");
  EXPECT_EQ(result.columns, (std::vector<std::string>{"one", "nothing", "empty"}));
  EXPECT_EQ(result.rows, (std::vector<Row>{{"1", std::nullopt, ""}, {"2", "x", "y"}}));
  EXPECT_EQ(result.tag, "SELECT 2");
  EXPECT_EQ(result.at(1, "nothing"), "x");
  EXPECT_THROW(result.column("none"), Error);
  EXPECT_EQ(db().exec("SELECT count(*) FROM pg_class WHERE false").number(), 0);
  EXPECT_TRUE(db().exec("SELECT true").truth());
  EXPECT_EQ(db().exec("SELECT 1 WHERE false").value(), std::nullopt);
  EXPECT_EQ(db().exec("").tag, "");
}

TEST_F(ConnectionTest, passes_parameters_apart_from_the_text) {
  EXPECT_EQ(db().exec_params("SELECT $1::text || $2", {"it's ", "\"quoted\""}).text(), "it's \"quoted\"");
  EXPECT_EQ(db().exec_params("SELECT $1::text", {std::nullopt}).value(), std::nullopt);
}

TEST_F(ConnectionTest, sends_several_statements_as_one_implicit_transaction) {
  const auto fields = refused([&] { db().exec("CREATE TABLE a (); SELECT 1/0; CREATE TABLE b ()"); });
  EXPECT_EQ(fields.sqlstate, "22012");
  EXPECT_EQ(db().exec("SELECT to_regclass('a')").value(), std::nullopt);
  EXPECT_EQ(db().exec_all("SELECT 1; SELECT 2").size(), 2U);
  EXPECT_EQ(db().exec("SELECT 1; SELECT 2").number(), 2);
}

TEST_F(ConnectionTest, tells_all_that_the_server_says_about_an_error) {
  db().exec("CREATE TABLE a (id int CONSTRAINT a_positive CHECK (id > 0))");
  const auto check = refused([&] { db().exec("INSERT INTO a VALUES (-1)"); });
  EXPECT_EQ(check.sqlstate, "23514");
  EXPECT_EQ(check.constraint, "a_positive");
  EXPECT_EQ(check.table, "a");
  EXPECT_EQ(check.detail, "Failing row contains (-1).");
  const auto unknown = refused([&] { db().exec("SELECT 1;\nSELECT idd FROM a"); });
  EXPECT_EQ(unknown.position, 18U);
  EXPECT_EQ(unknown.hint, "Perhaps you meant to reference the column \"a.id\".");
  const auto raised = refused(
      [&] { db().exec("DO $$ BEGIN RAISE EXCEPTION 'no' USING HINT = 'try', ERRCODE = 'P4444'; END $$"); });
  EXPECT_EQ(raised.sqlstate, "P4444");
  EXPECT_EQ(raised.hint, "try");
  EXPECT_NE(raised.context.find("line 1 at RAISE"), std::string::npos);
}

TEST_F(ConnectionTest, stays_usable_after_an_error) {
  refused([&] { db().exec("SELEC"); });
  EXPECT_EQ(db().exec("SELECT 1").number(), 1);
  EXPECT_FALSE(db().in_transaction());
  db().exec("BEGIN");
  refused([&] { db().exec("SELEC"); });
  EXPECT_TRUE(db().in_transaction());
  db().exec("ROLLBACK");
}

TEST_F(ConnectionTest, hands_over_notices) {
  std::vector<Notice> notices;
  db().on_notice([&](const Notice& notice) { notices.push_back(notice); });
  db().exec("DO $$ BEGIN RAISE NOTICE 'row %', 1 USING DETAIL = 'd'; RAISE WARNING 'w'; END $$");
  ASSERT_EQ(notices.size(), 2U);
  EXPECT_EQ(notices[0].severity, "NOTICE");
  EXPECT_EQ(notices[0].message, "row 1");
  EXPECT_EQ(notices[0].detail, "d");
  EXPECT_EQ(notices[1].severity, "WARNING");
  EXPECT_EQ(notices[1].sqlstate, "01000");
}

TEST_F(ConnectionTest, notices_reach_a_connection_that_was_moved) {
  int count = 0;
  Connection first = connect();
  first.on_notice([&](const Notice&) { ++count; });
  Connection second = std::move(first);
  second.exec("DO $$ BEGIN RAISE NOTICE 'x'; END $$");
  EXPECT_EQ(count, 1);
}

TEST_F(ConnectionTest, runs_while_we_do_something_else) {
  db().exec("CREATE TABLE a ()");
  Connection other = connect();
  db().exec("BEGIN; LOCK a");
  other.send("LOCK TABLE a; SELECT 7");  // an implicit transaction, so LOCK is allowed
  EXPECT_TRUE(test::waits_for_lock(db(), other.backend_pid()));
  EXPECT_FALSE(other.finished());
  EXPECT_THROW(other.exec("SELECT 1"), Error) << "the first is still running";
  db().exec("COMMIT");
  EXPECT_TRUE(other.finished(std::chrono::seconds(10)));
  EXPECT_EQ(other.finish().at(1).number(), 7);
  EXPECT_EQ(other.exec("SELECT 1").number(), 1);
}

TEST_F(ConnectionTest, can_be_cancelled_from_another_thread) {
  const Canceller canceller = db().canceller();
  db().send("SELECT pg_sleep(60)");
  std::thread canceling([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    canceller.cancel();
  });
  EXPECT_EQ(refused([&] { db().finish(); }).sqlstate, "57014");
  canceling.join();
  EXPECT_EQ(db().exec("SELECT 1").number(), 1);
}

TEST_F(ConnectionTest, refuses_copy_from_a_client_that_has_nothing) {
  db().exec("CREATE TABLE a (id int)");
  EXPECT_EQ(refused([&] { db().exec("COPY a FROM STDIN"); }).sqlstate, "57014");
  EXPECT_EQ(db().exec("COPY (SELECT 1) TO STDOUT; SELECT 3").number(), 3);
}

TEST_F(ConnectionTest, says_when_the_session_was_ended) {
  Connection other = connect();
  db().exec(fmt::format("SELECT pg_terminate_backend({}, 5000)", other.backend_pid()));
  EXPECT_EQ(refused([&] { other.exec("SELECT 1"); }).sqlstate, "57P01");
  EXPECT_FALSE(other.is_open());
  EXPECT_EQ(refused([&] { other.exec("SELECT 1"); }).sqlstate, "08006");
}

TEST_F(ConnectionTest, is_called_planner_even_when_the_url_names_the_application) {
  Connection other(url() + "&application_name=shop");
  EXPECT_EQ(other.exec("SHOW application_name").text(), "planner");
}

TEST_F(ConnectionTest, looks_names_up_in_the_schema_of_the_url) {
  db().exec("CREATE SCHEMA \"My \"\"Schema\"; CREATE TABLE \"My \"\"Schema\".t AS SELECT 5 AS five");
  Connection other(url() + "&schema=My%20%22Schema");
  EXPECT_EQ(other.exec("SELECT five FROM t").number(), 5);
}

TEST_F(ConnectionTest, explains_why_it_cannot_connect) {
  const auto missing = refused([&] { Connection(with_database(url(), "no_such_database")); });
  EXPECT_EQ(missing.sqlstate, "3D000");
  EXPECT_NE(missing.message.find("database \"no_such_database\" does not exist"), std::string::npos)
      << missing.message;
  const auto nobody = refused([&] { Connection("postgresql://u:s3cret@localhost/d?host=/nowhere"); });
  EXPECT_EQ(nobody.sqlstate, "08001");
  EXPECT_EQ(nobody.message,
            "cannot connect to the database \"d\" on /nowhere as \"u\": No such file or directory");
  const auto closed = refused([&] { Connection("postgresql://u:s3cret@127.0.0.1:1/d"); });
  EXPECT_EQ(closed.message,
            "cannot connect to the database \"d\" on 127.0.0.1:1 as \"u\": Connection refused");
}

TEST(ConnectionToAServerWithPasswords, refuses_a_wrong_one_without_showing_it) {
  ScratchServer server(test::scratch_options());
  Connection(server.url())
      .exec("CREATE ROLE deploy LOGIN PASSWORD 'right'; ALTER ROLE postgres PASSWORD 'x'");
  test::write_file(server.folder() / "data/pg_hba.conf",
                   "local all deploy scram-sha-256\nlocal all all trust\n");
  Connection(server.url()).exec("SELECT pg_reload_conf()");
  const auto url = [&](const std::string& password) {
    return fmt::format("postgresql://deploy{}@localhost/postgres?host={}", password,
                       server.folder().string());
  };
  for (int i = 0; i < 100; ++i) {  // the reload reaches new sessions in a moment
    try {
      const Connection early(url(":wr0ng"));
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    } catch (const DatabaseError&) {
      break;
    }
  }
  const auto wrong = refused([&] { Connection(url(":wr0ng")); });
  EXPECT_EQ(wrong.sqlstate, "28P01");
  EXPECT_NE(wrong.message.find("password authentication failed for user \"deploy\""), std::string::npos)
      << wrong.message;
  EXPECT_EQ((wrong.message + wrong.detail + wrong.hint).find("wr0ng"), std::string::npos);
  EXPECT_EQ(refused([&] { Connection(url("")); }).sqlstate, "28P01");
  EXPECT_EQ(Connection(url(":right")).exec("SELECT current_user").text(), "deploy");
}

TEST_F(ConnectionTest, cannot_be_fooled_by_a_nul_byte) {
  EXPECT_THROW(db().exec(std::string_view("SELECT 1;\0SELECT 2", 18)), Error);
}

}  // namespace
}  // namespace planner
