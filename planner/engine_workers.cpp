#include "planner/engine_workers.h"

#include <algorithm>
#include <utility>

namespace planner {

ParsedFiles::ParsedFiles(const std::vector<const Migration*>& migrations, Tool tool, unsigned threads)
    : migrations_(migrations), tool_(tool), slots_(migrations.size()) {
  const std::size_t helpers = std::min<std::size_t>(threads > 1 ? threads - 1 : 0, migrations.size() / 4);
  for (std::size_t i = 0; i < helpers; ++i) helpers_.emplace_back([this] { help(); });
}

ParsedFiles::~ParsedFiles() {
  stop_ = true;
  block_ = block_of(migrations_.size()) + 1;
  block_.notify_all();
  for (std::thread& helper : helpers_) helper.join();
}

ParsedFiles::Read ParsedFiles::next(std::size_t index) {
  Slot& slot = slots_[index];
  if (begin(index)) {
    read(index);
  } else {
    while (slot.state.load() == State::Begun) {
      if (!read_one_after(index)) slot.state.wait(State::Begun);
    }
  }
  position_ = index + 1;
  if (block_of(index + 1) != block_of(index)) {
    block_ = block_of(index + 1);
    block_.notify_all();
  }
  return std::move(slot.read);
}

bool ParsedFiles::begin(std::size_t index) {
  State expected = State::Unread;
  return slots_[index].state.compare_exchange_strong(expected, State::Begun);
}

void ParsedFiles::read(std::size_t index) {
  const Migration& migration = *migrations_[index];
  Read& read = slots_[index].read;
  read.file = parse_file(migration.text);
  if (migration.pending)
    read.deliveries = deliveries(read.file, migration.text, tool_, migration.no_transaction_marker);
}

/// False: nothing within reach is left to begin.
bool ParsedFiles::read_one_after(std::size_t index) {
  looked_ahead_ = std::max(looked_ahead_, index + 1);
  for (; looked_ahead_ < migrations_.size() && block_of(looked_ahead_) <= block_of(index) + 1;
       ++looked_ahead_) {
    if (!begin(looked_ahead_)) continue;
    read(looked_ahead_);
    slots_[looked_ahead_].state = State::Done;
    return true;
  }
  return false;
}

void ParsedFiles::help() {
  // The reader works on the files right behind its position: helpers begin a little further on.
  for (std::size_t i = 1; i < migrations_.size(); ++i) {
    for (std::size_t at = block_.load(); block_of(i) > at + 1; at = block_.load()) block_.wait(at);
    if (stop_) return;
    i = std::max(i, position_.load());
    if (i >= migrations_.size()) return;
    if (!begin(i)) continue;
    read(i);
    slots_[i].state = State::Done;
    slots_[i].state.notify_all();
  }
}

AsideJobs::AsideJobs(unsigned helpers) {
  for (unsigned i = 0; i < helpers; ++i) helpers_.emplace_back([this] { help(); });
}

AsideJobs::~AsideJobs() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    waiting_.clear();
  }
  changed_.notify_all();
  for (std::thread& helper : helpers_) helper.join();
}

void AsideJobs::add(std::function<void()> job) {
  bool full = false;
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back({added_++, std::move(job)});
    full = waiting_.size() > kMostWaiting || helpers_.empty();
  }
  changed_.notify_one();
  if (full) do_one();
}

void AsideJobs::finish() {
  while (do_one()) {
  }
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return waiting_.empty() && running_ == 0; });
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

bool AsideJobs::do_one() {
  std::unique_lock lock(mutex_);
  if (waiting_.empty()) return false;
  Job job = std::move(waiting_.front());
  waiting_.pop_front();
  ++running_;
  lock.unlock();
  run(job.number, job.work);
  return true;
}

void AsideJobs::run(std::size_t number, const std::function<void()>& work) {
  std::exception_ptr failure;
  try {
    work();
  } catch (...) {
    failure = std::current_exception();
  }
  {
    const std::lock_guard lock(mutex_);
    --running_;
    // The same failure is told however the threads ran.
    if (failure && (!failure_ || number < first_failed_)) {
      failure_ = failure;
      first_failed_ = number;
    }
  }
  changed_.notify_all();
}

void AsideJobs::help() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stop_ || !waiting_.empty(); });
      if (stop_) return;
    }
    do_one();
  }
}

}  // namespace planner
