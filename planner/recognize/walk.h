#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "planner/recognize/recognize.h"
#include "planner/replay/replay.h"

/// The walk over a migration's operations that recognition and analysis share: each operation qualified by
/// the schema it meets, then applied to that schema.
namespace planner {

/// The operation with every name qualified as PostgreSQL would resolve it, foreign keys with their referenced
/// columns filled in.
Operation qualified(const Operation& operation, const Schema& schema);

/// One operation of the file, with what it removes (gone from the schema once it is applied).
struct Piece {
  SourceRef source;
  Operation operation;               ///< qualified
  std::optional<Column> old_column;  ///< DropColumn, ChangeType, SetNotNull, ...: the column as it was
  std::optional<Constraint> old_constraint;  ///< DropConstraint
  bool old_table_is_new = false;             ///< the table came with a pending migration
  bool taken = false;                        ///< part of a larger intention
};

/// The order in which PostgreSQL runs the sub-commands of one ALTER TABLE: in passes, and as written within
/// one.
std::vector<std::size_t> execution_order(const std::vector<Operation>& operations);

/// What one operation of the walk meets and, where the walk had to find out, what it leaves.
struct Met {
  const Schema& schema;
  const Schema* after = nullptr;
  const std::vector<ReplayProblem>* problems = nullptr;
};
using WalkVisitor = std::function<void(const Piece& piece, const Met& met)>;

/// The pieces of one statement in written order; `schema` is what the statement meets.
void pieces_of(const Statement& statement, std::size_t index, const Schema& schema,
               const ReplayOptions& options, std::vector<Piece>& pieces, const WalkVisitor& visit = nullptr);

/// Applies one statement to `schema` and appends its pieces in written order.
std::vector<ReplayProblem> walk_statement(const Statement& statement, std::size_t index, Schema& schema,
                                          const ReplayOptions& options, std::vector<Piece>& pieces,
                                          const WalkVisitor& visit = nullptr);

/// Labels of the columns that stand before the file and that its statements change, read or build on.
std::set<std::string> columns_touched(const ParsedFile& file, const Schema& before);

/// A plan is made for what a change of type by way of a passing name means; what its statements do as written
/// is judged one by one.
enum class Reading { AsMeant, AsWritten };

/// The second half of recognize(): pieces of a whole file -> intentions.
Recognized recognize_pieces(std::vector<Piece> pieces, const Migration& migration, const Schema& before,
                            const RenameAnswers& answers, Reading reading = Reading::AsMeant);

}  // namespace planner
