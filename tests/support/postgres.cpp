#include "tests/support/postgres.h"

#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "planner/sql/names.h"
#include "src/database/url.h"

namespace planner::test {

namespace {

std::string fresh_name() {
  static std::atomic<int> count = 0;
  return fmt::format("test_{}_{}", getpid(), ++count);
}

std::string database_of(const std::string& url) { return parse_database_url(url).database; }

}  // namespace

ScratchServer::Options scratch_options() {
  ScratchServer::Options options;
  if (std::getenv("PLANNER_INITDB_CACHE") == nullptr) {
    // build/PRESET/bin/unit_tests: one cache for all presets would need a place outside; one per build folder
    // is enough.
    options.cache =
        std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path() / "initdb-cache";
  }
  // In memory everything about a server of a few tables is several times faster. Containers often have only
  // 64 MB there.
  struct statvfs memory {};
  constexpr unsigned long long kEnough = 1ULL << 30;
  if (statvfs("/dev/shm", &memory) == 0 &&
      memory.f_bavail * static_cast<unsigned long long>(memory.f_frsize) > kEnough) {
    options.folder = "/dev/shm";
  }
  return options;
}

SharedServer::SharedServer() {
  if (const char* running = std::getenv("PLANNER_TEST_SERVER")) {
    postgres_url_ = running;
  } else {
    own_ = std::make_unique<ScratchServer>(scratch_options());
    postgres_url_ = own_->url();
  }
}

SharedServer& scratch() {
  static SharedServer server;
  return server;
}

std::string SharedServer::url(const std::string& database) const {
  return with_database(postgres_url_, database);
}

std::string SharedServer::create_database() { return copy_database(url("template1")); }

std::string SharedServer::copy_database(const std::string& from) {
  const std::string name = fresh_name();
  Connection maintenance(postgres_url_);
  maintenance.exec(fmt::format("CREATE DATABASE {} TEMPLATE {}", quoted(Identifier(name)),
                               quoted(Identifier(database_of(from)))));
  return url(name);
}

void SharedServer::drop_database(const std::string& gone) {
  Connection maintenance(postgres_url_);
  const std::string force = maintenance.server_version() >= 130000 ? " WITH (FORCE)" : "";
  maintenance.exec(fmt::format("DROP DATABASE IF EXISTS {}{}", quoted(Identifier(database_of(gone))), force));
}

PostgresTest::PostgresTest() : url_(scratch().create_database()) {}

PostgresTest::~PostgresTest() {
  db_.reset();
  scratch().drop_database(url_);
  for (const std::string& other : more_) scratch().drop_database(other);
}

Connection& PostgresTest::db() {
  if (!db_) db_ = std::make_unique<Connection>(url_);
  return *db_;
}

std::string PostgresTest::another_database() {
  more_.push_back(scratch().create_database());
  return more_.back();
}

testing::AssertionResult waits_for_lock(Connection& observer, int backend_pid,
                                        std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (true) {
    const Result blockers =
        observer.exec_params("SELECT cardinality(pg_blocking_pids($1::int))", {std::to_string(backend_pid)});
    if (blockers.number() > 0) return testing::AssertionSuccess();
    if (std::chrono::steady_clock::now() > until) {
      return testing::AssertionFailure() << "backend " << backend_pid << " waits for no lock";
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

}  // namespace planner::test
