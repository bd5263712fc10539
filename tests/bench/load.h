#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace planner::bench {

/// Requests of an application at a fixed pace: reads, updates and inserts of single rows. A request that has
/// to wait for its predecessor counts from the moment it was due, as behind a connection pool.
class Load {
 public:
  struct Felt {
    double median_ms = 0, p99_ms = 0, worst_ms = 0;
    std::size_t requests = 0, failed = 0;
  };

  /// Statements with `{}` for a random number from 1 to `rows`, taken in turn by each client.
  Load(const std::string& url, std::vector<std::string> statements, long long rows, int clients,
       double per_second);
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  /// Ends the load and says what its clients felt.
  Felt stop();

 private:
  void client(const std::string& url, int number, double per_second);

  std::vector<std::string> statements_;
  long long rows_;
  std::atomic<bool> stopping_{false};
  std::mutex guard_;
  std::vector<double> waits_;  // guarded
  std::size_t failed_ = 0;     // guarded
  std::vector<std::thread> threads_;
};

}  // namespace planner::bench
