#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "planner/error.h"

namespace planner {

/// What the server said when it refused a statement; `hint` is the server's own. Also thrown when the
/// connection is lost.
class DatabaseError : public Error {
 public:
  struct Fields {
    std::string sqlstate;  ///< `23502`; `08006` for a lost connection
    std::string message;   ///< the primary message alone
    std::string detail;
    std::string hint;
    std::string context;  ///< the PL/pgSQL stack
    std::string schema, table, column,
        constraint;            ///< the object that the error is about, where the server names it
    std::size_t position = 0;  ///< in characters from 1 within the text that was sent; 0: not known
  };

  explicit DatabaseError(Fields given);

  Fields fields;
  const std::string& sqlstate() const { return fields.sqlstate; }
  bool is(std::string_view state) const { return fields.sqlstate == state; }
};

/// NOTICE, WARNING, INFO, ... while a statement runs.
struct Notice {
  std::string severity, sqlstate, message, detail, hint;
};

using Value = std::optional<std::string>;  ///< a value in PostgreSQL's text form; nullopt is NULL
using Row = std::vector<Value>;

/// What one statement returned, held in memory.
struct Result {
  std::vector<std::string> columns;
  std::vector<Row> rows;
  std::string tag;         ///< the command tag: `UPDATE 5`, `CREATE TABLE`
  long long affected = 0;  ///< rows inserted, updated, deleted, selected, ...

  bool empty() const { return rows.empty(); }
  std::size_t size() const { return rows.size(); }
  /// Column by name; throws Error when there is none: our own mistake in a query.
  std::size_t column(std::string_view name) const;
  const Value& at(std::size_t row, std::string_view name) const { return rows.at(row).at(column(name)); }
  /// The first value of the first row; NULL and no row are nullopt.
  Value value() const;
  /// The same as text, number, truth value; throws Error when it is NULL or there is no row.
  std::string text() const;
  long long number() const;
  bool truth() const;
};

/// Stops the statement a connection is running; may be used from another thread and outlive the connection.
class Canceller {
 public:
  /// Asks the server to cancel. The statement then ends with SQLSTATE 57014, or has ended already.
  void cancel() const;

 private:
  friend class Connection;
  std::shared_ptr<void> handle_;
};

/// One session with a PostgreSQL server. Movable, used by one thread at a time. Closing it aborts an open
/// transaction.
class Connection {
 public:
  /// Connects with application_name `planner`, client_encoding UTF8 and the schema that the URL asks for as
  /// search_path. A URL that sets no connect_timeout gives up after 10 seconds. Throws one clear Error
  /// without the password.
  explicit Connection(std::string_view url);
  ~Connection();
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Sends the text as one simple Query, exactly as a migration tool sends a file: several statements share
  /// an implicit transaction. Returns the last statement's result. COPY FROM STDIN is answered with nothing
  /// to copy: the server refuses.
  Result exec(std::string_view sql);
  /// The same, with every statement's result.
  std::vector<Result> exec_all(std::string_view sql);
  /// One statement with $1, $2, ... given apart from it.
  Result exec_params(const std::string& sql, const std::vector<Value>& parameters);

  /// Sends without waiting. Until `finish()` nothing else may be executed here.
  void send(std::string_view sql);
  /// Waits at most this long (0: only looks) for everything that was sent to end.
  bool finished(std::chrono::milliseconds wait = std::chrono::milliseconds{0});
  /// Waits for the end of what was sent; returns every statement's result or throws the DatabaseError.
  std::vector<Result> finish();

  /// Receives every notice from now on; without a handler they are dropped.
  void on_notice(std::function<void(const Notice&)> handler);

  Canceller canceller() const;
  int backend_pid() const;
  int server_version() const;  ///< 150004: major * 10000 + minor
  bool is_open() const;        ///< as far as is known without asking the server
  bool in_transaction() const;
  /// A parameter the server reports by itself: `server_encoding`, `in_hot_standby`, `TimeZone`, ...
  std::string parameter(const std::string& name) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace planner
