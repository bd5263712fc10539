#include "src/database/scratch_server.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "planner/error.h"
#include "src/database/connection.h"
#include "tests/support/files.h"
#include "tests/support/postgres.h"

namespace planner {
namespace {

namespace fs = std::filesystem;

/// One line, `pid (name) state parent ...`; empty when there is no such process.
std::string status_line(int process) {
  std::ifstream in(fmt::format("/proc/{}/stat", process));
  std::string line;
  std::getline(in, line);
  return line;
}

/// A process that has ended and that nobody has waited for yet is not alive.
bool alive(int process) {
  const std::string line = status_line(process);
  return !line.empty() && line.find(") Z ") == std::string::npos;
}

template <typename Condition>
bool becomes(const Condition& condition) {
  for (int i = 0; i < 1500; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

/// Processes whose command line names the folder: the server, its workers are called otherwise but end with
/// it.
std::vector<int> processes_naming(const fs::path& folder) {
  std::vector<int> out;
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc")) {
    std::ifstream in(entry.path() / "cmdline", std::ios::binary);
    const std::string line{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    if (line.find(folder.string()) != std::string::npos)
      out.push_back(std::atoi(entry.path().filename().c_str()));
  }
  return out;
}

/// Starts a server in another process, which then does what the test wants; returns the server's folder and
/// process.
struct Orphan {
  pid_t parent = 0;
  int server = 0;
  fs::path folder;
};

template <typename AfterStart>
Orphan start_elsewhere(const AfterStart& after_start) {
  std::array<int, 2> ends{};
  EXPECT_EQ(pipe(ends.data()), 0);
  Orphan out;
  out.parent = fork();
  if (out.parent == 0) {
    close(ends[0]);
    setpgid(0, 0);
    {
      ScratchServer server(test::scratch_options());
      const std::string line = fmt::format("{} {}\n", server.process_id(), server.folder().string());
      if (write(ends[1], line.data(), line.size()) < 0) _exit(1);
      after_start();
    }
    _exit(0);
  }
  close(ends[1]);
  std::string line;
  for (char c = 0; read(ends[0], &c, 1) == 1 && c != '\n';) line += c;
  close(ends[0]);
  out.server = std::atoi(line.c_str());
  const std::size_t space = line.find(' ');
  if (space != std::string::npos) out.folder = line.substr(space + 1);
  return out;
}

void expect_gone(const Orphan& orphan) {
  EXPECT_TRUE(becomes([&] { return !fs::exists(orphan.folder); })) << orphan.folder << " is left";
  EXPECT_TRUE(becomes([&] { return !alive(orphan.server); })) << "the server still runs";
  EXPECT_TRUE(becomes([&] { return processes_naming(orphan.folder).empty(); }));
}

TEST(ScratchServer, runs_and_leaves_nothing) {
  fs::path folder;
  int process = 0;
  {
    ScratchServer server(test::scratch_options());
    folder = server.folder();
    process = server.process_id();
    EXPECT_EQ(Connection(server.url()).exec("SELECT current_user").text(), "postgres");
    struct stat socket {};
    ASSERT_EQ(stat((folder / "data").c_str(), &socket), 0);
    EXPECT_NE(socket.st_uid, 0U) << "PostgreSQL must not run as root";
    EXPECT_EQ(Connection(server.url()).exec("SHOW listen_addresses").text(), "");
  }
  EXPECT_FALSE(fs::exists(folder));
  EXPECT_FALSE(alive(process));
}

TEST(ScratchServer, ends_when_its_owner_is_killed) {
  const Orphan orphan = start_elsewhere([] { pause(); });
  ASSERT_TRUE(alive(orphan.server));
  ASSERT_TRUE(fs::exists(orphan.folder));
  ::kill(orphan.parent, SIGKILL);
  waitpid(orphan.parent, nullptr, 0);
  expect_gone(orphan);
}

TEST(ScratchServer, ends_when_the_owners_process_group_is_killed) {
  const Orphan orphan = start_elsewhere([] { pause(); });
  ::kill(-orphan.parent, SIGKILL);
  waitpid(orphan.parent, nullptr, 0);
  expect_gone(orphan);
}

TEST(ScratchServer, ends_when_its_owner_exits_without_cleaning_up) {
  const Orphan orphan = start_elsewhere([] { _exit(3); });
  waitpid(orphan.parent, nullptr, 0);
  expect_gone(orphan);
}

TEST(ScratchServer, ends_when_its_owner_dies_under_load) {
  const Orphan orphan = start_elsewhere([] { pause(); });
  Connection busy(fmt::format("postgresql://postgres@localhost/postgres?host={}", orphan.folder.string()));
  busy.send("SELECT sum(i) FROM generate_series(1, 1000000000) i");
  ::kill(orphan.parent, SIGKILL);
  waitpid(orphan.parent, nullptr, 0);
  expect_gone(orphan);
  EXPECT_THROW(busy.finish(), DatabaseError);
}

TEST(ScratchServer, ends_when_its_supervisor_is_killed) {
  ScratchServer server(test::scratch_options());
  const int process = server.process_id();
  const std::string line = status_line(process);
  // The state behind the name may be any letter: a server that starts is running, not sleeping.
  const int supervisor = std::atoi(line.c_str() + line.rfind(") ") + 4);
  ASSERT_NE(status_line(supervisor).find("(planner-scratch)"), std::string::npos) << status_line(supervisor);
  ::kill(supervisor, SIGKILL);
  EXPECT_TRUE(becomes([&] { return !alive(process); })) << status_line(process);
}

TEST(ScratchServer, keeps_committed_rows_when_it_is_killed) {
  ScratchServer server(test::scratch_options());
  Connection before(server.url());
  before.exec("CREATE TABLE a AS SELECT generate_series(1, 1000) AS i");
  before.exec("BEGIN; INSERT INTO a VALUES (0)");
  server.kill();
  EXPECT_THROW(before.exec("COMMIT"), DatabaseError);
  EXPECT_EQ(server.process_id(), 0);
  server.start();
  EXPECT_EQ(Connection(server.url()).exec("SELECT count(*) FROM a").number(), 1000);
}

TEST(ScratchServer, takes_settings_at_first_and_when_it_restarts) {
  auto options = test::scratch_options();
  options.settings = {{"wal_level", "logical"}, {"work_mem", "5MB"}, {"cluster_name", "it's"}};
  ScratchServer server(options);
  EXPECT_EQ(Connection(server.url()).exec("SHOW wal_level").text(), "logical");
  EXPECT_EQ(Connection(server.url()).exec("SHOW cluster_name").text(), "it's");
  server.restart({{"work_mem", "7MB"}});
  EXPECT_EQ(Connection(server.url()).exec("SHOW work_mem").text(), "7MB");
}

TEST(ScratchServer, tells_why_it_does_not_start) {
  auto options = test::scratch_options();
  options.settings = {{"no_such_setting", "1"}};
  try {
    const ScratchServer server(options);
    FAIL() << "it started";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("no_such_setting"), std::string::npos) << error.what();
  }
}

TEST(ScratchServer, makes_and_drops_databases) {
  ScratchServer server(test::scratch_options());
  Connection first(server.create_database("one \"more\""));
  first.exec("CREATE TABLE a ()");
  server.drop_database("one \"more\"");
  EXPECT_THROW(first.exec("SELECT 1"), DatabaseError);
  server.drop_database("never there");
}

TEST(ScratchServer, two_at_once_do_not_meet) {
  ScratchServer one(test::scratch_options());
  auto two = std::make_unique<ScratchServer>(test::scratch_options());
  const fs::path folder = two->folder();
  EXPECT_NE(one.folder(), folder);
  two.reset();
  EXPECT_FALSE(fs::exists(folder));
  EXPECT_EQ(Connection(one.url()).exec("SELECT 1").number(), 1);
}

TEST(ScratchServer, works_without_a_cache_and_fills_an_empty_one) {
  const test::TemporaryFolder cache;
  ScratchServer::Options options;
  options.cache = cache / "below";
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(Connection(ScratchServer(options).url()).exec("SELECT 1").number(), 1);
  EXPECT_EQ(std::distance(fs::directory_iterator(cache / "below"), fs::directory_iterator()), 1);
}

TEST(ScratchServer, needs_programs) {
  EXPECT_THROW(find_postgres("/nowhere"), Error);
  EXPECT_THROW(find_postgres("7"), Error);
  EXPECT_TRUE(fs::exists(find_postgres() / "initdb"));
}

}  // namespace
}  // namespace planner
