// This is libpq and not libpqxx: Debian 12's libpqxx 6.4 gives neither an error's position, detail and hint,
// nor a notice's SQLSTATE, nor a statement that runs while we do something else, and it does not let its raw
// connection go to those who need them.
#include "src/database/connection.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "src/database/url.h"

namespace planner {

namespace {

constexpr const char* kLost = "08006";

struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ResultPtr = std::unique_ptr<PGresult, ClearResult>;

std::string field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text != nullptr ? text : "";
}

/// libpq's messages end with a line break and may be several lines, one per address it tried; the last one
/// counts.
std::string last_message(const char* text) {
  std::string message;
  std::string_view rest = text != nullptr ? text : "";
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    // `\tIs the server running ...?` is advice we give in our own words; `DETAIL:` stays out of one line.
    if (!line.empty() && line.front() != '\t' && !line.starts_with("DETAIL:") && !line.starts_with("HINT:"))
      message = line;
  }
  for (const std::string_view before : {"failed: ", "FATAL:  ", "ERROR:  "}) {
    const std::size_t at = message.find(before);
    if (at != std::string::npos) message.erase(0, at + before.size());
  }
  return redact(message);
}

std::string what_of(const DatabaseError::Fields& fields) {
  return fields.detail.empty() ? fields.message : fields.message + " (" + fields.detail + ")";
}

[[noreturn]] void throw_unreachable(const DatabaseUrl& url, const char* libpq_message) {
  DatabaseError::Fields fields;
  const std::string reason = last_message(libpq_message);
  const auto says = [&](std::string_view part) { return reason.find(part) != std::string::npos; };
  fields.sqlstate = "08001";
  fields.hint = "Check the URL and whether this machine may reach the server.";
  if (says("password authentication failed") || says("no password supplied")) {
    fields.sqlstate = "28P01";
    fields.hint = "Check the user name and the password in the URL.";
  } else if (says("no pg_hba.conf entry")) {
    fields.sqlstate = "28000";
    fields.hint = "The server's pg_hba.conf does not let this user in from here; sslmode may matter.";
  } else if (says("does not exist")) {
    fields.sqlstate = says("database") ? "3D000" : "28000";
    fields.hint = "Check the name in the URL, or create it first.";
  } else if (says("Connection refused") || says("No such file or directory")) {
    fields.hint = "Is the server running, and are host and port right?";
  } else if (says("starting up") || says("shutting down") || says("recovery mode")) {
    fields.sqlstate = "57P03";
    fields.hint = "Wait a moment and run the same command again.";
  } else if (says("too many clients") || says("remaining connection slots")) {
    fields.sqlstate = "53300";
    fields.hint = "The server has no free connection: wait, or raise max_connections.";
  }
  fields.message = fmt::format("cannot connect to the database {}: {}", url.described(), reason);
  throw DatabaseError(std::move(fields));
}

DatabaseError error_of(const PGresult* result, PGconn* connection) {
  DatabaseError::Fields fields;
  fields.sqlstate = field(result, PG_DIAG_SQLSTATE);
  fields.message = field(result, PG_DIAG_MESSAGE_PRIMARY);
  fields.detail = field(result, PG_DIAG_MESSAGE_DETAIL);
  fields.hint = field(result, PG_DIAG_MESSAGE_HINT);
  fields.context = field(result, PG_DIAG_CONTEXT);
  fields.schema = field(result, PG_DIAG_SCHEMA_NAME);
  fields.table = field(result, PG_DIAG_TABLE_NAME);
  fields.column = field(result, PG_DIAG_COLUMN_NAME);
  fields.constraint = field(result, PG_DIAG_CONSTRAINT_NAME);
  fields.position = std::strtoul(field(result, PG_DIAG_STATEMENT_POSITION).c_str(), nullptr, 10);
  if (fields.message.empty()) {
    // libpq made this result itself: the connection broke, or the server spoke nonsense.
    fields.message = last_message(PQerrorMessage(connection));
    if (fields.message.empty()) fields.message = "the connection to the database was lost";
  }
  if (fields.sqlstate.empty()) fields.sqlstate = kLost;
  return DatabaseError(std::move(fields));
}

Result copied(const PGresult* result) {
  Result out;
  const int columns = PQnfields(result);
  const int rows = PQntuples(result);
  for (int c = 0; c < columns; ++c) out.columns.emplace_back(PQfname(result, c));
  out.rows.reserve(static_cast<std::size_t>(rows));
  for (int r = 0; r < rows; ++r) {
    Row row;
    row.reserve(static_cast<std::size_t>(columns));
    for (int c = 0; c < columns; ++c) {
      if (PQgetisnull(result, r, c) != 0) {
        row.emplace_back(std::nullopt);
      } else {
        row.emplace_back(
            std::string(PQgetvalue(result, r, c), static_cast<std::size_t>(PQgetlength(result, r, c))));
      }
    }
    out.rows.push_back(std::move(row));
  }
  // PQcmdStatus and PQcmdTuples only read, but take the result as not const.
  auto* writable = const_cast<PGresult*>(result);  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  out.tag = PQcmdStatus(writable);
  out.affected = std::strtoll(PQcmdTuples(writable), nullptr, 10);
  return out;
}

}  // namespace

DatabaseError::DatabaseError(Fields given) : Error(what_of(given), given.hint), fields(std::move(given)) {}

std::size_t Result::column(std::string_view name) const {
  const auto found = std::ranges::find(columns, name);
  if (found == columns.end()) throw Error(fmt::format("the query returned no column \"{}\"", name));
  return static_cast<std::size_t>(found - columns.begin());
}

Value Result::value() const {
  return rows.empty() || rows.front().empty() ? std::nullopt : rows.front().front();
}

std::string Result::text() const {
  const Value found = value();
  if (!found) throw Error("the query returned no value where one was expected");
  return *found;
}

long long Result::number() const {
  const std::string found = text();
  char* end = nullptr;
  const long long number = std::strtoll(found.c_str(), &end, 10);
  if (found.empty() || *end != '\0')
    throw Error(fmt::format("the query returned \"{}\" where a number was expected", found));
  return number;
}

bool Result::truth() const { return text() == "t"; }

void Canceller::cancel() const {
  if (handle_ == nullptr) return;
  char why[256] = "";
  PQcancel(static_cast<PGcancel*>(handle_.get()), why,
           sizeof why);  // Nothing to do when it fails: there is nothing left to cancel.
}

struct Connection::Impl {
  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  std::unique_ptr<PGconn, Finish> raw;
  std::function<void(const Notice&)> notice_handler;
  std::vector<Result> pending;           // results of what was sent, as far as they have come
  std::optional<DatabaseError> refused;  // the first error among them
  bool waiting = false;                  // something was sent and has not ended

  static void receive_notice(void* self, const PGresult* result) {
    const auto* impl = static_cast<Impl*>(self);
    if (!impl->notice_handler) return;
    impl->notice_handler({field(result, PG_DIAG_SEVERITY_NONLOCALIZED), field(result, PG_DIAG_SQLSTATE),
                          field(result, PG_DIAG_MESSAGE_PRIMARY), field(result, PG_DIAG_MESSAGE_DETAIL),
                          field(result, PG_DIAG_MESSAGE_HINT)});
  }

  DatabaseError lost() {
    DatabaseError::Fields fields;
    fields.sqlstate = kLost;
    fields.message = last_message(PQerrorMessage(raw.get()));
    if (fields.message.empty()) fields.message = "the connection to the database was lost";
    return DatabaseError(std::move(fields));
  }

  void require_idle() const {
    if (waiting) throw Error("a statement is still running on this connection");
  }

  void take(ResultPtr result) {
    switch (PQresultStatus(result.get())) {
      case PGRES_COPY_IN:
        // A migration has no input to copy. Refusing makes the server end the statement with an error
        // (57014).
        PQputCopyEnd(raw.get(), "there is no input: data for COPY FROM STDIN cannot be in a SQL file");
        return;
      case PGRES_COPY_OUT: {
        char* buffer = nullptr;
        while (PQgetCopyData(raw.get(), &buffer, 0) > 0) PQfreemem(buffer);
        return;
      }
      case PGRES_COMMAND_OK:
      case PGRES_TUPLES_OK:
      case PGRES_EMPTY_QUERY:
        pending.push_back(copied(result.get()));
        return;
      default:
        if (!refused) refused = error_of(result.get(), raw.get());
    }
  }

  std::vector<Result> collect() {
    while (ResultPtr result{PQgetResult(raw.get())}) {
      take(std::move(result));
      // libpq goes on returning error results for ever once the connection is gone.
      if (PQstatus(raw.get()) == CONNECTION_BAD) break;
    }
    waiting = false;
    std::vector<Result> out = std::exchange(pending, {});
    if (refused) throw *std::exchange(refused, std::nullopt);
    return out;
  }
};

Connection::Connection(std::string_view text) : impl_(std::make_unique<Impl>()) {
  const DatabaseUrl url = parse_database_url(text);
  // Later words win over the URL's own. Our application_name is what tells our sessions from the
  // application's when planner looks at who still uses the old columns, so a name in a copied URL must not
  // stick.
  std::vector<const char*> keywords{"dbname", "application_name", "client_encoding"};
  std::vector<const char*> values{url.conninfo.c_str(), "planner", "UTF8"};
  if (url.conninfo.find("connect_timeout") == std::string::npos &&
      std::getenv("PGCONNECT_TIMEOUT") == nullptr) {
    keywords.push_back("connect_timeout");
    values.push_back("10");
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  impl_->raw.reset(PQconnectdbParams(keywords.data(), values.data(), /*expand_dbname=*/1));
  if (impl_->raw == nullptr) throw Error("out of memory");
  if (PQstatus(impl_->raw.get()) != CONNECTION_OK) throw_unreachable(url, PQerrorMessage(impl_->raw.get()));
  PQsetNoticeReceiver(impl_->raw.get(), &Impl::receive_notice, impl_.get());
  if (url.schema) {
    // As Prisma does it, and not as a start-up parameter, which PgBouncer refuses.
    exec_params("SELECT set_config('search_path', quote_ident($1), false)", {*url.schema});
  }
}

Connection::~Connection() = default;
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;

std::vector<Result> Connection::exec_all(std::string_view sql) {
  send(sql);
  return finish();
}

Result Connection::exec(std::string_view sql) {
  std::vector<Result> results = exec_all(sql);
  return results.empty() ? Result{} : std::move(results.back());
}

Result Connection::exec_params(const std::string& sql, const std::vector<Value>& parameters) {
  impl_->require_idle();
  std::vector<const char*> values;
  values.reserve(parameters.size());
  for (const Value& value : parameters) values.push_back(value ? value->c_str() : nullptr);
  if (PQsendQueryParams(impl_->raw.get(), sql.c_str(), static_cast<int>(values.size()), nullptr,
                        values.data(), nullptr, nullptr,
                        /*resultFormat=*/0) == 0) {
    throw impl_->lost();
  }
  std::vector<Result> results = impl_->collect();
  return results.empty() ? Result{} : std::move(results.back());
}

void Connection::send(std::string_view sql) {
  impl_->require_idle();
  // A C string would silently end at the first NUL byte, and the rest of the file would never run.
  if (sql.find('\0') != std::string_view::npos) throw Error("the SQL text holds a NUL byte");
  if (PQsendQuery(impl_->raw.get(), std::string(sql).c_str()) == 0) throw impl_->lost();
  impl_->waiting = true;
}

bool Connection::finished(std::chrono::milliseconds wait) {
  if (!impl_->waiting) return true;
  const auto until = std::chrono::steady_clock::now() + wait;
  while (true) {
    while (PQisBusy(impl_->raw.get()) == 0) {
      ResultPtr result{PQgetResult(impl_->raw.get())};
      if (result == nullptr) {
        impl_->waiting = false;
        return true;
      }
      impl_->take(std::move(result));
      if (PQstatus(impl_->raw.get()) == CONNECTION_BAD) {
        impl_->waiting = false;
        return true;
      }
    }
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    pollfd socket{PQsocket(impl_->raw.get()), POLLIN, 0};
    const int ready = poll(&socket, 1, static_cast<int>(std::max<long long>(left.count(), 0)));
    if (ready == 0) return false;
    // A failure leaves the connection bad and PQisBusy false: the next PQgetResult brings the error.
    if (ready > 0) PQconsumeInput(impl_->raw.get());
  }
}

std::vector<Result> Connection::finish() { return impl_->collect(); }

void Connection::on_notice(std::function<void(const Notice&)> handler) {
  impl_->notice_handler = std::move(handler);
}

Canceller Connection::canceller() const {
  Canceller out;
  out.handle_ = std::shared_ptr<void>(PQgetCancel(impl_->raw.get()),
                                      [](void* handle) { PQfreeCancel(static_cast<PGcancel*>(handle)); });
  return out;
}

int Connection::backend_pid() const { return PQbackendPID(impl_->raw.get()); }

int Connection::server_version() const { return PQserverVersion(impl_->raw.get()); }

bool Connection::is_open() const {
  return impl_->raw != nullptr && PQstatus(impl_->raw.get()) == CONNECTION_OK;
}

bool Connection::in_transaction() const {
  const PGTransactionStatusType status = PQtransactionStatus(impl_->raw.get());
  return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

std::string Connection::parameter(const std::string& name) const {
  const char* value = PQparameterStatus(impl_->raw.get(), name.c_str());
  return value != nullptr ? value : "";
}

}  // namespace planner
