#include <algorithm>

#include "planner/few_rows.h"
#include "planner/sql/places.h"
#include "rules/about.h"

namespace planner::rules {
namespace {

/// What the statement does that takes as long as the data is large; empty when it is a change of the
/// catalogue only.
std::string long_work(const Effects& effects, const Schema& met, const Statement& statement) {
  if (effects.outside_transaction) return {};  // it fails here: rule concurrently-in-transaction
  for (const ObjectName& relation : effects.rewrites) {
    if (!is_new(met, relation)) return "rewrites " + name_of(relation);
  }
  for (const Operation& operation : statement.operations) {
    // A foreign key of a new table has nothing to check, whatever its target holds.
    const auto* foreign = std::get_if<AddForeignKey>(&operation);
    if (foreign != nullptr && is_new(met, foreign->table)) return {};
  }
  for (const Scan& scan : effects.scans) {
    if (is_new(met, scan.relation) || scan.reason == ScanReason::Query || scan.reason == ScanReason::Copy)
      continue;
    if (scan.reason == ScanReason::IndexBuild) return "builds an index on " + name_of(scan.relation);
    return "reads every row of " + name_of(scan.relation);
  }
  for (const Operation& operation : statement.operations) {
    const auto* table = std::get_if<CreateTableAs>(&operation);
    const auto* view = std::get_if<CreateMaterializedView>(&operation);
    if ((table == nullptr || !table->with_data) && (view == nullptr || !view->with_data)) continue;
    for (const Scan& scan : effects.scans) {
      if (scan.reason == ScanReason::Query && !is_new(met, scan.relation))
        return "fills " + name_of(table != nullptr ? table->table : view->view) + " from " +
               name_of(scan.relation);
    }
  }
  for (const Operation& operation : statement.operations) {
    if (const auto* update = std::get_if<Update>(&operation)) {
      const TableName table = met.resolve_relation(update->table);
      if (!is_new(met, table) && !changes_few_rows(met, update->statement))
        return "updates " + name_of(table);
    }
    if (const auto* remove = std::get_if<Delete>(&operation)) {
      const TableName table = met.resolve_relation(remove->table);
      if (!is_new(met, table) && !changes_few_rows(met, remove->statement))
        return "deletes from " + name_of(table);
    }
    if (const auto* select = std::get_if<Select>(&operation)) {
      const std::vector<FunctionCall>& calls = select->query.facts().functions;
      const bool sleeps = std::any_of(calls.begin(), calls.end(), [](const FunctionCall& call) {
        return call.name.name.str().starts_with("pg_sleep");
      });
      if (sleeps) return "sleeps";
    }
    if (const auto* insert = std::get_if<Insert>(&operation)) {
      const bool reads_old = std::any_of(
          insert->source_tables.begin(), insert->source_tables.end(),
          [&](const TableName& source) { return met.table(source) != nullptr && !is_new(met, source); });
      if (insert->from_query && reads_old)
        return "copies rows into " + name_of(met.resolve_relation(insert->table));
    }
  }
  return {};
}

struct Held {
  RelationLock lock;
  std::size_t since = 0;
};

std::string line_of(const MigrationSubject& subject, Lines& lines, std::size_t statement) {
  return std::to_string(lines.position_of(subject.file.statements[statement].span.begin).line);
}

/// Does holding this lock stop more than the statement itself stops on that relation?
bool adds_to(const Held& held, const Effects& effects) {
  // What the statement makes under the name of something that was dropped has nobody waiting for it.
  const bool makes = std::any_of(effects.locks.begin(), effects.locks.end(), [&](const RelationLock& lock) {
    return lock.created && lock.relation == held.lock.relation;
  });
  const LockMode own = makes ? LockMode::None : effects.lock_on(held.lock.relation);
  return (blocks_reads(held.lock.mode) && !blocks_reads(own)) ||
         (blocks_writes(held.lock.mode) && !blocks_writes(own));
}

/// The held lock that stops most beyond what the statement stops by itself, if there is one.
const Held* worst_held(const std::vector<Held>& held, const Effects& effects) {
  const Held* worst = nullptr;
  for (const Held& each : held) {
    if (adds_to(each, effects) && (worst == nullptr || worst->lock.mode < each.lock.mode)) worst = &each;
  }
  return worst;
}

std::optional<Verdict> judge(const MigrationSubject& subject, const TransactionGroup& group) {
  std::vector<Held> held;
  Lines lines(subject.migration.text);
  std::optional<Held> worst;
  std::size_t first = 0;
  std::vector<std::string> later;
  std::string work_of_first;
  for (const std::size_t i : group.statements) {
    const Schema& met = *subject.before_statement[i];
    const Effects& effects = subject.statement_effects[i];
    if (!held.empty()) {
      const std::string work = long_work(effects, met, subject.file.statements[i]);
      const Held* found = work.empty() ? nullptr : worst_held(held, effects);
      if (found != nullptr && worst) later.push_back(line_of(subject, lines, i));
      if (found != nullptr && !worst) {
        worst = *found;
        first = i;
        work_of_first = work;
      }
    }
    for (const RelationLock& lock : felt_locks(effects, met)) {
      if ((lock.kind != LockedKind::Table && lock.kind != LockedKind::MaterializedView) ||
          is_small(met, subject.settings, lock.relation))
        continue;
      const auto same = std::find_if(held.begin(), held.end(),
                                     [&](const Held& h) { return h.lock.relation == lock.relation; });
      if (same == held.end()) {
        held.push_back({lock, i});
      } else if (same->lock.mode < lock.mode) {
        *same = {lock, i};
      }
    }
  }
  if (!worst) return std::nullopt;
  Verdict verdict;
  verdict.at = SourceRef{first, 0, -1};
  verdict.object = display(worst->lock.relation);
  verdict.message = "This statement " + work_of_first + " in the transaction that has locked " +
                    name_of(worst->lock.relation) + " since line " + line_of(subject, lines, worst->since) +
                    ": until it is done, " + who_waits_on(worst->lock.mode, worst->lock.relation);
  verdict.help = "Put it into a migration of its own";
  if (later.size() == 1) {
    verdict.notes.push_back("the statement in line " + later.front() + " follows in the same way");
  } else if (!later.empty()) {
    verdict.notes.push_back(count_of(later.size(), "more statement") + " follow in the same way: lines " +
                            join_words(later));
  }
  return about_table(*subject.before_statement[worst->since], subject.settings, worst->lock.relation,
                     Matters::Anyway, Severity::Error, std::move(verdict));
}

/// All parts of one ALTER TABLE hold the strongest lock that one of them wants: VALIDATE CONSTRAINT beside
/// ADD reads every row under ACCESS EXCLUSIVE, however the file is sent.
std::optional<Verdict> judge_validation(const MigrationSubject& subject, std::size_t statement) {
  const std::vector<Operation>& operations = subject.file.statements[statement].operations;
  if (operations.size() < 2) return std::nullopt;
  const auto part = std::find_if(operations.begin(), operations.end(), [](const Operation& operation) {
    return std::holds_alternative<ValidateConstraint>(operation);
  });
  if (part == operations.end()) return std::nullopt;
  const Schema& met = *subject.before_statement[statement];
  const Effects& effects = subject.statement_effects[statement];
  const TableName table = met.resolve_relation(std::get<ValidateConstraint>(*part).table);
  const LockMode mode = effects.lock_on(table);
  const bool reads = std::any_of(effects.scans.begin(), effects.scans.end(), [&](const Scan& scan) {
    return (scan.reason == ScanReason::Check || scan.reason == ScanReason::ForeignKey) &&
           !is_new(met, scan.relation);
  });
  if (!reads || !blocks_writes(mode)) return std::nullopt;
  Verdict verdict;
  verdict.at = SourceRef{statement, static_cast<std::size_t>(part - operations.begin()), -1};
  verdict.object = display(table);
  verdict.message = "VALIDATE CONSTRAINT reads every row under the " + std::string(lock_name(mode)) +
                    " lock that another part of this ALTER TABLE takes: until it is done, " +
                    who_waits_on(mode, table);
  verdict.help = "Validate in a migration of its own";
  return about_table(met, subject.settings, table, Matters::Size, Severity::Error, std::move(verdict));
}

std::vector<Verdict> check(const MigrationSubject& subject) {
  std::vector<Verdict> verdicts;
  for (std::size_t i = 0; i < subject.file.statements.size(); ++i) {
    if (auto verdict = judge_validation(subject, i)) verdicts.push_back(std::move(*verdict));
  }
  for (const Delivered& delivery : subject.deliveries) {
    for (const TransactionGroup& group : delivery.groups) {
      std::optional<Verdict> verdict = judge(subject, group);
      if (!verdict) continue;
      const bool told = std::any_of(verdicts.begin(), verdicts.end(),
                                    [&](const Verdict& other) { return other.at == verdict->at; });
      if (told) continue;
      if (subject.deliveries.size() > 1) verdict->notes.push_back(delivery.explanation);
      verdicts.push_back(std::move(*verdict));
    }
  }
  return verdicts;
}

}  // namespace

extern const Rule lock_held;
const Rule lock_held{.id = "lock-held",
                     .summary = "Slow work in a transaction that already holds a strong lock",
                     .severity = Severity::Error,
                     .category = Category::Blocks,
                     .check_migration = check};

}  // namespace planner::rules
