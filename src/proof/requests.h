#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "src/proof/release_model.h"

namespace planner {

class Connection;

using TextValue = std::optional<std::string>;

/// Values each column may take, and the rows that are there: shared by all clients of a workload.
class Pools {
 public:
  /// Reads up to 60 values of every column and the keys of every table that this release sees and that are
  /// not known yet.
  void learn(Connection& connection, const Schema& schema, const ReleaseModel& model);
  const std::vector<TextValue>& values(const ReleaseTable& table, const ReleaseColumn& column) const;
  using Key = std::vector<TextValue>;
  std::optional<Key> any_key(const ReleaseTable& table, std::mt19937& random, int hot_rows) const;
  void add_key(const ReleaseTable& table, Key key);
  std::optional<Key> take_inserted_key(const ReleaseTable& table, std::mt19937& random);
  std::int64_t next_number() { return ++counter_; }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<TextValue>> values_;
  std::map<std::string, std::vector<Key>> keys_;
  std::map<std::string, std::vector<Key>> inserted_;
  std::atomic<std::int64_t> counter_{1'000'000};
};

/// One request of a client: the statement, its parameters, and what it should find committed afterwards.
struct Request {
  bool writes = false;
  std::string sql;
  std::vector<TextValue> parameters;
  /// Intended values of the columns the statement returns behind the key, in order; nullopt: not set by the
  /// statement.
  std::vector<std::optional<TextValue>> intended;
  std::vector<const ReleaseColumn*> returned;  ///< whose values `intended` are
  const ReleaseTable* table = nullptr;
  bool inserts = false;
};

/// Makes requests as an ORM client of that release would send them.
class RequestMaker {
 public:
  /// `logged`: every write notes in `planner_oracle.writes` what it commits; else it is the plain statement.
  RequestMaker(const ReleaseModel& model, Pools& pools, unsigned seed, int hot_rows, bool logged = true);
  /// nullopt when the model has no usable table.
  std::optional<Request> next();

 private:
  struct Assignment {
    const ReleaseColumn* column;
    TextValue value;
  };
  std::optional<Request> select(const ReleaseTable& table);
  std::optional<Request> insert(const ReleaseTable& table, bool all_columns, bool explicit_nulls);
  std::optional<Request> upsert(const ReleaseTable& table);
  std::optional<Request> update(const ReleaseTable& table, bool all_columns);
  std::optional<Request> dual_update(const ReleaseTable& table);
  std::optional<Request> remove(const ReleaseTable& table);

  std::optional<TextValue> value_for(const ReleaseTable& table, const ReleaseColumn& column, bool want_null);
  std::optional<std::string> fresh_value(const ReleaseColumn& column);
  std::optional<std::vector<Assignment>> row_values(const ReleaseTable& table, bool all_columns,
                                                    bool explicit_nulls, bool with_key);
  std::string written(const ReleaseTable& table, const Sql& statement,
                      const std::vector<std::pair<std::string, Sql>>& values, const Sql& condition,
                      std::size_t returned) const;
  static bool can_update(const ReleaseColumn& column);
  int roll(int sides) { return std::uniform_int_distribution<int>(0, sides - 1)(random_); }

  const ReleaseModel& model_;
  Pools& pools_;
  std::mt19937 random_;
  int hot_rows_;
  bool logged_;
};

}  // namespace planner
