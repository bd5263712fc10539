#include "planner/recognize/walk.h"

#include <algorithm>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "planner/labels.h"
#include "planner/replay/passes.h"
#include "planner/sql/handlers.h"

namespace planner {
namespace {

struct Qualifier {
  const Schema& schema;

  void relation(ObjectName& name) const {
    if (!name.empty() && name.schema.empty()) name = schema.resolve_relation(name);
  }
  void relations(std::vector<TableName>& names) const {
    for (TableName& name : names) relation(name);
  }
  /// User-defined types only: built-in ones have no schema by convention.
  void type(TypeName& type) const {
    if (type.empty() || !type.name.schema.empty()) return;
    ObjectName found = schema.resolve_type(type.name);
    if (schema.enums.contains(found) || schema.domains.contains(found) || schema.types.contains(found) ||
        schema.tables.contains(found)) {
      type.name = std::move(found);
    }
  }
  void type_name(ObjectName& name) const {
    if (!name.empty() && name.schema.empty()) name = schema.resolve_type(name);
  }
  void constraint(ConstraintDefinition& constraint) const {
    if (constraint.references.table.empty()) return;
    relation(constraint.references.table);
    if (!constraint.references.columns.empty()) return;
    const Table* target = schema.table(constraint.references.table);
    const Constraint* key = target != nullptr ? target->primary_key() : nullptr;
    if (key != nullptr) constraint.references.columns = key->definition.columns;
  }
  void column(ColumnDefinition& column) const {
    type(column.type);
    for (ConstraintDefinition& inline_constraint : column.constraints) constraint(inline_constraint);
  }

  template <typename T>
  void operator()(T& op) const {
    if constexpr (requires { op.table; }) relation(op.table);
    if constexpr (std::is_same_v<T, CreateTable>) {
      for (ColumnDefinition& c : op.columns) column(c);
      for (ConstraintDefinition& c : op.constraints) constraint(c);
      for (LikeClause& like : op.likes) relation(like.source);
      relations(op.inherits);
      if (op.partition_of) relation(*op.partition_of);
    } else if constexpr (std::is_same_v<T, AddColumn> || std::is_same_v<T, ReplaceColumn>) {
      column(op.column);
    } else if constexpr (std::is_same_v<T, ChangeType>) {
      type(op.type);
    } else if constexpr (requires { op.constraint.references; }) {
      constraint(op.constraint);
    } else if constexpr (std::is_same_v<T, AttachPartition> || std::is_same_v<T, DetachPartition>) {
      relation(op.partition);
    } else if constexpr (std::is_same_v<T, Inherit>) {
      relation(op.parent);
    } else if constexpr (requires { op.index.schema; }) {
      relation(op.index);
      if constexpr (requires { op.partition; }) relation(op.partition);
    } else if constexpr (requires { op.view; }) {
      relation(op.view);
    } else if constexpr (requires { op.sequence; }) {
      relation(op.sequence);
      if constexpr (requires { op.options.owned_by_table; }) {
        if (op.options.owned_by_table) relation(*op.options.owned_by_table);
      }
    } else if constexpr (std::is_same_v<T, Truncate> || std::is_same_v<T, LockTable> ||
                         std::is_same_v<T, Vacuum>) {
      relations(op.tables);
    } else if constexpr (std::is_same_v<T, Insert>) {
      relations(op.source_tables);
    } else if constexpr (std::is_same_v<T, Reindex>) {
      if (op.target == ReindexTarget::Index || op.target == ReindexTarget::Table) relation(op.name);
    } else if constexpr (std::is_same_v<T, Unrecognized>) {
      relations(op.may_touch);
    } else if constexpr (std::is_same_v<T, SetSchema> || std::is_same_v<T, ChangeOwner> ||
                         std::is_same_v<T, Comment>) {
      switch (op.kind) {
        case ObjectKind::Table:
        case ObjectKind::ForeignTable:
        case ObjectKind::View:
        case ObjectKind::MaterializedView:
        case ObjectKind::Index:
        case ObjectKind::Sequence:
        case ObjectKind::Column:
        case ObjectKind::Constraint:
        case ObjectKind::Trigger:
        case ObjectKind::Policy:
        case ObjectKind::Rule:
          relation(op.name);
          break;
        case ObjectKind::Type:
        case ObjectKind::Domain:
          type_name(op.name);
          break;
        default:
          break;
      }
    } else if constexpr (std::is_same_v<T, DropType> || std::is_same_v<T, RenameType> ||
                         std::is_same_v<T, CreateEnum> || std::is_same_v<T, AddEnumValue> ||
                         std::is_same_v<T, RenameEnumValue> || std::is_same_v<T, ReplaceEnum> ||
                         std::is_same_v<T, AlterCompositeType> || std::is_same_v<T, CreateCompositeType>) {
      type_name(op.type);
    } else if constexpr (std::is_same_v<T, CreateDomain> || std::is_same_v<T, AlterDomain>) {
      type_name(op.domain);
      if constexpr (std::is_same_v<T, CreateDomain>) type(op.base);
    }
  }
};

/// The table and column an operation takes something away from.
void remember_old(Piece& piece, const Schema& schema) {
  std::visit(
      [&](const auto& op) {
        using Op = std::decay_t<decltype(op)>;
        if constexpr (std::is_same_v<Op, DropColumn> || std::is_same_v<Op, ChangeType> ||
                      std::is_same_v<Op, SetNotNull> || std::is_same_v<Op, DropDefault> ||
                      std::is_same_v<Op, SetDefault>) {
          const Table* table = schema.table(op.table);
          if (table == nullptr) return;
          piece.old_table_is_new = table->is_new;
          if (const Column* column = table->column(op.column)) piece.old_column = *column;
        } else if constexpr (std::is_same_v<Op, DropConstraint>) {
          const Table* table = schema.table(op.table);
          if (table == nullptr) return;
          piece.old_table_is_new = table->is_new;
          if (const Constraint* constraint = table->constraint(op.constraint))
            piece.old_constraint = *constraint;
        } else if constexpr (std::is_same_v<Op, DropTable>) {
          const Table* table = schema.table(op.table);
          piece.old_table_is_new = table != nullptr && table->is_new;
        }
      },
      piece.operation);
}

}  // namespace

Operation qualified(const Operation& operation, const Schema& schema) {
  Operation copy = operation;
  std::visit(
      [&](auto& op) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(op)>, std::shared_ptr<const DoBlock>>)
          Qualifier{schema}(op);
      },
      copy);
  return copy;
}

std::vector<std::size_t> execution_order(const std::vector<Operation>& operations) {
  std::vector<std::size_t> order;
  order.reserve(operations.size());
  for (std::size_t i = 0; i < operations.size(); ++i) order.push_back(i);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return alter_pass_of(operations[a]) < alter_pass_of(operations[b]);
  });
  return order;
}

namespace {

/// Shows every operation of a block and of the blocks in it with the schema it meets, and replays it there.
/// What an exception handler would do is looked at; it does it only when something before it went wrong.
/// True: something in the block is refused.
template <typename Look>
bool look_inside(const DoBlock& block, Schema& meets, const Look& look, const ReplayOptions& options) {
  bool refused = false;
  for (const Operation& inside : block.body) {
    if (const DoBlock* handler = handler_of(inside)) {
      Schema handled = meets;
      look_inside(*handler, handled, look, options);
      if (refused) meets = std::move(handled);
      continue;
    }
    const auto* nested = std::get_if<std::shared_ptr<const DoBlock>>(&inside);
    if (nested != nullptr && *nested != nullptr) {
      refused = look_inside(**nested, meets, look, options) || refused;
      continue;
    }
    refused = !replay(meets, look(inside, meets), options).empty() || refused;
  }
  return refused;
}

}  // namespace

void pieces_of(const Statement& statement, std::size_t index, const Schema& schema,
               const ReplayOptions& options, std::vector<Piece>& pieces, const WalkVisitor& visit) {
  const auto block_at = [&](std::size_t i) {
    const auto* block = std::get_if<std::shared_ptr<const DoBlock>>(&statement.operations[i]);
    return block == nullptr ? nullptr : block->get();
  };
  const auto add = [&](std::size_t i, const Schema& meets) -> Piece& {
    Piece& piece = pieces.emplace_back(Piece{
        {index, i, -1}, qualified(statement.operations[i], meets), std::nullopt, std::nullopt, false, false});
    remember_old(piece, meets);
    return piece;
  };
  // Most statements ask for one thing, which meets what the statement meets.
  if (statement.operations.size() == 1 && block_at(0) == nullptr) {
    const Piece& piece = add(0, schema);
    if (visit) visit(piece, {schema, nullptr, nullptr});
    return;
  }
  const std::size_t first = pieces.size();
  // One by one, for those who look at the single operations; what the statement leaves is told by the
  // statement as a whole: PostgreSQL runs its parts in passes of its own, and drops a list of objects at
  // once.
  Schema meets = schema;
  const bool several = statement.operations.size() > 1;
  for (const std::size_t i : execution_order(statement.operations)) {
    const DoBlock* block = block_at(i);
    if (block == nullptr) {
      const Piece& piece = add(i, meets);
      if (several && visit) {
        Schema after = meets;
        const std::vector<ReplayProblem> problems = replay(after, piece.operation, options);
        visit(piece, {meets, &after, &problems});
        meets = std::move(after);
      } else if (several) {
        replay(meets, piece.operation, options);
      } else if (visit) {
        visit(piece, {meets, nullptr, nullptr});
      }
      continue;
    }
    Piece whole{{index, i, -1}, statement.operations[i], std::nullopt, std::nullopt, false, false};
    if (visit) visit(whole, {meets, nullptr, nullptr});
    pieces.push_back(std::move(whole));
    int nested = 0;
    look_inside(
        *block, meets,
        [&](const Operation& inside, const Schema& met) -> const Operation& {
          Piece piece{{index, i, nested++}, qualified(inside, met), std::nullopt, std::nullopt, false, false};
          remember_old(piece, met);
          if (visit) visit(piece, {met, nullptr, nullptr});
          pieces.push_back(std::move(piece));
          return pieces.back().operation;
        },
        options);
  }
  const auto written_before = [](const Piece& a, const Piece& b) {
    return a.source.operation < b.source.operation;
  };
  const auto begin = pieces.begin() + static_cast<std::ptrdiff_t>(first);
  if (!std::is_sorted(begin, pieces.end(), written_before))
    std::stable_sort(begin, pieces.end(), written_before);
}

std::vector<ReplayProblem> walk_statement(const Statement& statement, std::size_t index, Schema& schema,
                                          const ReplayOptions& options, std::vector<Piece>& pieces,
                                          const WalkVisitor& visit) {
  pieces_of(statement, index, schema, options, pieces, visit);
  return replay_statement(schema, statement.operations, options);
}

Recognized recognize(const ParsedFile& file, const Migration& migration, const Schema& before,
                     const RenameAnswers& answers) {
  Schema schema = before;
  std::vector<Piece> pieces;
  for (std::size_t i = 0; i < file.statements.size(); ++i) {
    walk_statement(file.statements[i], i, schema, ReplayOptions{migration.pending}, pieces);
  }
  return recognize_pieces(std::move(pieces), migration, before, answers);
}

std::set<std::string> columns_touched(const ParsedFile& file, const Schema& before) {
  std::set<std::string> touched;
  const auto add = [&](const TableName& table, const Identifier& column) {
    const Table* known = before.table(table);
    if (known != nullptr && known->column(column) != nullptr) touched.insert(label_column(table, column));
  };
  Schema schema = before;
  std::vector<Piece> pieces;
  for (std::size_t i = 0; i < file.statements.size(); ++i)
    walk_statement(file.statements[i], i, schema, ReplayOptions{true}, pieces);
  for (const Piece& piece : pieces) {
    const std::vector<std::string> needed = needs_of(piece.operation);
    for (const auto& [name, table] : before.tables) {
      const bool whole = std::holds_alternative<DropTable>(piece.operation) ||
                         std::holds_alternative<RenameTable>(piece.operation);
      const ObjectName* target = target_relation(piece.operation);
      for (const Column& column : table->columns) {
        const bool named =
            std::find(needed.begin(), needed.end(), label_column(name, column.name)) != needed.end() ||
            std::find(needed.begin(), needed.end(), label_filled(name, column.name)) != needed.end();
        if (named || (whole && target != nullptr && *target == name)) add(name, column.name);
      }
    }
  }
  return touched;
}

}  // namespace planner
