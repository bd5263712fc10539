#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "src/database/connection.h"
#include "src/database/scratch_server.h"

namespace planner::test {

/// The server that this test program's tests share: started when the first of them asks, or the one that
/// `with_scratch_server` started for a whole test run. Tests that restart, crash or configure a server make a
/// ScratchServer of their own.
class SharedServer {
 public:
  std::string url(const std::string& database = "postgres") const;
  /// A new database with a name nobody else has. Returns its URL.
  std::string create_database();
  /// A new database that is a copy of the one the URL leads to; nobody may be connected to that one.
  std::string copy_database(const std::string& url);
  void drop_database(const std::string& url);

 private:
  friend SharedServer& scratch();
  SharedServer();

  std::unique_ptr<ScratchServer> own_;
  std::string postgres_url_;
};

SharedServer& scratch();

/// A ScratchServer's options as tests want them: initialised data folders are kept between runs, in the build
/// folder.
ScratchServer::Options scratch_options();

/// A test with a database of its own.
class PostgresTest : public testing::Test {
 protected:
  PostgresTest();
  ~PostgresTest() override;

  const std::string& url() const { return url_; }
  /// The test's main session; made when first asked for.
  Connection& db();
  /// One more session.
  Connection connect() const { return Connection(url_); }
  /// One more database, dropped with the test.
  std::string another_database();

 private:
  std::string url_;
  std::vector<std::string> more_;
  std::unique_ptr<Connection> db_;
};

/// Waits until another session waits for a lock (or says that it does not, after the limit).
testing::AssertionResult waits_for_lock(Connection& observer, int backend_pid,
                                        std::chrono::milliseconds limit = std::chrono::seconds(10));

}  // namespace planner::test
