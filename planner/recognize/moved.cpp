#include <algorithm>

#include "planner/recognize/parts.h"
#include "planner/sql/data_change.h"

/// A change of type written by hand: a column under a passing name, filled from the old one, which is dropped
/// and gives it its name.
namespace planner {
namespace {

/// The values of the old column alone make the new one's.
bool computed_from(const Expression& value, const Identifier& column) {
  const ExpressionFacts& facts = value.facts();
  return !facts.has_subquery && !facts.whole_row && !facts.has_parameters && facts.columns.size() == 1 &&
         facts.columns.front() == column;
}

/// `UPDATE t SET passing = f(old)` over all rows, or over those where it says nothing else.
Expression filled_with(const Update& update, const Identifier& passing, const Identifier& old_column) {
  const std::optional<DataChange> change = data_change(update.statement);
  if (!change || !change->plain || change->assignments.size() != 1 ||
      !(change->assignments.front().first == passing))
    return {};
  const bool every_row = change->where.empty() ||
                         same_meaning(change->where, Expression::parse(quoted(passing) + " IS NULL")) ||
                         same_meaning(change->where, Expression::parse(quoted(old_column) + " IS NOT NULL"));
  const Expression& value = change->assignments.front().second;
  return every_row && computed_from(value, old_column) ? value : Expression();
}

struct Moved {
  std::vector<Piece*> pieces;
  Expression value;
  TypeName type;
};

/// Everything the migration does to the column while it bears the passing name, or nothing when it is more
/// than adding, filling and renaming it.
std::optional<Moved> moved(Recognition& recognition, Piece& add, Piece& rename) {
  const auto& added = std::get<AddColumn>(add.operation);
  const auto& renamed = std::get<RenameColumn>(rename.operation);
  Moved found{{&add, &rename}, {}, added.column.type};
  Piece* drop = nullptr;
  for (Piece& piece : recognition.pieces) {
    if (piece.taken || &piece == &add || &piece == &rename || piece.source.nested >= 0) continue;
    if (const auto* update = std::get_if<Update>(&piece.operation);
        update != nullptr && update->table == renamed.table &&
        std::find(update->columns.begin(), update->columns.end(), renamed.from) != update->columns.end()) {
      if (!found.value.empty()) return std::nullopt;
      found.value = filled_with(*update, renamed.from, renamed.to);
      if (found.value.empty()) return std::nullopt;
      found.pieces.push_back(&piece);
    } else if (const auto* dropped = std::get_if<DropColumn>(&piece.operation);
               dropped != nullptr && dropped->table == renamed.table && dropped->column == renamed.to) {
      drop = &piece;
    } else if (const auto* change = std::get_if<ChangeType>(&piece.operation);
               change != nullptr && change->table == renamed.table && change->column == renamed.to &&
               piece.source.statement > rename.source.statement && !found.value.empty()) {
      // A second step of the same way.
      found.value = change->using_expression.empty()
                        ? found.value
                        : change->using_expression.with_column_replaced(renamed.to, found.value);
      if (!computed_from(found.value, renamed.to)) return std::nullopt;
      found.type = change->type;
      found.pieces.push_back(&piece);
    }
  }
  if (drop == nullptr || found.value.empty() || drop->source.statement > rename.source.statement)
    return std::nullopt;
  found.pieces.push_back(drop);
  // An assignment casts by itself; the value of a change of type has to be of the new one.
  const std::optional<CastChain> chain = cast_chain(found.value);
  if (!chain || chain->casts.empty() || !(chain->casts.back() == found.type))
    found.value = Expression::parse("(" + found.value.text().str() + ")::" + type_sql(found.type).str());
  return found;
}

}  // namespace

void find_moved_columns(Recognition& recognition) {
  for (Piece& rename : recognition.pieces) {
    const auto* renamed = std::get_if<RenameColumn>(&rename.operation);
    if (renamed == nullptr || rename.taken || rename.source.nested >= 0) continue;
    const Table* table = recognition.before.table(renamed->table);
    if (table == nullptr || table->is_new || table->column(renamed->to) == nullptr ||
        table->column(renamed->from) != nullptr)
      continue;
    for (Piece& add : recognition.pieces) {
      const auto* added = std::get_if<AddColumn>(&add.operation);
      if (added == nullptr || add.taken || add.source.nested >= 0 || added->table != renamed->table ||
          !(added->column.name == renamed->from) || added->column.identity ||
          !added->column.generated.empty() || !added->column.constraints.empty())
        continue;
      const std::optional<Moved> found = moved(recognition, add, rename);
      if (!found) break;
      const TableName name = renamed->table;
      const Identifier column = renamed->to, passing = renamed->from;
      Evidence evidence;
      evidence.reasons.push_back("\"" + passing.str() + "\" is filled from \"" + column.str() +
                                 "\", which is dropped and gives it its name");
      recognition.take(ChangeType{name, column, found->type, {}, found->value}, found->pieces,
                       std::move(evidence));
      break;
    }
  }
}

}  // namespace planner
