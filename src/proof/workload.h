#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "src/proof/release_model.h"

namespace planner {

class Connection;

struct WorkloadOptions {
  int clients_per_release = 2;
  double requests_per_second = 100;  ///< of each client
  unsigned seed = 1;
  int hot_rows = 200;        ///< half of all requests go to these rows of each table
  bool transitional = true;  ///< while both releases run, also code that writes both columns
};

/// Which releases are running.
struct Running {
  bool old_release = false;
  bool new_release = false;
};

/// What the clients went through since it was last asked.
struct Traffic {
  std::size_t requests = 0, writes = 0;
  std::map<std::string, std::size_t>
      failures;  ///< "old release: 23502 null value in column ..." -> how often
  std::size_t changed_at_once =
      0;  ///< a committed write whose own RETURNING showed another value than the one given
  std::vector<std::string> changed_samples;
  double longest_ms = 0, p50_ms = 0, p99_ms = 0;

  std::size_t failed() const;
};

/// A value the database holds that is not the one committed last.
struct RowDifference {
  std::string where;  ///< `users(42).full_name`
  std::string expected;
  std::string found;  ///< `(row missing)` when the row is gone
};

/// Generated clients of the old and the new release (and of one in transition) that read and write through
/// plain parameterised statements: insert with all columns, without the defaulted ones, with explicit NULL;
/// update of one and of all columns; upsert; delete; select. Each write logs what it committed in the same
/// statement, into `planner_oracle.writes`, in the order in which row locks let them through.
class Workload {
 public:
  /// Creates the oracle (schema planner_oracle) and remembers the rows that are there. Nothing runs yet.
  Workload(std::string url, ReleaseModel old_release, ReleaseModel new_release, WorkloadOptions options);
  ~Workload();
  Workload(const Workload&) = delete;
  Workload& operator=(const Workload&) = delete;

  /// Lets exactly these releases run; returns when the others have finished their request.
  void run(Running running);
  void pause() { run({}); }
  Traffic take();
  /// Compares every row with the oracle as this release sees the database. Call it while paused.
  std::vector<RowDifference> check(Release seen_by, std::size_t at_most = 20);
  /// Removes planner_oracle.
  void remove_oracle();

 private:
  struct Shared;
  std::unique_ptr<Shared> shared_;
};

}  // namespace planner
