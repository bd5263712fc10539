#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <map>
#include <string_view>
#include <utility>

#include "planner/recognize/names.h"
#include "planner/recognize/parts.h"

namespace planner {
namespace {

/// A table with more columns dropped and added than this is a rewrite of the table, not a set of renames.
constexpr std::size_t kMostColumns = 100;
constexpr double kWorthAsking = 0.45;

bool in_family(const TypeName& type, std::initializer_list<std::string_view> names) {
  return type.name.schema.empty() && type.array_dimensions == 0 &&
         std::find(names.begin(), names.end(), type.name.name.str()) != names.end();
}

struct Candidate {
  Piece* drop = nullptr;
  Piece* add = nullptr;
  Piece* copy = nullptr;  ///< UPDATE that copies one into the other
  double confidence = 0;
  bool types_agree = false;
  Opposites opposed;
  NameSays name_says = NameSays::Nothing;
};

/// `UPDATE t SET new = old`: assigns the new column, reads the old one, calls nothing.
Piece* find_copy(Recognition& recognition, const TableName& table, const Identifier& from,
                 const Identifier& to) {
  for (Piece& piece : recognition.pieces) {
    const auto* update = std::get_if<Update>(&piece.operation);
    if (update == nullptr || piece.taken || piece.source.nested >= 0 || update->table != table) continue;
    if (update->columns.size() != 1 || update->columns.front() != to) continue;
    if (!update->statement || !update->statement.mentions(from)) continue;
    const ExpressionFacts& facts = update->statement.facts();
    if (facts.functions.empty() && facts.casts_to.empty() && !facts.has_subquery &&
        facts.string_constants.empty())
      return &piece;
  }
  return nullptr;
}

bool answered(const std::vector<RenameAnswers::Column>& answers, const Schema& before, const TableName& table,
              const Identifier& from, const Identifier& to) {
  return std::any_of(answers.begin(), answers.end(), [&](const RenameAnswers::Column& answer) {
    return before.resolve_relation(answer.table) == table && answer.from == from &&
           (answer.to.empty() || answer.to == to);
  });
}

bool same_default(const Expression& a, const Expression& b) {
  if (a.empty() || b.empty()) return a.empty() == b.empty();
  return same_meaning(a, b);
}

/// Does the ADD say more than the renamed column already is?
bool says_more(const Column& old_column, const ColumnDefinition& added) {
  return old_column.not_null != added.not_null || !same_type(old_column.type, added.type) ||
         !same_default(old_column.default_value, added.default_value) || added.identity.has_value() ||
         !added.generated.empty() || !added.constraints.empty() ||
         (!added.collation.empty() && added.collation != old_column.collation);
}

Candidate weigh(Recognition& recognition, Piece& drop, Piece& add, bool only_pair, bool same_rank) {
  const auto& dropped = std::get<DropColumn>(drop.operation);
  const auto& added = std::get<AddColumn>(add.operation);
  Candidate candidate;
  candidate.drop = &drop;
  candidate.add = &add;
  const Column& old_column = *drop.old_column;
  const double similarity = name_similarity(dropped.column.str(), added.column.name.str());
  candidate.types_agree = same_type(old_column.type, added.column.type);
  candidate.opposed = opposites(dropped.column.str(), added.column.name.str());
  candidate.name_says =
      what_name_says(recognition.migration.name, dropped.column.str(), added.column.name.str());
  candidate.copy = find_copy(recognition, dropped.table, dropped.column, added.column.name);

  if (answered(recognition.answers.renames, recognition.before, dropped.table, dropped.column,
               added.column.name)) {
    candidate.confidence = 2;  // wins every pairing
    return candidate;
  }
  const bool kindred = kindred_types(old_column.type, added.column.type);
  // Another type: only a name that is plainly the same one is worth a question.
  const double alike = only_pair ? 0.45 : 0.6;
  if (!candidate.types_agree && !(kindred && similarity >= alike) && similarity < 0.9) return candidate;
  double weight = 0.55 * similarity + (candidate.types_agree ? 0.25 : kindred ? 0.12 : 0.0);
  if (only_pair) weight += candidate.types_agree ? 0.15 : 0.05;
  if (drop.source.statement == add.source.statement) weight += 0.05;
  if (same_rank) weight += 0.02;
  if (old_column.not_null == added.column.not_null) weight += 0.03;
  if (!old_column.default_value.empty() && same_default(old_column.default_value, added.column.default_value))
    weight += 0.03;
  if (candidate.copy != nullptr) weight = std::max(weight, 0.95);
  if (candidate.name_says == NameSays::RenameOfBoth) weight = std::max(weight, 0.97);
  if (candidate.name_says == NameSays::RenameOfOne && only_pair) weight = std::max(weight, 0.9);
  candidate.confidence = std::min(weight, 1.0);
  return candidate;
}

std::string quoted_for_people(const std::string& name) { return "\"" + name + "\""; }

Evidence evidence_for(const Recognition& recognition, const Candidate& candidate, bool only_pair) {
  const auto& dropped = std::get<DropColumn>(candidate.drop->operation);
  const auto& added = std::get<AddColumn>(candidate.add->operation);
  const Column& old_column = *candidate.drop->old_column;
  Evidence evidence;
  evidence.confidence = std::min(candidate.confidence, 1.0);
  evidence.confirmed = candidate.confidence > 1;
  if (candidate.types_agree) {
    evidence.reasons.push_back("both are " + display(added.column.type));
  } else {
    evidence.reasons.push_back("the type changes from " + display(old_column.type) + " to " +
                               display(added.column.type));
  }
  const double similarity = name_similarity(dropped.column.str(), added.column.name.str());
  if (candidate.opposed) {
    evidence.reasons.push_back(quoted_for_people(dropped.column.str()) + " and " +
                               quoted_for_people(added.column.name.str()) +
                               " look like opposites: a rename would turn the meaning of every value around");
  } else if (squashed(dropped.column.str()) == squashed(added.column.name.str())) {
    evidence.reasons.push_back("the names differ only in how they are written");
  } else if (similarity >= 0.6) {
    evidence.reasons.push_back("the names are alike");
  }
  if (candidate.copy != nullptr) evidence.reasons.push_back("an UPDATE copies one into the other");
  switch (candidate.name_says) {
    case NameSays::RenameOfBoth:
    case NameSays::RenameOfOne:
      evidence.reasons.push_back("the migration is named " + recognition.migration.name);
      break;
    case NameSays::RenameReversed:
      evidence.reasons.push_back("the migration's name says the rename goes the other way round");
      break;
    case NameSays::Rename:
    case NameSays::Nothing:
      break;
  }
  if (only_pair) evidence.reasons.push_back("it is the only column dropped and the only one added");
  if (evidence.confirmed) {
    evidence.reasons.push_back("you said so");
    return evidence;
  }
  const bool said = candidate.name_says == NameSays::RenameOfBoth ||
                    (candidate.name_says == NameSays::RenameOfOne && only_pair);
  evidence.needs_confirmation = !(said && candidate.types_agree && !candidate.opposed);
  return evidence;
}

void pair_up(Recognition& recognition, std::vector<Piece*> drops, std::vector<Piece*> adds) {
  if (drops.size() > kMostColumns || adds.size() > kMostColumns) return;
  const bool only_pair = drops.size() == 1 && adds.size() == 1;
  std::vector<std::vector<Candidate>> candidates(drops.size());
  std::vector<std::vector<double>> weights(drops.size(), std::vector<double>(adds.size()));
  for (std::size_t i = 0; i < drops.size(); ++i) {
    const auto& dropped = std::get<DropColumn>(drops[i]->operation);
    for (std::size_t j = 0; j < adds.size(); ++j) {
      const auto& added = std::get<AddColumn>(adds[j]->operation);
      Candidate candidate = weigh(recognition, *drops[i], *adds[j], only_pair, i == j);
      if (answered(recognition.answers.not_renames, recognition.before, dropped.table, dropped.column,
                   added.column.name)) {
        candidate.confidence = 0;
      }
      weights[i][j] = candidate.confidence >= kWorthAsking ? candidate.confidence : 0;
      candidates[i].push_back(std::move(candidate));
    }
  }
  const std::vector<int> pairs = best_pairs(weights);
  for (std::size_t i = 0; i < drops.size(); ++i) {
    if (pairs[i] < 0) continue;
    const Candidate& candidate = candidates[i][static_cast<std::size_t>(pairs[i])];
    const auto& dropped = std::get<DropColumn>(candidate.drop->operation);
    const auto& added = std::get<AddColumn>(candidate.add->operation);
    Evidence evidence = evidence_for(recognition, candidate, only_pair);
    RenameColumn rename{dropped.table, dropped.column, added.column.name};
    std::optional<ColumnDefinition> more;
    if (says_more(*candidate.drop->old_column, added.column)) more = added.column;
    if (evidence.needs_confirmation) {
      Intention question;
      question.operation = std::move(rename);
      question.sources = {candidate.drop->source, candidate.add->source};
      if (candidate.copy != nullptr) question.sources.push_back(candidate.copy->source);
      question.evidence = std::move(evidence);
      question.added_column = std::move(more);
      recognition.result.questions.push_back(std::move(question));
      continue;
    }
    std::vector<Piece*> parts{candidate.drop, candidate.add};
    if (candidate.copy != nullptr) parts.push_back(candidate.copy);
    recognition.take(std::move(rename), parts, std::move(evidence)).added_column = std::move(more);
  }
}

}  // namespace

TypeName stored_type(const TypeName& type) {
  TypeName stored = type;
  stored.set_of = false;
  if (type.is("serial4")) stored.name.name = Identifier("int4");
  if (type.is("serial8")) stored.name.name = Identifier("int8");
  if (type.is("serial2")) stored.name.name = Identifier("int2");
  return stored;
}

bool same_type(const TypeName& a, const TypeName& b) {
  const TypeName x = stored_type(a), y = stored_type(b);
  return x.name == y.name && x.modifiers == y.modifiers &&
         (x.array_dimensions > 0) == (y.array_dimensions > 0) && x.other_modifiers == y.other_modifiers;
}

bool kindred_types(const TypeName& a, const TypeName& b) {
  const TypeName x = stored_type(a), y = stored_type(b);
  if (x.name == y.name) return (x.array_dimensions > 0) == (y.array_dimensions > 0);
  const auto both_in = [&](std::initializer_list<std::string_view> family) {
    return in_family(x, family) && in_family(y, family);
  };
  return both_in({"int2", "int4", "int8", "numeric", "float4", "float8"}) ||
         both_in({"text", "varchar", "bpchar", "citext", "name"}) ||
         both_in({"timestamp", "timestamptz", "date"}) || both_in({"json", "jsonb"});
}

std::vector<int> best_pairs(const std::vector<std::vector<double>>& weights) {
  // Hungarian method on costs = -weight, squared up with pairs of weight 0.
  const std::size_t rows = weights.size();
  const std::size_t columns = rows == 0 ? 0 : weights.front().size();
  const std::size_t n = std::max(rows, columns);
  std::vector<int> result(rows, -1);
  if (n == 0) return result;
  const auto cost = [&](std::size_t i, std::size_t j) {
    return i < rows && j < columns ? -weights[i][j] : 0.0;
  };
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  std::vector<double> u(n + 1), v(n + 1);
  std::vector<std::size_t> row_of(n + 1), way(n + 1);
  for (std::size_t i = 1; i <= n; ++i) {
    row_of[0] = i;
    std::size_t j0 = 0;
    std::vector<double> least(n + 1, kInfinity);
    std::vector<bool> used(n + 1);
    do {
      used[j0] = true;
      const std::size_t i0 = row_of[j0];
      double delta = kInfinity;
      std::size_t j1 = 0;
      for (std::size_t j = 1; j <= n; ++j) {
        if (used[j]) continue;
        const double reduced = cost(i0 - 1, j - 1) - u[i0] - v[j];
        if (reduced < least[j]) {
          least[j] = reduced;
          way[j] = j0;
        }
        if (least[j] < delta) {
          delta = least[j];
          j1 = j;
        }
      }
      for (std::size_t j = 0; j <= n; ++j) {
        if (used[j]) {
          u[row_of[j]] += delta;
          v[j] -= delta;
        } else {
          least[j] -= delta;
        }
      }
      j0 = j1;
    } while (row_of[j0] != 0);
    do {
      const std::size_t j1 = way[j0];
      row_of[j0] = row_of[j1];
      j0 = j1;
    } while (j0 != 0);
  }
  for (std::size_t j = 1; j <= columns; ++j) {
    const std::size_t i = row_of[j] - 1;
    if (i < rows && weights[i][j - 1] > 0) result[i] = static_cast<int>(j - 1);
  }
  return result;
}

void find_column_renames(Recognition& recognition) {
  struct Changes {
    std::vector<Piece*> drops, adds;
  };
  std::map<TableName, Changes> by_table;
  for (Piece& piece : recognition.pieces) {
    if (piece.taken || piece.source.nested >= 0) continue;
    if (const auto* drop = std::get_if<DropColumn>(&piece.operation)) {
      // Without the old column's type there is nothing to compare; a new table has no values to keep.
      if (piece.old_column && !piece.old_table_is_new) by_table[drop->table].drops.push_back(&piece);
    } else if (const auto* add = std::get_if<AddColumn>(&piece.operation)) {
      const Table* table = recognition.before.table(add->table);
      // IF NOT EXISTS on a column that is there adds nothing.
      if (table != nullptr && table->column(add->column.name) != nullptr) continue;
      if (add->column.generated.empty()) by_table[add->table].adds.push_back(&piece);
    }
  }
  for (auto& [table, changes] : by_table) {
    if (!changes.drops.empty() && !changes.adds.empty()) pair_up(recognition, changes.drops, changes.adds);
  }
}

}  // namespace planner
