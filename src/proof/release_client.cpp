#include "src/proof/release_client.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "planner/sql/parse.h"
#include "src/database/connection.h"
#include "src/database/live_schema.h"
#include "src/proof/requests.h"

namespace planner {
namespace {

/// Enough that every kind of request comes up for a handful of tables.
constexpr int kGenerated = 40;
constexpr int kHotRows = 200;

struct Sent {
  std::string sql;
  std::vector<TextValue> parameters;
  std::string place;  ///< of one from a file
};

/// Empty: it ran.
std::string attempt(Connection& connection, const Sent& statement) {
  std::string failure;
  connection.exec("BEGIN");
  try {
    connection.exec_params(statement.sql, statement.parameters);
  } catch (const DatabaseError& error) {
    failure = error.sqlstate() + " " + error.what();
  }
  connection.exec("ROLLBACK");
  return failure;
}

}  // namespace

struct ReleaseClient::Statements {
  ReleaseModel model;
  Pools pools;
  std::vector<Sent> all;
  std::vector<std::string> wrong;
};

ReleaseClient::ReleaseClient(ReleaseModel model, const std::vector<ReleaseFile>& files, bool generated,
                             std::string home_url)
    : statements_(std::make_unique<Statements>()) {
  statements_->model = std::move(model);
  Connection home(home_url);
  for (const ReleaseFile& file : files) {
    for (const Statement& statement : parse_file(file.text).statements) {
      const Position at = position_of(file.text, statement.span.begin);
      Sent sent{file.text.substr(statement.span.begin, statement.span.end - statement.span.begin),
                {},
                file.path + ":" + std::to_string(at.line)};
      const std::string failure = attempt(home, sent);
      if (failure.empty()) {
        statements_->all.push_back(std::move(sent));
      } else {
        statements_->wrong.push_back(sent.place + ": " + failure);
      }
    }
  }
  if (!generated) return;
  statements_->pools.learn(home, read_schema(home), statements_->model);
  RequestMaker maker(statements_->model, statements_->pools, 1, kHotRows, false);
  for (int i = 0; i < kGenerated; ++i) {
    const std::optional<Request> request = maker.next();
    if (!request) return;
    Sent sent{request->sql, request->parameters, ""};
    if (attempt(home, sent).empty()) statements_->all.push_back(std::move(sent));
  }
}

ReleaseClient::~ReleaseClient() = default;

const std::vector<std::string>& ReleaseClient::wrong_at_home() const { return statements_->wrong; }

ReleaseClient::Outcome ReleaseClient::run_on(const std::string& url) {
  Outcome outcome;
  Connection connection(url);
  for (const Sent& statement : statements_->all) {
    ++outcome.sent;
    const std::string failure = attempt(connection, statement);
    if (failure.empty()) continue;
    outcome.failures.push_back((statement.place.empty() ? "" : statement.place + ": ") + failure + ": " +
                               statement.sql.substr(0, 160));
  }
  return outcome;
}

struct WaitProbe::Probing {
  using Clock = std::chrono::steady_clock;

  std::atomic<bool> stopping = false;
  Waits waits;
  std::thread reader, writer;

  void run(const std::string& url, const std::vector<std::string>& statements, double& longest) {
    try {
      Connection connection(url);
      while (!stopping && !statements.empty()) {
        for (const std::string& statement : statements) {
          const auto begin = Clock::now();
          (void)attempt(connection, {statement, {}, ""});  // a table may go, or get another name
          longest =
              std::max(longest, std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
    } catch (const Error&) {  // what was measured until then stands
    }
  }
};

WaitProbe::WaitProbe(const std::string& url, const std::vector<ObjectName>& tables)
    : probing_(std::make_unique<Probing>()) {
  std::vector<std::string> reads, writes;
  Connection connection(url);
  for (const ObjectName& table : tables) {
    const Result column = connection.exec_params(
        "SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND "
        "NOT "
        "attisdropped AND attgenerated = '' AND attidentity <> 'a' ORDER BY attnum DESC LIMIT 1",
        {quoted(table)});
    if (column.empty()) continue;
    reads.push_back(sql("SELECT 1 FROM {} LIMIT 1", table).str());
    writes.push_back(sql("UPDATE {} SET {} = {} WHERE ctid = (SELECT min(ctid) FROM {})", table,
                         Sql::verbatim(column.text()), Sql::verbatim(column.text()), table)
                         .str());
  }
  probing_->reader =
      std::thread([this, url, reads] { probing_->run(url, reads, probing_->waits.reader_ms); });
  probing_->writer =
      std::thread([this, url, writes] { probing_->run(url, writes, probing_->waits.writer_ms); });
}

WaitProbe::Waits WaitProbe::stop() {
  probing_->stopping = true;
  if (probing_->reader.joinable()) probing_->reader.join();
  if (probing_->writer.joinable()) probing_->writer.join();
  return probing_->waits;
}

WaitProbe::~WaitProbe() { (void)stop(); }

}  // namespace planner
