#pragma once

#include <functional>
#include <optional>
#include <string>

#include "planner/plan.h"
#include "src/database/backfill_state.h"
#include "src/database/connection.h"

/// The batched backfill, driven from here: short transactions, each with the cursor of what it did.
namespace planner {

enum class BackfillWay {
  Auto,
  Keys,         ///< ranges of the key, in its order
  Ranges,       ///< ranges of heap blocks
  Interleaved,  ///< ranges of heap blocks in several passes, so that updates stay on their page (HOT)
};
std::string_view way_name(BackfillWay way);

struct BackfillOptions {
  BackfillWay way = BackfillWay::Auto;
  int workers = 1;
  int batch_rows = 5000;  ///< the first batch; then its size follows `target_ms`
  int target_ms = 0;      ///< 0: 100 for keys and ranges, 20 for a pass
  int pause_ms = 0;
  // What makes it wait; 0 or empty: nothing.
  long long replica_bytes = 256LL << 20;
  long long slot_bytes = 0;
  long long wal_bytes_per_second = 0;
  int archive_segments = 42;
  int active_sessions = 0;
  double snapshot_seconds = 0;
  bool autovacuum = false;
  std::string query;        ///< the user's own: wait while it returns true or a number above 0
  double vacuum_share = 0;  ///< VACUUM whenever this share of the way is done
};

struct BackfillReport {
  enum class End { Done, Stopped, Failed } end = End::Done;
  std::string error;
  std::string way, why;  ///< and why this way
  long long rows = 0;    ///< of this run
  double seconds = 0;
  double share = 0;
  bool resumed = false, remembered = true;
};

struct BackfillMoment {
  std::string state, reason;  ///< running, throttled, paused, checking
  double share = 0, rows_per_second = 0, seconds_left = -1;
  long long rows = 0;
};

class BackfillRun {
 public:
  BackfillRun(std::string url, std::string plan, std::string phase, Backfill backfill,
              BackfillOptions options);

  std::function<bool()> stop;                           ///< asked between batches
  std::function<void(const BackfillMoment&)> progress;  ///< called about once a second
  std::function<void(const std::string&)> say;

  /// To its end, or until `stop`, or until something fails that trying again does not cure. Throws Error when
  /// another run works on it.
  BackfillReport run();

 private:
  struct Shared;
  void choose_way(BackfillReport& report);
  void choose_spread();
  std::vector<BackfillPart> make_parts();
  std::vector<std::string> key_at(long long offset);
  void work(Shared& shared);
  bool one_part(Connection& session, Shared& shared, BackfillPart& part);
  bool one_key_batch(Connection& session, Shared& shared, BackfillPart& part, int& rows);
  long long change(Connection& session, Shared& shared, const std::string& where,
                   const std::vector<Value>& values, BackfillPart& next, const std::string& pick = "");
  void coordinate(Shared& shared, BackfillReport& report);
  std::string reason_to_wait(Connection& session);
  double share_done(const Shared& shared) const;
  bool anything_left();
  void settle(Connection& session) const;

  std::string url_, plan_, phase_;
  Backfill backfill_;
  BackfillOptions options_;
  Connection control_;
  BackfillState state_;
  bool remembers_ = true;
  long long blocks_ = 0, rows_total_ = 0;
  std::string filenode_, relation_;
  int passes_ = 1;
  std::string spread_;  ///< a whole number of a row, not negative: modulo the passes it says which one is its
  long long wal_seen_ = -1;
  std::chrono::steady_clock::time_point wal_at_;
};

}  // namespace planner
