#pragma once

#include <optional>
#include <string>
#include <vector>

#include "src/database/connection.h"

/// What a batched backfill remembers, in the schema `planner` of the database it works on: Prisma does not
/// look there.
namespace planner {

/// What people may change while it runs; the runner reads it every second.
struct BackfillControl {
  bool pause = false;
  int target_ms = 0;  ///< how long a batch should take; 0: the runner's own choice
  int pause_ms = 0;   ///< between batches
  int most_rows = 0;  ///< in one batch; 0: no limit
};

/// A stretch of the table that one worker walks at a time. `first`, `cursor` and `last` are the key's values
/// as text, or one block number.
struct BackfillPart {
  int part = 0;
  std::vector<std::string> cursor;  ///< everything up to here is done; empty: nothing yet
  std::vector<std::string> last;    ///< inclusive for keys, exclusive for blocks; empty: to the end
  int pass = 0;
  long long rows_done = 0;
  bool done = false;
};

struct BackfillRecord {
  std::string plan, phase, relation, way;
  std::string filenode;  ///< the table's file: block numbers mean nothing in another one
  std::string state, reason;
  long long rows_total = 0;
  double share = 0, rows_per_second = 0, seconds_left = -1;
  BackfillControl control;
  std::vector<BackfillPart> parts;
};

/// `{a,b}` of PostgreSQL, quoted as it wants it.
std::string text_array(const std::vector<std::string>& values);

class BackfillState {
 public:
  BackfillState(Connection& session, std::string plan, std::string phase);

  /// Makes the tables if they are missing. False: this user may not create them; then nothing is remembered,
  /// and a run that is stopped begins again (finished rows are skipped either way).
  bool prepare();

  std::optional<BackfillRecord> read();
  /// Begins anew with these parts; keeps what people set.
  void begin(const BackfillRecord& record);
  /// Progress, written by the coordinator once a second. Returns what people want now.
  BackfillControl report(const std::string& state, const std::string& reason, double share,
                         double rows_per_second, double seconds_left);
  /// Marks the session that works on it as its owner.
  void own();

  /// Empty settings stay as they are. False: nothing was recorded yet.
  bool set(std::optional<bool> pause, std::optional<int> target_ms, std::optional<int> pause_ms,
           std::optional<int> most_rows);

 private:
  Connection& session_;
  std::string plan_, phase_;
};

}  // namespace planner
