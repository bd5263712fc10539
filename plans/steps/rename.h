#pragma once

#include "plans/steps/mirror.h"

/// Columns of one table that change their names together: a copy under the new name follows the old column
/// until nobody uses that any more.
namespace planner::plans {

/// One column of the table that changes its name.
struct Rename {
  Identifier from, to;
  const Column* old_column = nullptr;
  Expression old_default;  ///< that statements before the rename may have set
  TypeName type;
  ObjectName collation;
  bool not_null = false;           ///< the column under its new name
  Expression fill;                 ///< for rows whose old value is NULL although the new column may not be
  Expression transition_default;   ///< of the new column while both exist
  Expression final_default;        ///< of the new column in the end
  bool dropped_and_added = false;  ///< written as DROP + ADD: nothing but the data is carried over
  std::vector<SourceRef> sources;
};

struct Renames {
  const Table* table = nullptr;
  const Schema* schema =
      nullptr;  ///< that holds the table: at the start, or after the migration has renamed it
  std::vector<Identifier> views;  ///< that stand in under the table's old names and show the old columns
  std::vector<Rename> columns;
  Mirror mirror;
  /// The old column keeps everything that hangs on it and takes the new name in the end; the copy serves the
  /// transition only.
  bool old_one_stays = false;
  std::vector<CreateIndex> indexes;  ///< of the copy, for the time it is read
};

/// A default that gives the same value all through a transaction.
bool stable(const Schema& schema, const Expression& value);
StepLock exclusive(const Renames& renames);
std::string pairs_said(const Renames& renames);
std::string names_said(const Renames& renames, bool new_ones);
/// The CHECK by which SET NOT NULL need not read the table.
Identifier proof_name(const Identifier& column);
Sql add_proof(const TableName& table, const Identifier& proof, const Identifier& column);
Sql alter(const TableName& table, const std::vector<Sql>& actions);
/// ADD COLUMN `as` (a copy of the renamed column) without NOT NULL. The default is set apart: inside ADD
/// COLUMN it would fill the rows that exist, and a row that must still be copied could no longer be told.
std::vector<Sql> add_actions(const Rename& rename, const Identifier& as);
/// Everything that makes `copies` follow the renamed columns: the copies, the mirror, the constraints that
/// prove it.
std::vector<Sql> install(const Mirror& mirror, const std::vector<Rename>& columns,
                         const std::vector<Identifier>& copies);
/// VALIDATE of the mirror's CHECK and of the not-null proofs: one pass over the table.
Sql validate(const Renames& renames);
/// SET NOT NULL and DROP of its proof: two statements, because in one ALTER TABLE the drop runs first and the
/// table is read.
std::vector<Sql> enforce_not_null(const Renames& renames);

Step add_step(const Renames& renames);
Step copy_step(const Renames& renames, const RecipeContext& context);
/// Indexes the copy needs while the new release reads it; they go with the copy.
Step index_step(const Renames& renames, const CreateIndex& index, const Identifier& original);
Step dual_write_step(const Renames& renames);
Step enforce_step(const Renames& renames);
Step drop_step(const Renames& renames, const RecipeContext& context);

/// The way back from the last phase when the copy went and the old column took its name: a new copy first
/// grows beside the column, then both change names at once, so that either release finds all values at any
/// moment.
std::vector<ReverseStep> regrow_copy(const Renames& renames, const RecipeContext& context);
/// The way back from the last phase when the old column was dropped: it grows again as a copy of the new one.
std::vector<ReverseStep> regrow_old(const Renames& renames, const RecipeContext& context);

}  // namespace planner::plans
