#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace planner {

/// Where PostgreSQL's server programs (initdb, postgres) are: `wanted` may be a folder or a major version
/// (`15`), else the environment's PLANNER_POSTGRES_BIN decides, else PATH, else the newest installed one.
/// Throws Error with what to install.
std::filesystem::path find_postgres(const std::string& wanted = "");

/// A private PostgreSQL server in a temporary folder that listens on a socket in that folder only. It is
/// never left behind: a supervising process stops it and removes the folder when this object is destroyed,
/// and also when this process exits, crashes or is killed with SIGKILL. When root starts it, it runs as the
/// user postgres, else nobody, because PostgreSQL refuses to run as root.
///
/// Nothing is synced to disk, so it is fast; a crash of the server (not of the machine) loses no committed
/// transaction.
class ScratchServer {
 public:
  struct Options {
    std::string postgres;  ///< as `find_postgres` takes it
    std::vector<std::pair<std::string, std::string>>
        settings;                  ///< postgresql.conf: {"wal_level", "logical"}; they win over our own
    std::filesystem::path folder;  ///< where the temporary folder is made; default TMPDIR or /tmp
    /// A folder that keeps freshly initialised data folders for the next server (of any process): starting
    /// then takes a quarter of the time. Empty: PLANNER_INITDB_CACHE, else nothing is kept.
    std::filesystem::path cache;
  };

  ScratchServer();
  /// Returns when the server accepts connections. Throws Error with the end of the server's log when it does
  /// not start.
  explicit ScratchServer(Options options);
  ~ScratchServer();
  ScratchServer(const ScratchServer&) = delete;
  ScratchServer& operator=(const ScratchServer&) = delete;

  /// `postgresql://postgres@localhost/NAME?host=FOLDER`: for libpq, node-postgres, Prisma and planner itself.
  /// The user is a superuser.
  std::string url(const std::string& database = "postgres") const;

  /// Copies `from` (which nobody may be connected to) in a few hundredths of a second. Returns the new
  /// database's URL.
  std::string create_database(const std::string& name, const std::string& from = "template1");
  /// Throws out whoever is connected, and drops it if it is there.
  void drop_database(const std::string& name);

  /// Stops orderly (sessions are thrown out) and starts again, with further settings if given.
  void restart(const std::vector<std::pair<std::string, std::string>>& settings = {});
  /// As if the server's process crashed: sessions die, nothing is written. `start` recovers from the
  /// write-ahead log.
  void kill();
  void start();

  const std::filesystem::path& folder() const;    ///< the socket, `data/` and `server.log` are here
  const std::filesystem::path& programs() const;  ///< where initdb, postgres, perhaps pg_dump are
  std::string log() const;                        ///< everything the server has logged
  int process_id() const;                         ///< of the postmaster; 0 when it is stopped

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace planner
