#include <algorithm>
#include <cstddef>
#include <utility>

#include "planner/recognize/parts.h"

namespace planner {
namespace {

template <typename Op>
std::vector<Piece*> all_of(Recognition& recognition) {
  std::vector<Piece*> found;
  for (Piece& piece : recognition.pieces) {
    if (!piece.taken && piece.source.nested < 0 && std::holds_alternative<Op>(piece.operation))
      found.push_back(&piece);
  }
  return found;
}

ObjectName renamed(const ObjectName& name, const Identifier& to) { return {name.schema, to}; }

/// BEGIN directly before and COMMIT directly behind the swap belong to it (Prisma writes them).
void add_own_block(Recognition& recognition, std::vector<Piece*>& parts) {
  std::size_t first = parts.front()->source.statement, last = first;
  for (const Piece* part : parts) {
    first = std::min(first, part->source.statement);
    last = std::max(last, part->source.statement);
  }
  Piece* begin = nullptr;
  Piece* commit = nullptr;
  for (Piece& piece : recognition.pieces) {
    const auto* transaction = std::get_if<Transaction>(&piece.operation);
    if (transaction == nullptr || piece.taken) continue;
    if (transaction->action == TransactionAction::Begin && piece.source.statement + 1 == first)
      begin = &piece;
    if (transaction->action == TransactionAction::Commit && piece.source.statement == last + 1)
      commit = &piece;
  }
  if (begin == nullptr || commit == nullptr) return;
  // Only when nothing else shares the block.
  for (const Piece& piece : recognition.pieces) {
    const bool inside = piece.source.statement >= first && piece.source.statement <= last;
    if (inside && std::find(parts.begin(), parts.end(), &piece) == parts.end()) return;
  }
  parts.push_back(begin);
  parts.push_back(commit);
}

/// The type that holds the labels in the end: created under the old name after it was renamed away, or under
/// another name and renamed.
struct Replacement {
  Piece* create = nullptr;
  Piece* rename = nullptr;
};
Replacement find_replacement(const std::vector<Piece*>& creates, const std::vector<Piece*>& renames,
                             const ObjectName& original) {
  for (Piece* create : creates) {
    const ObjectName& made = std::get<CreateEnum>(create->operation).type;
    if (made == original) return {create, nullptr};
    for (Piece* rename : renames) {
      const auto& op = std::get<RenameType>(rename->operation);
      if (op.type == made && renamed(op.type, op.to) == original) return {create, rename};
    }
  }
  return {};
}

/// A type that is dropped in the end, under its own name or renamed away before.
struct Removed {
  ObjectName original, aside;
  Piece* rename = nullptr;
  Piece* drop = nullptr;
};
std::vector<Removed> removed_enums(Recognition& recognition, const std::vector<Piece*>& renames) {
  std::vector<Removed> found;
  for (Piece* drop : all_of<DropType>(recognition)) {
    const ObjectName& gone = std::get<DropType>(drop->operation).type;
    const auto away = std::find_if(renames.begin(), renames.end(), [&](const Piece* rename) {
      const auto& op = std::get<RenameType>(rename->operation);
      return renamed(op.type, op.to) == gone && rename->source.statement < drop->source.statement;
    });
    if (away == renames.end()) {
      found.push_back({gone, gone, nullptr, drop});
    } else {
      found.push_back({std::get<RenameType>((*away)->operation).type, gone, *away, drop});
    }
  }
  return found;
}

bool is_type(const TypeName& type, const ObjectName& name) { return type.name == name; }

}  // namespace

void find_enum_swaps(Recognition& recognition) {
  const std::vector<Piece*> creates = all_of<CreateEnum>(recognition);
  if (creates.empty()) return;
  const std::vector<Piece*> renames = all_of<RenameType>(recognition);
  for (const Removed& type : removed_enums(recognition, renames)) {
    const ObjectName& original = type.original;
    const ObjectName& aside = type.aside;
    if (type.drop->taken || recognition.before.enums.find(original) == nullptr) continue;
    const Replacement replacement = find_replacement(creates, renames, original);
    if (replacement.create == nullptr) continue;

    std::vector<Piece*> parts{replacement.create, type.drop};
    if (type.rename != nullptr) parts.push_back(type.rename);
    if (replacement.rename != nullptr) parts.push_back(replacement.rename);
    ReplaceEnum swap;
    swap.type = original;
    const auto& made = std::get<CreateEnum>(replacement.create->operation);
    swap.labels = made.labels;
    for (Piece* change : all_of<ChangeType>(recognition)) {
      const auto& op = std::get<ChangeType>(change->operation);
      const bool from_old = change->old_column && (is_type(change->old_column->type, original) ||
                                                   is_type(change->old_column->type, aside));
      if (!is_type(op.type, made.type) || (change->old_column && !from_old)) continue;
      parts.push_back(change);
      swap.columns.push_back({op.table, op.column});
    }
    // Defaults are taken away and put back around the cast.
    std::size_t first = parts.front()->source.statement, last = first;
    for (const Piece* part : parts) {
      first = std::min(first, part->source.statement);
      last = std::max(last, part->source.statement);
    }
    const auto is_swapped = [&](const TableName& table, const Identifier& column) {
      return std::any_of(swap.columns.begin(), swap.columns.end(), [&](const ReplaceEnum::User& user) {
        return user.table == table && user.column == column;
      });
    };
    for (Piece* piece : all_of<DropDefault>(recognition)) {
      const auto& op = std::get<DropDefault>(piece->operation);
      if (is_swapped(op.table, op.column) && piece->source.statement + 8 >= first &&
          piece->source.statement <= last) {
        parts.push_back(piece);
      }
    }
    for (Piece* piece : all_of<SetDefault>(recognition)) {
      const auto& op = std::get<SetDefault>(piece->operation);
      if (is_swapped(op.table, op.column) && piece->source.statement >= first) parts.push_back(piece);
    }
    add_own_block(recognition, parts);

    Evidence evidence;
    evidence.reasons.push_back(
        "the enum is created anew, its columns are cast over and the old one is dropped");
    const EnumType* old_type = recognition.before.enums.find(original);
    std::string removed, added;
    for (const std::string& label : old_type->labels) {
      if (std::find(swap.labels.begin(), swap.labels.end(), label) == swap.labels.end()) {
        removed += (removed.empty() ? "" : ", ") + label;
      }
    }
    for (const std::string& label : swap.labels) {
      if (std::find(old_type->labels.begin(), old_type->labels.end(), label) == old_type->labels.end()) {
        added += (added.empty() ? "" : ", ") + label;
      }
    }
    if (!removed.empty()) evidence.reasons.push_back("labels removed: " + removed);
    if (!added.empty()) evidence.reasons.push_back("labels added: " + added);
    recognition.take(std::move(swap), parts, std::move(evidence));
  }
}

}  // namespace planner
