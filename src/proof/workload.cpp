#include "src/proof/workload.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "src/database/connection.h"
#include "src/database/live_schema.h"
#include "src/proof/oracle.h"
#include "src/proof/requests.h"

namespace planner {

using Clock = std::chrono::steady_clock;

std::size_t Traffic::failed() const {
  std::size_t total = 0;
  for (const auto& [what, times] : failures) total += times;
  return total;
}

struct Workload::Shared {
  struct Client {
    const ReleaseModel* model = nullptr;
    bool may_run = false;
    bool busy = false;
    std::thread thread;
  };

  std::string url;
  ReleaseModel old_release, new_release, transitional;
  WorkloadOptions options;
  Pools pools;

  std::mutex mutex;
  std::condition_variable changed;
  bool stopping = false;
  std::deque<Client> clients;
  Traffic traffic;
  std::vector<double> latencies;

  void serve(Client& client, unsigned seed);
  void perform(Connection& connection, const Client& client, Request& request);
  void count(const Client& client, const Request& request, double milliseconds, const std::string& failure,
             const std::string& changed_value);
};

void Workload::Shared::serve(Client& client, unsigned seed) {
  std::unique_ptr<Connection> connection;
  RequestMaker maker(*client.model, pools, seed, options.hot_rows);
  const auto interval = std::chrono::duration_cast<Clock::duration>(
      std::chrono::duration<double>(1 / options.requests_per_second));
  auto due = Clock::now();
  for (;;) {
    {
      std::unique_lock lock(mutex);
      client.busy = false;
      changed.notify_all();
      changed.wait(lock, [&] { return stopping || client.may_run; });
      if (stopping) return;
      client.busy = true;
    }
    const auto request = maker.next();
    if (request) {
      Request mine = *request;
      const auto begin = Clock::now();
      std::string failure;
      try {
        if (!connection) connection = std::make_unique<Connection>(url);
        perform(*connection, client, mine);
      } catch (const DatabaseError& error) {
        failure = error.sqlstate() + " " + error.what();
        if (error.sqlstate().empty() || error.sqlstate().starts_with("08") ||
            error.sqlstate().starts_with("57P"))
          connection.reset();
        count(client, mine, std::chrono::duration<double, std::milli>(Clock::now() - begin).count(), failure,
              "");
      } catch (const Error& error) {
        connection.reset();
        count(client, mine, std::chrono::duration<double, std::milli>(Clock::now() - begin).count(),
              error.what(), "");
      }
    }
    due = std::max(due + interval, Clock::now() - interval);
    std::unique_lock lock(mutex);
    changed.wait_until(lock, due, [&] { return stopping; });
  }
}

void Workload::Shared::perform(Connection& connection, const Client& client, Request& request) {
  const auto begin = Clock::now();
  const Result result = connection.exec_params(request.sql, request.parameters);
  const double milliseconds = std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
  std::string changed_value;
  if (request.writes && !result.rows.empty()) {
    const auto& row = result.rows[0];
    for (std::size_t i = 0; i < request.intended.size(); ++i) {
      const auto& intended = request.intended[i];
      if (intended && !same_value(connection, *request.returned[i], *intended, row[1 + i])) {
        changed_value = std::string(release_name(client.model->release)) + " wrote " +
                        intended->value_or("NULL") + " and got " + row[1 + i].value_or("NULL") + ": " +
                        request.sql.substr(0, 160);
      }
    }
    if (request.inserts) {
      const std::size_t first = 1 + request.intended.size();
      pools.add_key(*request.table, Pools::Key(row.begin() + static_cast<std::ptrdiff_t>(first), row.end()));
    }
  }
  count(client, request, milliseconds, "", changed_value);
}

void Workload::Shared::count(const Client& client, const Request& request, double milliseconds,
                             const std::string& failure, const std::string& changed_value) {
  const std::lock_guard lock(mutex);
  ++traffic.requests;
  if (request.writes) ++traffic.writes;
  if (!failure.empty()) ++traffic.failures[std::string(release_name(client.model->release)) + ": " + failure];
  if (!changed_value.empty()) {
    ++traffic.changed_at_once;
    if (traffic.changed_samples.size() < 5) traffic.changed_samples.push_back(changed_value);
  }
  latencies.push_back(milliseconds);
}

Workload::Workload(std::string url, ReleaseModel old_release, ReleaseModel new_release,
                   WorkloadOptions options)
    : shared_(std::make_unique<Shared>()) {
  shared_->url = std::move(url);
  shared_->old_release = std::move(old_release);
  shared_->new_release = std::move(new_release);
  match_releases(shared_->old_release, shared_->new_release);
  shared_->transitional = transitional_model(shared_->old_release, shared_->new_release);
  shared_->options = options;
  Connection connection(shared_->url);
  create_oracle(connection);
  for (const ReleaseTable& table : shared_->old_release.tables) remember_rows(connection, table);
  unsigned seed = options.seed;
  const auto add_clients = [&](const ReleaseModel& model, int how_many) {
    for (int i = 0; i < how_many; ++i) shared_->clients.emplace_back().model = &model;
  };
  add_clients(shared_->old_release, options.clients_per_release);
  add_clients(shared_->new_release, options.clients_per_release);
  if (options.transitional) add_clients(shared_->transitional, 1);
  for (Shared::Client& client : shared_->clients) {
    client.thread =
        std::thread([shared = shared_.get(), &client, mine = seed++] { shared->serve(client, mine); });
  }
}

Workload::~Workload() {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->stopping = true;
  }
  shared_->changed.notify_all();
  for (Shared::Client& client : shared_->clients) client.thread.join();
}

void Workload::run(Running running) {
  if (running.old_release || running.new_release) {
    Connection connection(shared_->url);
    const Schema schema = read_schema(connection);
    if (running.old_release) shared_->pools.learn(connection, schema, shared_->old_release);
    if (running.new_release) shared_->pools.learn(connection, schema, shared_->new_release);
  }
  std::unique_lock lock(shared_->mutex);
  for (Shared::Client& client : shared_->clients) {
    switch (client.model->release) {
      case Release::Old:
        client.may_run = running.old_release;
        break;
      case Release::New:
        client.may_run = running.new_release;
        break;
      case Release::Transitional:
        client.may_run = running.old_release && running.new_release;
        break;
    }
  }
  shared_->changed.notify_all();
  shared_->changed.wait(lock, [&] {
    return std::none_of(shared_->clients.begin(), shared_->clients.end(),
                        [](const Shared::Client& client) { return client.busy && !client.may_run; });
  });
}

Traffic Workload::take() {
  const std::lock_guard lock(shared_->mutex);
  Traffic out = std::move(shared_->traffic);
  std::vector<double> times = std::move(shared_->latencies);
  shared_->traffic = {};
  shared_->latencies.clear();
  if (!times.empty()) {
    std::sort(times.begin(), times.end());
    out.p50_ms = times[times.size() / 2];
    out.p99_ms = times[std::min(times.size() - 1, times.size() * 99 / 100)];
    out.longest_ms = times.back();
  }
  return out;
}

std::vector<RowDifference> Workload::check(Release seen_by, std::size_t at_most) {
  Connection connection(shared_->url);
  return compare_with_oracle(connection,
                             seen_by == Release::Old ? shared_->old_release : shared_->new_release,
                             shared_->old_release, at_most);
}

void Workload::remove_oracle() {
  Connection connection(shared_->url);
  connection.exec("DROP SCHEMA planner_oracle CASCADE");
}

}  // namespace planner
