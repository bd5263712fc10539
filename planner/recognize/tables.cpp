#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>

#include "planner/recognize/names.h"
#include "planner/recognize/parts.h"

namespace planner {
namespace {

constexpr std::size_t kMostTables = 60;
constexpr double kWorthAsking = 0.6;

struct Shape {
  double alike = 0;    ///< 0..1: how many columns find a counterpart
  bool equal = false;  ///< same columns, same types
  std::size_t matched = 0;
};

Shape compare(const Table& old_table, const CreateTable& made) {
  Shape shape;
  if (old_table.columns.empty() || made.columns.empty()) return shape;
  std::map<std::string, const Column*> by_name;
  for (const Column& column : old_table.columns) by_name.emplace(squashed(column.name.str()), &column);
  double sum = 0;
  bool equal = old_table.columns.size() == made.columns.size();
  for (const ColumnDefinition& column : made.columns) {
    const auto same = by_name.find(squashed(column.name.str()));
    if (same == by_name.end()) {
      equal = false;
      continue;
    }
    const bool type_agrees = same_type(same->second->type, column.type);
    equal = equal && type_agrees && same->second->name == column.name;
    ++shape.matched;
    sum += type_agrees ? 1.0 : kindred_types(same->second->type, column.type) ? 0.7 : 0.2;
  }
  shape.alike = sum / static_cast<double>(std::max(old_table.columns.size(), made.columns.size()));
  shape.equal = equal;
  return shape;
}

bool answered(const std::vector<RenameAnswers::Table>& answers, const Schema& before, const TableName& from,
              const TableName& to) {
  return std::any_of(answers.begin(), answers.end(), [&](const RenameAnswers::Table& answer) {
    return before.resolve_relation(answer.from) == from && (answer.to.empty() || answer.to.name == to.name);
  });
}

struct Candidate {
  Piece* drop = nullptr;
  Piece* create = nullptr;
  Shape shape;
  NameSays name_says = NameSays::Nothing;
  bool confirmed = false;
  double confidence = 0;
};

Candidate weigh(const Recognition& recognition, Piece& drop, Piece& create, bool only_pair) {
  const auto& dropped = std::get<DropTable>(drop.operation);
  const auto& made = std::get<CreateTable>(create.operation);
  Candidate candidate{
      &drop, &create, compare(*recognition.before.table(dropped.table), made), NameSays::Nothing, false, 0};
  candidate.name_says =
      what_name_says(recognition.migration.name, dropped.table.name.str(), made.table.name.str());
  if (answered(recognition.answers.not_table_renames, recognition.before, dropped.table, made.table))
    return candidate;
  if (answered(recognition.answers.table_renames, recognition.before, dropped.table, made.table)) {
    candidate.confirmed = true;
    candidate.confidence = 2;
    return candidate;
  }
  const double similarity = name_similarity(dropped.table.name.str(), made.table.name.str());
  // Every table of an application has id and created_at: two common columns are no evidence.
  const double enough = candidate.shape.matched >= 3 || candidate.shape.equal ? 1.0 : 0.5;
  double weight = 0.65 * candidate.shape.alike * enough + 0.3 * similarity + (only_pair ? 0.05 : 0);
  if (candidate.name_says == NameSays::RenameOfBoth && candidate.shape.alike >= 0.5)
    weight = std::max(weight, 0.97);
  if (candidate.name_says == NameSays::RenameOfOne && only_pair && candidate.shape.alike >= 0.5)
    weight = std::max(weight, 0.9);
  candidate.confidence = std::min(weight, 1.0);
  return candidate;
}

Evidence evidence_for(const Recognition& recognition, const Candidate& candidate, bool only_pair) {
  Evidence evidence;
  evidence.confidence = std::min(candidate.confidence, 1.0);
  evidence.confirmed = candidate.confirmed;
  const auto& made = std::get<CreateTable>(candidate.create->operation);
  if (candidate.shape.equal) {
    evidence.reasons.push_back("both have the same columns");
  } else {
    evidence.reasons.push_back(std::to_string(candidate.shape.matched) + " of " +
                               std::to_string(made.columns.size()) +
                               " columns are those of the dropped table");
  }
  if (candidate.name_says == NameSays::RenameOfBoth || candidate.name_says == NameSays::RenameOfOne) {
    evidence.reasons.push_back("the migration is named " + recognition.migration.name);
  }
  if (candidate.confirmed) {
    evidence.reasons.push_back("you said so");
    return evidence;
  }
  const bool said = candidate.name_says == NameSays::RenameOfBoth ||
                    (candidate.name_says == NameSays::RenameOfOne && only_pair);
  evidence.needs_confirmation = !(said && candidate.shape.equal);
  return evidence;
}

}  // namespace

void find_table_renames(Recognition& recognition) {
  std::vector<Piece*> drops, creates;
  for (Piece& piece : recognition.pieces) {
    if (piece.taken || piece.source.nested >= 0) continue;
    if (const auto* drop = std::get_if<DropTable>(&piece.operation)) {
      const Table* table = recognition.before.table(drop->table);
      if (table != nullptr && !table->is_new && !drop->foreign) drops.push_back(&piece);
    } else if (const auto* create = std::get_if<CreateTable>(&piece.operation)) {
      if (!create->partition_of && recognition.before.table(create->table) == nullptr)
        creates.push_back(&piece);
    }
  }
  if (drops.empty() || creates.empty() || drops.size() > kMostTables || creates.size() > kMostTables) return;
  const bool only_pair = drops.size() == 1 && creates.size() == 1;
  std::vector<std::vector<Candidate>> candidates(drops.size());
  std::vector<std::vector<double>> weights(drops.size(), std::vector<double>(creates.size()));
  for (std::size_t i = 0; i < drops.size(); ++i) {
    for (std::size_t j = 0; j < creates.size(); ++j) {
      candidates[i].push_back(weigh(recognition, *drops[i], *creates[j], only_pair));
      const double confidence = candidates[i].back().confidence;
      weights[i][j] = confidence >= kWorthAsking ? confidence : 0;
    }
  }
  const std::vector<int> pairs = best_pairs(weights);
  for (std::size_t i = 0; i < drops.size(); ++i) {
    if (pairs[i] < 0) continue;
    const Candidate& candidate = candidates[i][static_cast<std::size_t>(pairs[i])];
    Evidence evidence = evidence_for(recognition, candidate, only_pair);
    RenameTable rename{std::get<DropTable>(candidate.drop->operation).table,
                       std::get<CreateTable>(candidate.create->operation).table.name};
    if (evidence.needs_confirmation) {
      Intention question;
      question.operation = std::move(rename);
      question.sources = {candidate.drop->source, candidate.create->source};
      question.evidence = std::move(evidence);
      recognition.result.questions.push_back(std::move(question));
    } else {
      recognition.take(std::move(rename), {candidate.drop, candidate.create}, std::move(evidence));
    }
  }
}

}  // namespace planner
