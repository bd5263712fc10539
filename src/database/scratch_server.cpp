#include "src/database/scratch_server.h"

#include <libpq-fe.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <sstream>
#include <thread>

#include <fmt/format.h>

#include "planner/error.h"
#include "planner/sql/names.h"
#include "src/database/connection.h"
#include "src/database/supervisor.h"
#include "src/database/url.h"

namespace planner {

namespace fs = std::filesystem;

namespace {

constexpr const char* kSuperuser = "postgres";
constexpr auto kStartLimit = std::chrono::seconds(60);  // recovery after a crash included
enum ProgramNumber : std::size_t { kInitdb, kServer, kCopyFromCache, kCopyToCache };

const char* environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : nullptr;
}

bool holds_server(const fs::path& folder) {
  return access((folder / "initdb").c_str(), X_OK) == 0 && access((folder / "postgres").c_str(), X_OK) == 0;
}

/// `15` or `16` out of a folder's name; 0 for anything else.
int version_in(const std::string& name) { return std::atoi(name.c_str()); }

std::optional<fs::path> installed(int version) {
  std::optional<fs::path> best;
  int best_version = 0;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator("/usr/lib/postgresql", ignored)) {
    const int found = version_in(entry.path().filename().string());
    if (found <= best_version || (version != 0 && found != version) || !holds_server(entry.path() / "bin"))
      continue;
    best = entry.path() / "bin";
    best_version = found;
  }
  if (!best && version != 0) {
    const fs::path red_hat = fmt::format("/usr/pgsql-{}/bin", version);
    if (holds_server(red_hat)) best = red_hat;
  }
  return best;
}

std::optional<fs::path> in_path() {
  const char* path = environment("PATH");
  std::istringstream folders(path != nullptr ? path : "");
  for (std::string folder; std::getline(folders, folder, ':');) {
    std::error_code ignored;
    // A link to initdb in /usr/local/bin points to the folder where everything else is too.
    const fs::path program = fs::canonical(fs::path(folder) / "initdb", ignored);
    if (!ignored && holds_server(program.parent_path())) return program.parent_path();
  }
  return std::nullopt;
}

/// PostgreSQL refuses to run as root.
std::optional<Supervisor::User> server_user() {
  if (geteuid() != 0) return std::nullopt;
  for (const char* name : {"postgres", "nobody"}) {
    if (const passwd* user = getpwnam(name)) return Supervisor::User{user->pw_uid, user->pw_gid};
  }
  throw Error("PostgreSQL does not run as root, and there is neither a user postgres nor a user nobody",
              "Run as another user, or create one of the two.");
}

/// Everybody may pass through the folder and all above it.
bool open_to_all(fs::path folder) {
  std::error_code failed;
  for (folder = fs::canonical(folder, failed); !failed; folder = folder.parent_path()) {
    if ((fs::status(folder, failed).permissions() & fs::perms::others_exec) == fs::perms::none) return false;
    if (folder == folder.root_path()) return true;
  }
  return false;
}

fs::path make_folder(const fs::path& wanted, const std::optional<Supervisor::User>& user) {
  const char* temporary = environment("TMPDIR");
  fs::path parent = !wanted.empty() ? wanted : fs::path(temporary != nullptr ? temporary : "/tmp");
  constexpr std::size_t kSocketPath = 107;  // sizeof sockaddr_un::sun_path - 1
  const auto fits = [&] {
    return fs::absolute(parent).string().size() + std::strlen("/planner-XXXXXX/.s.PGSQL.5432.lock") <=
           kSocketPath;
  };
  if (wanted.empty() && (!fits() || (user && !open_to_all(parent)))) parent = "/tmp";
  std::string folder = (fs::absolute(parent) / "planner-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) {
    throw Error(fmt::format("cannot make a folder in {}: {}", parent.string(), std::strerror(errno)),
                "Set TMPDIR to a folder that can be written.");
  }
  if (user && chown(folder.c_str(), user->uid, user->gid) != 0) {
    const int why = errno;
    fs::remove(folder);
    throw Error(fmt::format("cannot give {} to the user of the server: {}", folder, std::strerror(why)));
  }
  return folder;
}

/// Names a freshly initialised data folder by the program that made it and the user it belongs to.
std::string cache_key(const fs::path& programs, const std::optional<Supervisor::User>& user) {
  std::error_code ignored;
  const fs::path server = fs::canonical(programs / "postgres", ignored);
  const auto changed = fs::last_write_time(server, ignored).time_since_epoch().count();
  const std::string what = fmt::format("{} {} {}", server.string(), fs::file_size(server, ignored), changed);
  return fmt::format("initdb-{:016x}-{}", std::hash<std::string>{}(what), user ? user->uid : geteuid());
}

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void append(const fs::path& file, const std::string& text) {
  std::ofstream out(file, std::ios::binary | std::ios::app);
  out << text;
  if (!out.flush()) throw Error(fmt::format("cannot write {}", file.string()));
}

std::string configuration(const std::vector<std::pair<std::string, std::string>>& settings) {
  std::string out;
  for (const auto& [name, value] : settings) {
    std::string doubled;
    for (const char c : value) {
      if (c == '\'' || c == '\\') doubled += c;
      doubled += c;
    }
    out += fmt::format("{} = '{}'\n", name, doubled);
  }
  return out;
}

}  // namespace

fs::path find_postgres(const std::string& wanted) {
  const std::string install = "Install the server's programs: apt-get install postgresql-15.";
  if (!wanted.empty()) {
    if (wanted.find('/') == std::string::npos && version_in(wanted) != 0) {
      if (const auto found = installed(version_in(wanted))) return *found;
      throw Error(fmt::format("PostgreSQL {} is not installed here", wanted),
                  fmt::format("apt-get install postgresql-{}", version_in(wanted)));
    }
    if (!holds_server(wanted)) throw Error(fmt::format("{} holds no initdb and postgres", wanted), install);
    return wanted;
  }
  if (const char* given = environment("PLANNER_POSTGRES_BIN")) {
    if (!holds_server(given))
      throw Error(fmt::format("{} (from PLANNER_POSTGRES_BIN) holds no initdb and postgres", given), install);
    return given;
  }
  if (const auto found = in_path()) return *found;
  if (const auto found = installed(0)) return *found;
  throw Error("no PostgreSQL server programs (initdb, postgres) were found",
              install + " Or set PLANNER_POSTGRES_BIN.");
}

struct ScratchServer::Impl {
  fs::path programs;
  fs::path folder;
  std::optional<Supervisor> supervisor;
  std::optional<Connection> maintenance;  // kept open: creating and dropping databases is what tests do most
  int process = 0;

  fs::path data() const { return folder / "data"; }
  fs::path log_file() const { return folder / "server.log"; }

  [[noreturn]] void fail(const std::string& what) const {
    std::string log = read(log_file());
    constexpr std::size_t kShown = 2000;
    if (log.size() > kShown) log.erase(0, log.size() - kShown);
    throw Error(what + (log.empty() ? "" : ":\n" + log));
  }

  std::string url(const std::string& database) const {
    // The host in front is for clients that want one; libpq, node-postgres and Prisma all let the parameter
    // win.
    return fmt::format("postgresql://{}@localhost/{}?host={}", kSuperuser, url_encoded(database),
                       url_encoded(folder.string()));
  }

  Connection& connection() {
    if (process == 0) throw Error("the scratch server is not running");
    if (!maintenance || !maintenance->is_open()) maintenance.emplace(url("postgres"));
    return *maintenance;
  }

  void await_start() {
    const std::string socket_folder = folder.string();
    const std::array<const char*, 5> keywords{"host", "port", "user", "dbname", nullptr};
    const std::array<const char*, 5> values{socket_folder.c_str(), "5432", kSuperuser, "postgres", nullptr};
    const auto limit = std::chrono::steady_clock::now() + kStartLimit;
    for (auto pause = std::chrono::milliseconds(2);
         PQpingParams(keywords.data(), values.data(), 0) != PQPING_OK;) {
      if (!supervisor->running()) {
        process = 0;
        fail("the scratch server did not start");
      }
      if (std::chrono::steady_clock::now() > limit) fail("the scratch server does not accept connections");
      std::this_thread::sleep_for(pause);
      pause = std::min(pause * 2, std::chrono::milliseconds(20));
    }
  }

  void start() {
    if (process != 0) return;
    process = supervisor->start(kServer);
    await_start();
  }

  void stop(Supervisor::Stop how) {
    maintenance.reset();
    supervisor->stop(how);
    process = 0;
  }
};

ScratchServer::ScratchServer() : ScratchServer(Options{}) {}

ScratchServer::ScratchServer(Options options) : impl_(std::make_unique<Impl>()) {
  Impl& self = *impl_;
  self.programs = find_postgres(options.postgres);
  const std::optional<Supervisor::User> user = server_user();
  if (options.cache.empty()) {
    if (const char* given = environment("PLANNER_INITDB_CACHE")) options.cache = given;
  }
  self.folder = make_folder(options.folder, user);
  const std::string data = self.data().string();
  const std::string kept =
      options.cache.empty() ? "" : (fs::absolute(options.cache) / cache_key(self.programs, user)).string();
  const std::string keeping = fmt::format("{}.{}", kept, getpid());

  std::vector<Supervisor::Program> programs(4);
  // Small write-ahead log segments: less to write for a server that lives for seconds.
  programs[kInitdb] = {
      {(self.programs / "initdb").string(), "--pgdata", data, "--username", kSuperuser, "--auth", "trust",
       "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync", "--wal-segsize", "1"},
      user};
  programs[kServer] = {{(self.programs / "postgres").string(), "-D", data}, user};
  programs[kCopyFromCache] = {{"/bin/cp", "-a", "--", kept, data}, std::nullopt};
  programs[kCopyToCache] = {{"/bin/cp", "-a", "--", data, keeping}, std::nullopt};
  try {
    self.supervisor.emplace(self.folder, self.log_file(), programs);
  } catch (const Error&) {
    fs::remove_all(self.folder);
    throw;
  }
  append(self.log_file(), "");
  if (user && chown(self.log_file().c_str(), user->uid, user->gid) != 0)
    throw Error("cannot give the log to the user of the server");

  const bool copied =
      !kept.empty() && fs::exists(fs::path(kept) / "PG_VERSION") && self.supervisor->run(kCopyFromCache) == 0;
  if (!copied) {
    std::error_code ignored;
    fs::remove_all(data, ignored);
    if (self.supervisor->run(kInitdb) != 0) self.fail("initdb failed");
    if (!kept.empty()) {
      fs::create_directories(options.cache, ignored);
      if (self.supervisor->run(kCopyToCache) == 0) fs::rename(keeping, kept, ignored);
      fs::remove_all(keeping,
                     ignored);  // another process was faster, or the copy failed: the next one tries again
    }
  }

  // synchronous_commit stays on: with fsync off it costs nothing, and a killed server then still has every
  // committed row.
  append(self.data() / "postgresql.conf",
         configuration({{"listen_addresses", ""},
                        {"port", "5432"},
                        {"unix_socket_directories", self.folder.string()},
                        {"unix_socket_permissions", "0700"},
                        {"fsync", "off"},
                        {"full_page_writes", "off"},
                        {"shared_buffers", "64MB"},
                        {"max_wal_size", "1GB"},
                        {"min_wal_size", "32MB"},
                        {"max_connections", "100"},
                        {"dynamic_shared_memory_type", "mmap"},  // inside the folder, so that it goes with it
                        {"log_line_prefix", "%m [%p] %q%d "},
                        {"timezone", "UTC"},
                        {"log_timezone", "UTC"}}) +
             configuration(options.settings));
  self.start();
}

ScratchServer::~ScratchServer() = default;

std::string ScratchServer::url(const std::string& database) const { return impl_->url(database); }

std::string ScratchServer::create_database(const std::string& name, const std::string& from) {
  impl_->connection().exec(
      fmt::format("CREATE DATABASE {} TEMPLATE {}", quoted(Identifier(name)), quoted(Identifier(from))));
  return url(name);
}

void ScratchServer::drop_database(const std::string& name) {
  Connection& connection = impl_->connection();
  const std::string force = connection.server_version() >= 130000 ? " WITH (FORCE)" : "";
  connection.exec(fmt::format("DROP DATABASE IF EXISTS {}{}", quoted(Identifier(name)), force));
}

void ScratchServer::restart(const std::vector<std::pair<std::string, std::string>>& settings) {
  impl_->stop(Supervisor::Stop::kOrderly);
  append(impl_->data() / "postgresql.conf", configuration(settings));
  impl_->start();
}

void ScratchServer::kill() { impl_->stop(Supervisor::Stop::kImmediate); }

void ScratchServer::start() { impl_->start(); }

const fs::path& ScratchServer::folder() const { return impl_->folder; }
const fs::path& ScratchServer::programs() const { return impl_->programs; }
std::string ScratchServer::log() const { return read(impl_->log_file()); }
int ScratchServer::process_id() const { return impl_->process; }

}  // namespace planner
