#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "planner/effects/effects.h"
#include "planner/finding.h"
#include "planner/migration.h"
#include "planner/plan.h"
#include "planner/recognize/recognize.h"
#include "planner/replay/replay.h"

namespace planner {

/// Who owns which tables, for the service whose migrations are judged. Globs as in planner.toml.
struct Ownership {
  struct Owner {
    std::string service;
    std::vector<std::string> tables;
  };
  std::string service;        ///< whose migrations these are; empty: the repository has one, or nobody said
  std::vector<Owner> owners;  ///< all services that own tables
  /// A migration may be another service's: one central folder in which a comment or a section of its name
  /// says whose.
  bool by_migration = false;
};

/// What the team set: thresholds, versions. Read from planner.toml by src/project; plain values here.
struct RuleSettings {
  EffectsSettings effects;
  double small_table_rows = kSmallTableRows;
  bool include_hygiene = false;
  Ownership ownership;
  std::map<std::string, Severity, std::less<>>
      severities;  ///< by rule id; Off silences, anything else also switches opt-in rules on
};

/// One intention with everything a rule may look at.
struct Subject {
  const Intention& intention;
  const Effects& effects;  ///< of the statement the intention comes from
  const Effects& own;      ///< of the first source operation alone
  const Schema& before;    ///< what the first source statement meets
  const Schema& migration_start;
  const Schema& migration_end;
  const Migration& migration;
  const ParsedFile& file;
  const std::vector<Delivered>& deliveries;
  const RuleSettings& settings;
  const std::vector<Intention>& questions;  ///< DROP + ADD pairs of the migration that may be renames
  Tool tool = Tool::PrismaUnknown;
};

/// What replay says PostgreSQL would refuse.
struct StatementProblem {
  std::size_t statement = 0;
  ReplayProblem problem;
};

/// A whole migration, for rules about how its statements meet (transactions, order, several locks).
struct MigrationSubject {
  const Migration& migration;
  const ParsedFile& file;
  const std::vector<Intention>& intentions;
  const std::vector<Intention>& questions;
  const std::vector<Effects>& statement_effects;  ///< one per statement
  const std::vector<const Schema*>& before_statement;
  const Schema& start;
  const Schema& end;
  const std::vector<Delivered>& deliveries;
  const RuleSettings& settings;
  const std::vector<StatementProblem>& problems;
  Tool tool = Tool::PrismaUnknown;
};

/// What a check says. The engine adds place, migration, severity and fingerprint.
struct Verdict {
  std::string object;
  std::string message;
  std::string help;  ///< without the split command: the engine appends it when `recipe` applies
  std::optional<Severity> severity;  ///< when it differs from the rule's own
  std::vector<std::string> notes;
  std::optional<SourceRef> at;  ///< default: the intention's first source
  bool splittable = true;       ///< false: the rule's recipe does not apply here
  std::string recipe = {};      ///< another recipe than the rule's own
};

/// What holds only if the end of the whole history bears it out: a later migration may bring what is missing
/// here.
struct OpenVerdict {
  Verdict verdict;
  std::function<bool(const Schema& end)> holds;
};

/// A rule is a value: facts are fields, judgement is `check`.
struct Rule {
  std::string_view id;
  std::string_view summary;
  Severity severity = Severity::Error;
  Category category = Category::Blocks;
  std::string_view recipe = {};  ///< id of the recipe that remedies it; empty: none
  bool opt_in = false;  ///< off unless planner.toml gives it a severity (or all hygiene is switched on)
  std::function<std::vector<Verdict>(const Subject&)> check = nullptr;
  std::function<std::vector<Verdict>(const MigrationSubject&)> check_migration = nullptr;
  std::function<std::vector<OpenVerdict>(const MigrationSubject&)> check_open = nullptr;
  bool about_files = false;  ///< found by src/ in folders, git or the database: no SQL shows it
};

template <typename T>
struct FirstArgument;
template <typename R, typename Op>
struct FirstArgument<R (*)(const Op&, const Subject&)> {
  using type = Op;
};

/// Lifts a function of one operation to a function of any: `.check = on<check>`.
template <auto check>
std::vector<Verdict> on(const Subject& subject) {
  using Op = typename FirstArgument<decltype(check)>::type;
  const Op* operation = std::get_if<Op>(&subject.intention.operation);
  if (operation == nullptr) return {};
  std::optional<Verdict> verdict = check(*operation, subject);
  if (!verdict) return {};
  std::vector<Verdict> one;
  one.push_back(std::move(*verdict));
  return one;
}

}  // namespace planner
