#include "tests/bench/load.h"

#include <algorithm>
#include <chrono>
#include <random>

#include "src/database/connection.h"

namespace planner::bench {
namespace {

using Clock = std::chrono::steady_clock;

std::string with_number(std::string statement, long long number) {
  for (std::size_t at = statement.find("{}"); at != std::string::npos; at = statement.find("{}", at))
    statement.replace(at, 2, std::to_string(number));
  return statement;
}

}  // namespace

Load::Load(const std::string& url, std::vector<std::string> statements, long long rows, int clients,
           double per_second)
    : statements_(std::move(statements)), rows_(rows) {
  for (int i = 0; i < clients; ++i)
    threads_.emplace_back([this, url, i, per_second, clients] { client(url, i, per_second / clients); });
}

Load::~Load() {
  stopping_ = true;
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void Load::client(const std::string& url, int number, double per_second) {
  Connection session(url);
  std::mt19937_64 random(static_cast<std::uint64_t>(number) + 1);
  std::uniform_int_distribution<long long> row(1, rows_);
  std::vector<double> waits;
  std::size_t failed = 0, turn = static_cast<std::size_t>(number);
  const auto step =
      std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / per_second));
  for (auto due = Clock::now(); !stopping_; due += step) {
    std::this_thread::sleep_until(due);
    try {
      session.exec(with_number(statements_[turn++ % statements_.size()], row(random)));
    } catch (const DatabaseError&) {
      ++failed;
      if (!session.is_open()) break;
    }
    waits.push_back(std::chrono::duration<double, std::milli>(Clock::now() - due).count());
  }
  const std::lock_guard lock(guard_);
  waits_.insert(waits_.end(), waits.begin(), waits.end());
  failed_ += failed;
}

Load::Felt Load::stop() {
  stopping_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  Felt felt;
  felt.requests = waits_.size();
  felt.failed = failed_;
  if (waits_.empty()) return felt;
  std::sort(waits_.begin(), waits_.end());
  felt.median_ms = waits_[waits_.size() / 2];
  felt.p99_ms = waits_[waits_.size() * 99 / 100];
  felt.worst_ms = waits_.back();
  return felt;
}

}  // namespace planner::bench
