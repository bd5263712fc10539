#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "planner/delivery.h"
#include "planner/engine.h"

/// The threads of analyze(): what one core would do in turn, in any order, with the same outcome.
namespace planner {

/// Parses a history's files ahead of the one who reads them in order: helpers take the next unread file, and
/// the reader parses by itself what nobody has begun. Where a helper is still at the file that is asked for,
/// the reader parses a later one meanwhile: waiting for each other at every file costs more than parsing it.
/// Not more than two blocks of parsed files wait, so that a long history does not live in memory. How a
/// pending file may be sent is found out there too: it reads the file's tokens once more.
class ParsedFiles {
 public:
  struct Read {
    ParsedFile file;
    std::vector<Delivered> deliveries;  ///< of pending ones
  };

  ParsedFiles(const std::vector<const Migration*>& migrations, Tool tool, unsigned threads);
  ~ParsedFiles();
  ParsedFiles(const ParsedFiles&) = delete;
  ParsedFiles& operator=(const ParsedFiles&) = delete;

  /// Files must be asked for in order, each once.
  Read next(std::size_t index);

 private:
  static constexpr std::size_t kBlock = 32;
  enum class State : int { Unread, Begun, Done };
  struct Slot {
    std::atomic<State> state{State::Unread};
    Read read;
  };

  static std::size_t block_of(std::size_t index) { return index / kBlock; }
  bool begin(std::size_t index);
  void read(std::size_t index);
  bool read_one_after(std::size_t index);
  void help();

  const std::vector<const Migration*>& migrations_;
  Tool tool_;
  std::deque<Slot> slots_;
  std::vector<std::thread> helpers_;
  std::size_t looked_ahead_ = 0;          ///< the reader has nothing to begin before it
  std::atomic<std::size_t> position_{0};  ///< of the reader
  std::atomic<std::size_t> block_{0};     ///< the reader's; helpers are woken by it, not by each file
  std::atomic<bool> stop_{false};
};

/// Jobs that nobody waits for before the end. Whoever hands in more than the helpers can do does one himself.
class AsideJobs {
 public:
  explicit AsideJobs(unsigned helpers);
  ~AsideJobs();
  AsideJobs(const AsideJobs&) = delete;
  AsideJobs& operator=(const AsideJobs&) = delete;

  void add(std::function<void()> job);
  /// Returns when all are done; throws what the first one that failed threw.
  void finish();

 private:
  static constexpr std::size_t kMostWaiting = 32;

  bool do_one();
  void help();
  void run(std::size_t number, const std::function<void()>& job);

  struct Job {
    std::size_t number;
    std::function<void()> work;
  };
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> waiting_;
  std::size_t added_ = 0;
  std::size_t running_ = 0;
  std::size_t first_failed_ = 0;
  std::exception_ptr failure_;
  bool stop_ = false;
  std::vector<std::thread> helpers_;
};

}  // namespace planner
