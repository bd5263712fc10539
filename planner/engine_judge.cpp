#include "planner/engine_judge.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "planner/effects/known.h"
#include "planner/engine_split.h"
#include "planner/error.h"
#include "planner/recognize/walk.h"
#include "planner/replay/replay.h"
#include "planner/shell_word.h"
#include "planner/sql/places.h"
#include "planner/suppress.h"

namespace planner {
namespace {

/// The worst of the ways the file may arrive: the one whose transactions hold most statements.
const Delivered* longest_transactions(const std::vector<Delivered>& deliveries) {
  const Delivered* worst = nullptr;
  std::size_t most = 0;
  for (const Delivered& delivery : deliveries) {
    std::size_t longest = 0;
    for (const TransactionGroup& group : delivery.groups)
      longest = std::max(longest, group.statements.size());
    if (worst == nullptr || longest > most) {
      worst = &delivery;
      most = longest;
    }
  }
  return worst;
}

/// Everything gathered in one walk over the migration.
struct Walk {
  std::vector<Effects> effects;  ///< one per statement
  std::map<std::pair<std::size_t, std::pair<std::size_t, int>>, Effects>
      own;  ///< of operations that share their statement
  std::vector<Piece> pieces;
};

/// What a later statement of the same transaction may stumble over; of a file of many thousand statements
/// everything else would be looked through again for each of them.
bool is_remembered(const Operation& operation) {
  return std::holds_alternative<AddEnumValue>(operation) || std::holds_alternative<CreateEnum>(operation) ||
         std::holds_alternative<CreateTable>(operation) || std::holds_alternative<Insert>(operation) ||
         std::holds_alternative<Update>(operation) || std::holds_alternative<Delete>(operation) ||
         std::holds_alternative<Copy>(operation) || std::holds_alternative<Merge>(operation);
}

Walk walk(const ParsedFile& file, const Replayed& replayed, const std::vector<Delivered>& deliveries,
          const EffectsSettings& settings) {
  Walk result;
  result.effects.reserve(file.statements.size());
  std::size_t operations = 0;
  for (const Statement& statement : file.statements) operations += statement.operations.size();
  result.pieces.reserve(operations);
  std::vector<std::size_t> group_of(file.statements.size(), file.statements.size());
  if (const Delivered* delivery = longest_transactions(deliveries)) {
    for (std::size_t g = 0; g < delivery->groups.size(); ++g) {
      for (const std::size_t statement : delivery->groups[g].statements) {
        if (statement < group_of.size()) group_of[statement] = g;
      }
    }
  }
  std::vector<const Operation*> earlier;
  std::size_t next_problem = 0;
  for (std::size_t i = 0; i < file.statements.size(); ++i) {
    const Statement& statement = file.statements[i];
    const Schema& schema = *replayed.before[i];
    if (i > 0 && group_of[i] != group_of[i - 1]) earlier.clear();
    if (statement.operations.size() == 1) {
      const Schema& after = i + 1 < replayed.before.size() ? *replayed.before[i + 1] : replayed.after;
      std::vector<ReplayProblem> problems;
      for (; next_problem < replayed.problems.size() && replayed.problems[next_problem].statement <= i;
           ++next_problem) {
        if (replayed.problems[next_problem].statement == i)
          problems.push_back(replayed.problems[next_problem].problem);
      }
      result.effects.push_back(
          effects_of_replayed({&statement.operations.front(), &after, &problems}, schema, settings, earlier));
    } else {
      result.effects.push_back(effects_of_statement(statement.operations, schema, settings, earlier));
    }
    const bool shared =
        statement.operations.size() > 1 ||
        (statement.operations.size() == 1 &&
         std::holds_alternative<std::shared_ptr<const DoBlock>>(statement.operations.front()));
    WalkVisitor visit;
    if (shared) {
      visit = [&](const Piece& piece, const Met& met) {
        result.own.emplace(std::pair(i, std::pair(piece.source.operation, piece.source.nested)),
                           met.after == nullptr
                               ? effects_of(piece.operation, met.schema, settings, earlier)
                               : effects_of_replayed({&piece.operation, met.after, met.problems}, met.schema,
                                                     settings, earlier));
      };
    }
    pieces_of(statement, i, schema, ReplayOptions{true}, result.pieces, visit);
    for (const Operation& operation : statement.operations) {
      if (is_remembered(operation)) earlier.push_back(&operation);
    }
  }
  return result;
}

struct Judge {
  const JudgedPlace& place;
  const AnalyzeOptions& options;
  const ParsedFile& file;
  const std::vector<Delivered>& deliveries;
  const Walk& walked;
  const std::vector<StatementProblem>& problems;
  JudgedMigration& judged;
  Suppressions& suppressions;
  const std::vector<const Schema*>& before;
  Lines lines;
  OperationSpans spans;

  bool has_recipe(std::string_view id) const {
    if (id.empty()) return false;
    if (options.recipes == nullptr) return true;
    return std::any_of(options.recipes->begin(), options.recipes->end(),
                       [&](const Recipe* recipe) { return recipe->id == id; });
  }

  std::optional<Severity> severity_of(const Rule& rule, const Verdict& verdict) const {
    const auto set = options.rules.severities.find(rule.id);
    if (set != options.rules.severities.end()) {
      if (set->second == Severity::Off) return std::nullopt;
      // A verdict may be milder than its rule (a small table): what the team says is the upper limit then.
      return verdict.severity ? std::min(*verdict.severity, set->second) : set->second;
    }
    // A rule's severity is its worst; a verdict may be milder.
    const Severity severity = std::min(rule.severity, verdict.severity.value_or(rule.severity));
    if (severity == Severity::Off) return std::nullopt;
    return severity;
  }

  bool switched_on(const Rule& rule) const {
    const auto set = options.rules.severities.find(rule.id);
    if (set != options.rules.severities.end()) return set->second != Severity::Off;
    return !rule.opt_in || options.rules.include_hygiene;
  }

  void add(const Rule& rule, Verdict verdict, SourceRef at, const Effects* effects) {
    if (auto finding = finding_of(rule, std::move(verdict), at, effects))
      judged.findings.push_back(std::move(*finding));
  }

  std::optional<Finding> finding_of(const Rule& rule, Verdict verdict, SourceRef at, const Effects* effects) {
    const std::optional<Severity> severity = severity_of(rule, verdict);
    if (!severity) return std::nullopt;
    const std::string& text = place.migration.text;
    Finding finding;
    finding.rule = std::string(rule.id);
    finding.severity = *severity;
    finding.category = rule.category;
    finding.service = place.history.service;
    finding.migration = place.migration.name;
    finding.path = place.migration.path;
    finding.object = std::move(verdict.object);
    finding.message = std::move(verdict.message);
    finding.notes = std::move(verdict.notes);
    std::string_view statement_text = text;
    if (at.statement < file.statements.size()) {
      const Statement& statement = file.statements[at.statement];
      finding.span = statement.problem == ParseProblem::None ? spans.of(at.statement, at.operation)
                                                             : Span{statement.error_at, statement.span.end};
      if (finding.span.begin >= finding.span.end) finding.span = statement.span;
      statement_text =
          std::string_view(text).substr(statement.span.begin, statement.span.end - statement.span.begin);
    }
    finding.start = lines.position_of(finding.span.begin);
    finding.end = lines.position_of(finding.span.end);
    const std::string_view recipe = verdict.recipe.empty() ? rule.recipe : std::string_view(verdict.recipe);
    finding.help = std::move(verdict.help);
    if (verdict.splittable && has_recipe(recipe)) {
      finding.recipe = std::string(recipe);
    }
    if (effects != nullptr) finding.locks = effects->locks;
    finding.fingerprint = short_hash(finding.rule + '\n' + finding.migration + '\n' + finding.object) +
                          short_hash(std::string(statement_text));
    if (const Suppression* suppression = suppressions.find(finding.rule, at.statement)) {
      finding.suppressed_by = suppression->reason;
    }
    return finding;
  }

  void judge_intention(const Intention& intention, const RuleSet& rules) {
    const SourceRef first = intention.sources.front();
    const Effects& of_statement = walked.effects[first.statement];
    const auto own = walked.own.find({first.statement, {first.operation, first.nested}});
    const Effects& of_operation = own == walked.own.end() ? of_statement : own->second;
    const Effects& effects = first.nested >= 0 ? of_operation : of_statement;
    const Subject subject{intention,       effects,        of_operation,     *before[first.statement],
                          *before.front(), *before.back(), place.migration,  file,
                          deliveries,      options.rules,  judged.questions, place.history.tool};
    for (const Rule* rule : rules) {
      for (Verdict& verdict : rule->check(subject)) {
        const SourceRef at = verdict.at.value_or(first);
        add(*rule, std::move(verdict), at, &effects);
      }
    }
  }

  void judge_whole(const RuleSet& rules, Tool tool) {
    const MigrationSubject subject{place.migration, file,          judged.intentions, judged.questions,
                                   walked.effects,  before,        *before.front(),   *before.back(),
                                   deliveries,      options.rules, problems,          tool};
    for (const Rule* rule : rules) {
      if (!rule->check_migration || !switched_on(*rule)) continue;
      for (Verdict& verdict : rule->check_migration(subject)) {
        const SourceRef at = verdict.at.value_or(SourceRef{});
        const Effects* effects =
            at.statement < walked.effects.size() ? &walked.effects[at.statement] : nullptr;
        if (auto finding = finding_of(*rule, std::move(verdict), at, effects)) {
          finding->about_neighbours = true;
          judged.findings.push_back(std::move(*finding));
        }
      }
    }
    for (const Rule* rule : rules) {
      if (!rule->check_open || !switched_on(*rule)) continue;
      for (OpenVerdict& open : rule->check_open(subject)) {
        const SourceRef at = open.verdict.at.value_or(SourceRef{});
        if (auto finding = finding_of(*rule, std::move(open.verdict), at, nullptr))
          judged.open.emplace_back(std::move(*finding), std::move(open.holds));
      }
    }
  }

  void add_at(const Rule& rule, const Span& span, Verdict verdict) {
    const std::optional<Severity> severity = severity_of(rule, verdict);
    if (!severity || !switched_on(rule)) return;
    Finding finding;
    finding.rule = std::string(rule.id);
    finding.severity = *severity;
    finding.category = rule.category;
    finding.service = place.history.service;
    finding.migration = place.migration.name;
    finding.path = place.migration.path;
    finding.span = span;
    finding.start = lines.position_of(span.begin);
    finding.end = lines.position_of(span.end);
    finding.object = std::move(verdict.object);
    finding.message = std::move(verdict.message);
    finding.help = std::move(verdict.help);
    finding.fingerprint =
        short_hash(finding.rule + '\n' + finding.migration) + short_hash(finding.object + finding.message);
    judged.findings.push_back(std::move(finding));
  }

  /// Directives are judged last: whether one was needed shows only then.
  void judge_suppressions(const RuleSet& rules) {
    const auto rule_named = [&](std::string_view id) -> const Rule* {
      const auto found =
          std::find_if(rules.begin(), rules.end(), [&](const Rule* rule) { return rule->id == id; });
      return found == rules.end() ? nullptr : *found;
    };
    for (const Suppression& suppression : suppressions.all()) {
      std::string ids;
      bool all_known = !suppression.rules.empty();
      for (const std::string& id : suppression.rules) {
        ids += (ids.empty() ? "" : ", ") + id;
        if (rule_named(id) != nullptr) continue;
        all_known = false;
        if (const Rule* rule = rule_named("unknown-ignore")) {
          add_at(*rule, suppression.span,
                 {id,
                  "There is no rule \"" + id + "\", so this comment silences nothing",
                  "`planner rules` lists them all",
                  std::nullopt,
                  {},
                  std::nullopt,
                  false,
                  {}});
        }
      }
      if (suppression.rules.empty()) {
        if (const Rule* rule = rule_named("unknown-ignore")) {
          add_at(*rule, suppression.span,
                 {"",
                  "This comment names no rule, so it silences nothing",
                  "Write `-- planner:ignore rule-id reason`",
                  std::nullopt,
                  {},
                  std::nullopt,
                  false,
                  {}});
        }
      } else if (suppression.reason.empty()) {
        if (const Rule* rule = rule_named("ignore-without-reason")) {
          add_at(*rule, suppression.span,
                 {ids,
                  "This comment gives no reason for ignoring " + ids + ", so it silences nothing",
                  "Write the reason behind the rule's name",
                  std::nullopt,
                  {},
                  std::nullopt,
                  false,
                  {}});
        }
      } else if (all_known && !suppression.used) {
        if (const Rule* rule = rule_named("unused-ignore")) {
          add_at(*rule, suppression.span,
                 {ids,
                  "Nothing here is reported by " + ids + ", so there is nothing to ignore",
                  "Remove the comment",
                  std::nullopt,
                  {},
                  std::nullopt,
                  false,
                  {}});
        }
      }
    }
  }
};

/// A help ends in the command that does it, when the command does it: a recipe may refuse this very
/// statement, or another one of the migration.
void name_command(const JudgedPlace& place, const ParsedFile& file, const Schema& start,
                  const AnalyzeOptions& options, JudgedMigration& judged) {
  const bool wanted = std::any_of(judged.findings.begin(), judged.findings.end(), [](const Finding& finding) {
    return !finding.recipe.empty() || (finding.severity == Severity::Error && finding.suppressed_by.empty());
  });
  if (!wanted) return;
  const std::string command = "planner split " + shell_word(place.split_name);
  std::string refusal;
  // Nobody splits the migrations of a long history that are behind it: there the recipe's name is enough.
  constexpr std::size_t kLongHistory = 100;
  const bool whole_history = options.each_alone && place.history.migrations.size() > kLongHistory;
  // Nor does anyone split hundreds of changes at once, and finding out that it works would take minutes.
  constexpr std::size_t kManyChanges = 300;
  if (options.recipes != nullptr && !whole_history && judged.intentions.size() <= kManyChanges) {
    SplitOptions split;
    split.answers = options.answers;
    split.effects = options.rules.effects;
    try {
      SplitProspect answer =
          prospect_of_split(place.migration, file, start, *options.recipes, split, judged.findings);
      refusal = std::move(answer.refusal);
      for (const std::size_t finding : answer.answered) judged.findings[finding].recipe = "verbatim";
    } catch (const Error& error) {
      refusal = error.what();
    }
  }
  for (Finding& finding : judged.findings) {
    if (finding.recipe.empty()) continue;
    if (refusal.empty()) {
      finding.help = finding.help.empty() ? command : finding.help + ": " + command;
    } else {
      finding.recipe.clear();
      finding.notes.push_back(command + " refuses this migration: " + refusal);
    }
  }
}

/// The strongest lock on each table that was there before the migration.
std::vector<RelationLock> locks_felt(const Walk& walked, const std::vector<const Schema*>& before) {
  std::map<ObjectName, RelationLock> strongest;
  for (std::size_t i = 0; i < walked.effects.size(); ++i) {
    for (const RelationLock& lock : walked.effects[i].locks) {
      if (lock.created || !blocks_writes(lock.mode) || lock.kind != LockedKind::Table) continue;
      const Table* table = before[i]->table(lock.relation);
      if (table == nullptr || table->is_new || table->persistence == Persistence::Temporary) continue;
      RelationLock& known = strongest.try_emplace(lock.relation, lock).first->second;
      if (lock.mode > known.mode) known = lock;
    }
  }
  std::vector<RelationLock> locks;
  for (auto& [relation, lock] : strongest) locks.push_back(std::move(lock));
  return locks;
}

/// Do both hold the same objects, and is their session the same?
bool in_same_state(const Schema& a, const Schema& b) {
  return a.shares_objects_with(b) && a.gaps.shares_with(b.gaps) &&
         a.open_transactions.shares_with(b.open_transactions) && a.search_path == b.search_path &&
         a.session_search_path == b.session_search_path && a.time_zone == b.time_zone &&
         a.search_path_after_transaction == b.search_path_after_transaction;
}

}  // namespace

Replayed replay_pending(const ParsedFile& file, Schema& schema) {
  Replayed replayed;
  replayed.before.reserve(file.statements.size());
  for (std::size_t i = 0; i < file.statements.size(); ++i) {
    const bool as_before = i > 0 && in_same_state(*replayed.before.back(), schema);
    replayed.before.push_back(as_before ? replayed.before.back() : std::make_shared<const Schema>(schema));
    for (ReplayProblem& problem :
         replay_statement(schema, file.statements[i].operations, ReplayOptions{true})) {
      replayed.problems.push_back({i, std::move(problem)});
    }
  }
  replayed.after = schema;
  end_session(schema);
  return replayed;
}

JudgedMigration judge_statements(const JudgedPlace& place, const ParsedFile& file,
                                 const std::vector<Delivered>& delivered, const Replayed& replayed,
                                 const RuleSet& rules, const AnalyzeOptions& options) {
  JudgedMigration judged;
  judged.statements = file.statements.size();
  for (const Delivered& way : delivered) judged.deliveries.push_back(way.explanation);
  const Schema& start = replayed.start();
  Walk walked = walk(file, replayed, delivered, options.rules.effects);
  Recognized recognized =
      recognize_pieces(std::move(walked.pieces), place.migration, start, options.answers, Reading::AsWritten);
  judged.intentions = std::move(recognized.intentions);
  judged.questions = std::move(recognized.questions);

  std::vector<const Schema*> before;
  for (const auto& met : replayed.before) before.push_back(met.get());
  if (before.empty()) before.push_back(&start);
  before.push_back(&replayed.after);

  Suppressions suppressions(file, place.migration.text);
  Judge judge{place,
              options,
              file,
              delivered,
              walked,
              replayed.problems,
              judged,
              suppressions,
              before,
              Lines(place.migration.text),
              OperationSpans(place.migration.text, file)};
  RuleSet of_intentions;
  for (const Rule* rule : rules) {
    if (rule->check && judge.switched_on(*rule)) of_intentions.push_back(rule);
  }
  for (const Intention& intention : judged.intentions) judge.judge_intention(intention, of_intentions);
  judge.judge_whole(rules, place.history.tool);
  judge.judge_suppressions(rules);
  std::stable_sort(judged.findings.begin(), judged.findings.end(),
                   [](const Finding& a, const Finding& b) { return a.span.begin < b.span.begin; });
  if (options.keep_locks) judged.locks = locks_felt(walked, before);
  judged.found = judged.findings.size();
  return judged;
}

JudgedMigration judge_migration(const JudgedPlace& place, const ParsedFile& file,
                                const std::vector<Delivered>& delivered, const Replayed& replayed,
                                const RuleSet& rules, const AnalyzeOptions& options) {
  JudgedMigration judged = judge_statements(place, file, delivered, replayed, rules, options);
  name_command(place, file, replayed.start(), options, judged);
  return judged;
}

std::vector<std::string> split_names(const History& history) {
  std::vector<std::string> names;
  std::map<std::string, int> uses;
  for (const Migration& migration : history.migrations) {
    names.push_back(purpose_of(migration.name));
    ++uses[names.back()];
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (uses[names[i]] > 1) names[i] = history.migrations[i].name;
  }
  return names;
}

}  // namespace planner
