#include <algorithm>
#include <atomic>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <thread>
#include <utility>

#include "planner/engine.h"
#include "planner/engine_judge.h"
#include "planner/recognize/walk.h"
#include "planner/replay/replay.h"
#include "planner/tool_table.h"

namespace planner {
namespace {

/// Parses a history's files ahead of the one who reads them in order: helpers take the next unread file, and
/// the reader parses by itself what nobody has begun. Not more than `kAhead` parsed files wait, so that a
/// long history does not live in memory. How a pending file may be sent is found out there too: it reads the
/// file's tokens once more.
class ParsedFiles {
 public:
  struct Read {
    ParsedFile file;
    std::vector<Delivered> deliveries;  ///< of pending ones
  };

  ParsedFiles(const std::vector<const Migration*>& migrations, Tool tool, unsigned threads)
      : migrations_(migrations), tool_(tool), slots_(migrations.size()) {
    const std::size_t helpers = std::min<std::size_t>(threads > 1 ? threads - 1 : 0, migrations.size() / 4);
    for (std::size_t i = 0; i < helpers; ++i) helpers_.emplace_back([this] { help(); });
  }
  ~ParsedFiles() {
    stop_ = true;
    position_ = migrations_.size();
    position_.notify_all();
    for (std::thread& helper : helpers_) helper.join();
  }
  ParsedFiles(const ParsedFiles&) = delete;
  ParsedFiles& operator=(const ParsedFiles&) = delete;

  /// Files must be asked for in order, each once.
  Read next(std::size_t index) {
    Slot& slot = slots_[index];
    State expected = State::Unread;
    if (slot.state.compare_exchange_strong(expected, State::Begun)) {
      read(index);
    } else {
      while (slot.state.load() == State::Begun) slot.state.wait(State::Begun);
    }
    position_ = index + 1;
    position_.notify_all();
    return std::move(slot.read);
  }

 private:
  static constexpr std::size_t kAhead = 64;
  enum class State : int { Unread, Begun, Done };
  struct Slot {
    std::atomic<State> state{State::Unread};
    Read read;
  };

  void read(std::size_t index) {
    const Migration& migration = *migrations_[index];
    Read& read = slots_[index].read;
    read.file = parse_file(migration.text);
    if (migration.pending)
      read.deliveries = deliveries(read.file, migration.text, tool_, migration.no_transaction_marker);
  }

  void help() {
    // The reader works on the files right behind its position: helpers begin a little further on.
    for (std::size_t i = 1; i < migrations_.size() && !stop_; ++i) {
      for (std::size_t at = position_.load(); i > at + kAhead && !stop_; at = position_.load())
        position_.wait(at);
      if (stop_) return;
      i = std::max(i, position_.load());
      if (i >= migrations_.size()) return;
      State expected = State::Unread;
      if (!slots_[i].state.compare_exchange_strong(expected, State::Begun)) continue;
      read(i);
      slots_[i].state = State::Done;
      slots_[i].state.notify_all();
    }
  }

  const std::vector<const Migration*>& migrations_;
  Tool tool_;
  std::deque<Slot> slots_;
  std::vector<std::thread> helpers_;
  std::atomic<std::size_t> position_{0};
  std::atomic<bool> stop_{false};
};

bool not_understood(const Statement& statement) {
  if (statement.problem != ParseProblem::None) return true;
  return std::any_of(
      statement.operations.begin(), statement.operations.end(),
      [](const Operation& operation) { return std::holds_alternative<Unrecognized>(operation); });
}

std::string place(const Migration& migration, std::uint32_t offset) {
  return migration.path + ":" + std::to_string(position_of(migration.text, offset).line) + ": ";
}

/// Applied migrations: their effect on the schema, and what could not be followed.
void replay_applied(const Migration& migration, const ParsedFile& file, Schema& schema,
                    std::vector<std::string>& gaps) {
  for (const Statement& statement : file.statements) {
    if (statement.problem != ParseProblem::None)
      gaps.push_back(place(migration, statement.error_at) + statement.error);
  }
  for (const FileProblem& problem : replay_file(schema, file)) {
    gaps.push_back(place(migration, file.statements[problem.statement].span.begin) + problem.problem.message);
  }
}

template <typename Map, typename Change>
void for_changed(Map& now, const Map& before, Change change) {
  for (const auto& key : now.changed_since(before)) {
    if (auto* entry = now.edit(key)) change(*entry);
  }
}

/// What the migration made is as old as everything else from here on.
void forget_new(Schema& now, const Schema& before) {
  for_changed(now.tables, before.tables, [](Table& table) {
    table.is_new = false;
    for (Column& column : table.columns) column.is_new = false;
    for (Constraint& constraint : table.constraints) constraint.is_new = false;
    for (Index& index : table.indexes) index.is_new = false;
  });
  for_changed(now.enums, before.enums, [](EnumType& type) { type.is_new = false; });
  for_changed(now.domains, before.domains, [](Domain& domain) { domain.is_new = false; });
}

/// What waited for the end of the history is a finding or nothing now.
void settle_open(Analysis& analysis) {
  for (JudgedMigration& judged : analysis.judged) {
    for (auto& [finding, holds] : judged.open) {
      if (holds(analysis.end)) judged.findings.push_back(std::move(finding));
    }
    if (judged.open.empty()) continue;
    judged.open = {};
    std::stable_sort(judged.findings.begin(), judged.findings.end(),
                     [](const Finding& a, const Finding& b) { return a.span.begin < b.span.begin; });
    judged.found = judged.findings.size();
  }
}

}  // namespace

Analysis analyze(const History& history, const RuleSet& rules, const AnalyzeOptions& options) {
  Analysis analysis;
  Schema schema = options.base != nullptr ? *options.base : schema_at_start(history.tool);
  // What one version refuses another takes.
  if (schema.server_version == 0) schema.server_version = options.rules.effects.server_version;
  std::vector<const Migration*> read;
  std::vector<std::size_t> indexes;
  for (std::size_t i = 0; i < history.migrations.size(); ++i) {
    // A live database already shows what the applied migrations did.
    if (options.base != nullptr && !history.migrations[i].pending) continue;
    read.push_back(&history.migrations[i]);
    indexes.push_back(i);
  }
  const std::vector<std::string> names = split_names(history);

  ParsedFiles files(read, history.tool, options.threads);
  for (std::size_t i = 0; i < read.size(); ++i) {
    const Migration& migration = *read[i];
    const ParsedFiles::Read next = files.next(i);
    const ParsedFile& file = next.file;
    analysis.statements += file.statements.size();
    const auto skipped = static_cast<std::size_t>(
        std::count_if(file.statements.begin(), file.statements.end(), not_understood));
    analysis.unrecognized += skipped;
    if (!migration.pending) {
      replay_applied(migration, file, schema, analysis.gaps);
      continue;
    }
    const Schema before = schema;
    JudgedMigration judged = judge_migration({history, migration, names[indexes[i]]}, file, next.deliveries,
                                             schema, rules, options);
    end_session(schema);
    judged.index = indexes[i];
    judged.not_looked_at = skipped;
    // Thousands of judged migrations are kept to be reported; of what judging needed only findings and
    // questions are.
    if (!options.keep_intentions) judged.intentions = {};
    if (options.each_alone) judged.questions = {};
    analysis.judged.push_back(std::move(judged));
    if (options.each_alone) forget_new(schema, before);
  }
  analysis.gaps.insert(analysis.gaps.end(), schema.gaps.begin(), schema.gaps.end());
  analysis.end = std::move(schema);
  settle_open(analysis);
  return analysis;
}

}  // namespace planner
