#include "planner/recognize/recognize.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <type_traits>
#include <utility>
#include <vector>

#include "planner/recognize/parts.h"

namespace planner {
namespace {

bool comes_before(const SourceRef& a, const SourceRef& b) {
  if (a.statement != b.statement) return a.statement < b.statement;
  if (a.operation != b.operation) return a.operation < b.operation;
  return a.nested < b.nested;
}

bool adds_constraint(const Operation& operation, TableName& table, ConstraintDefinition& constraint) {
  return std::visit(
      [&](const auto& op) {
        if constexpr (requires { op.constraint.kind; }) {
          if constexpr (!std::is_same_v<std::decay_t<decltype(op)>, ReplaceConstraint> &&
                        !std::is_same_v<std::decay_t<decltype(op)>, AlterDomain>) {
            table = op.table;
            constraint = op.constraint;
            return true;
          }
        }
        return false;
      },
      operation);
}

/// Would the new constraint stand for the old one?
bool replaces(const ConstraintDefinition& old_one, const ConstraintDefinition& new_one) {
  if (old_one.kind != new_one.kind) return false;
  if (!old_one.name.empty() && old_one.name == new_one.name) return true;
  switch (old_one.kind) {
    case ConstraintKind::PrimaryKey:
      return true;  // a table has one
    case ConstraintKind::ForeignKey:
    case ConstraintKind::Unique:
      return !old_one.columns.empty() && old_one.columns == new_one.columns;
    case ConstraintKind::Check:
      return old_one.expression && new_one.expression &&
             old_one.expression.facts().columns == new_one.expression.facts().columns &&
             !old_one.expression.facts().columns.empty();
    case ConstraintKind::Exclusion:
    case ConstraintKind::NotNull:
      return false;
  }
  return false;
}

const char* kind_word(ConstraintKind kind) {
  switch (kind) {
    case ConstraintKind::Check:
      return "check";
    case ConstraintKind::NotNull:
      return "NOT NULL";
    case ConstraintKind::PrimaryKey:
      return "primary key";
    case ConstraintKind::Unique:
      return "unique constraint";
    case ConstraintKind::ForeignKey:
      return "foreign key";
    case ConstraintKind::Exclusion:
      return "exclusion constraint";
  }
  return "constraint";
}

/// Most migrations take nothing away, and then nothing is replaced in them.
template <typename Drop>
bool none_of(const std::vector<Piece>& pieces) {
  return std::none_of(pieces.begin(), pieces.end(),
                      [](const Piece& piece) { return std::holds_alternative<Drop>(piece.operation); });
}

}  // namespace

Intention& Recognition::take(Operation operation, const std::vector<Piece*>& from, Evidence evidence) {
  Intention intention;
  intention.operation = std::move(operation);
  for (Piece* piece : from) {
    piece->taken = true;
    intention.sources.push_back(piece->source);
  }
  std::sort(intention.sources.begin(), intention.sources.end(), comes_before);
  intention.evidence = std::move(evidence);
  result.intentions.push_back(std::move(intention));
  return result.intentions.back();
}

void find_replaced_columns(Recognition& recognition) {
  if (none_of<DropColumn>(recognition.pieces)) return;
  std::map<std::pair<TableName, Identifier>, std::vector<Piece*>> adds;
  for (Piece& add : recognition.pieces) {
    const auto* added = std::get_if<AddColumn>(&add.operation);
    if (added != nullptr && !add.taken && add.source.nested < 0)
      adds[{added->table, added->column.name}].push_back(&add);
  }
  if (adds.empty()) return;
  for (Piece& drop : recognition.pieces) {
    const auto* dropped = std::get_if<DropColumn>(&drop.operation);
    if (dropped == nullptr || drop.taken || drop.source.nested >= 0) continue;
    const auto again = adds.find({dropped->table, dropped->column});
    if (again == adds.end()) continue;
    for (Piece* add : again->second) {
      // In one ALTER TABLE the drop runs first, wherever it is written.
      if (add->taken || add->source.statement < drop.source.statement) continue;
      const auto* added = &std::get<AddColumn>(add->operation);
      Evidence evidence;
      evidence.reasons.push_back("the column is dropped and added again under its own name");
      if (drop.old_column && !same_type(drop.old_column->type, added->column.type)) {
        evidence.reasons.push_back("its type changes from " + display(drop.old_column->type) + " to " +
                                   display(added->column.type));
      }
      recognition.take(ReplaceColumn{dropped->table, added->column}, {&drop, add}, std::move(evidence));
      break;
    }
  }
}

void find_replaced_constraints(Recognition& recognition) {
  if (none_of<DropConstraint>(recognition.pieces)) return;
  std::map<TableName, std::vector<std::pair<Piece*, ConstraintDefinition>>> adds;
  for (Piece& add : recognition.pieces) {
    TableName table;
    ConstraintDefinition constraint;
    if (!add.taken && add.source.nested < 0 && adds_constraint(add.operation, table, constraint))
      adds[table].emplace_back(&add, std::move(constraint));
  }
  if (adds.empty()) return;
  for (Piece& drop : recognition.pieces) {
    const auto* dropped = std::get_if<DropConstraint>(&drop.operation);
    if (dropped == nullptr || drop.taken || drop.source.nested >= 0 || !drop.old_constraint) continue;
    const ConstraintDefinition& old_one = drop.old_constraint->definition;
    const auto added = adds.find(dropped->table);
    if (added == adds.end()) continue;
    const std::pair<Piece*, ConstraintDefinition>* best = nullptr;
    for (const auto& add : added->second) {
      if (add.first->taken || !replaces(old_one, add.second)) continue;
      // The one that was added is itself dropped: it proved something for a while.
      if (add.second.name == old_one.name && comes_before(add.first->source, drop.source) &&
          add.first->source.statement != drop.source.statement)
        continue;
      if (best == nullptr || add.second.name == old_one.name) best = &add;
    }
    if (best == nullptr) continue;
    ReplaceConstraint operation{dropped->table, dropped->constraint, best->second};
    Evidence evidence;
    evidence.reasons.push_back(std::string("the ") + kind_word(old_one.kind) + " " +
                               dropped->constraint.str() + " is dropped and added again");
    recognition.take(std::move(operation), {&drop, best->first}, std::move(evidence));
  }
}

void note_filled_columns(Recognition& recognition) {
  std::map<TableName, std::vector<const Intention*>> updates;
  for (const Intention& intention : recognition.result.intentions) {
    if (const auto* update = std::get_if<Update>(&intention.operation))
      updates[update->table].push_back(&intention);
  }
  if (updates.empty()) return;
  for (Intention& intention : recognition.result.intentions) {
    const auto* required = std::get_if<SetNotNull>(&intention.operation);
    if (required == nullptr) continue;
    const auto of_table = updates.find(required->table);
    if (of_table == updates.end()) continue;
    for (const Intention* other : of_table->second) {
      const auto& columns = std::get<Update>(other->operation).columns;
      if (!comes_before(other->sources.front(), intention.sources.front()) ||
          std::find(columns.begin(), columns.end(), required->column) == columns.end())
        continue;
      Evidence evidence;
      evidence.reasons.push_back("an UPDATE earlier in the migration fills \"" + required->column.str() +
                                 "\"");
      intention.evidence = std::move(evidence);
      break;
    }
  }
}

Recognized recognize_pieces(std::vector<Piece> pieces, const Migration& migration, const Schema& before,
                            const RenameAnswers& answers, Reading reading) {
  Recognition recognition{pieces, migration, before, answers, {}};
  // The larger patterns first: what an enum swap consists of must not be taken for anything smaller.
  find_enum_swaps(recognition);
  if (reading == Reading::AsMeant) find_moved_columns(recognition);
  find_replaced_columns(recognition);
  find_table_renames(recognition);
  find_column_renames(recognition);
  find_replaced_constraints(recognition);
  auto& intentions = recognition.result.intentions;
  intentions.reserve(intentions.size() + pieces.size());
  for (Piece& piece : pieces) {
    if (piece.taken) continue;
    intentions.push_back({std::move(piece.operation), {piece.source}, std::nullopt, std::nullopt});
  }
  const auto earlier = [](const Intention& one, const Intention& other) {
    return comes_before(one.sources.front(), other.sources.front());
  };
  // Moving operations is dear; most migrations mean what they say, in the order in which they say it.
  if (!std::is_sorted(intentions.begin(), intentions.end(), earlier))
    std::stable_sort(intentions.begin(), intentions.end(), earlier);
  note_filled_columns(recognition);
  return std::move(recognition.result);
}

}  // namespace planner
