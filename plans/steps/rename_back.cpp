#include "plans/steps/rename.h"

#include "plans/steps/backfill.h"
#include "plans/steps/ddl.h"
#include "plans/steps/privileges.h"
#include "plans/steps/text.h"

namespace planner::plans {

std::vector<ReverseStep> regrow_copy(const Renames& renames, const RecipeContext& context) {
  std::vector<MirrorPair> pairs;
  std::vector<Identifier> copies;
  std::vector<Sql> names_back;
  for (std::size_t i = 0; i < renames.columns.size(); ++i) {
    const Rename& column = renames.columns[i];
    MirrorPair pair = renames.mirror.pairs[i];
    pair.from = column.to;
    pair.to = planner_name("back", column.to.str());
    copies.push_back(pair.to);
    pairs.push_back(pair);
    names_back.push_back(
        sql("ALTER TABLE {} RENAME COLUMN {} TO {}", renames.table->name, column.to, column.from));
  }
  Mirror mirror = renames.mirror;
  mirror.pairs = pairs;
  ReverseStep grow;
  grow.locks = {exclusive(renames)};
  grow.statements = install(mirror, renames.columns, copies);
  for (std::size_t i = 0; i < copies.size(); ++i) {
    const Rename& column = renames.columns[i];
    if (column.not_null)
      grow.statements.push_back(add_proof(renames.table->name, proof_name(column.to), copies[i]));
    grow.statements.push_back(carry_privileges(renames.table->name, column.to, copies[i]));
    if (!column.old_column->comment.empty()) {
      grow.statements.push_back(sql("COMMENT ON COLUMN {}.{} IS {}", renames.table->name, copies[i],
                                    Literal(column.old_column->comment)));
    }
    names_back.push_back(
        sql("ALTER TABLE {} RENAME COLUMN {} TO {}", renames.table->name, copies[i], column.to));
  }
  std::vector<ReverseStep> back{grow};
  Backfill backfill = copy_of(mirror, *renames.table);
  for (Identifier& key : backfill.key) {
    for (const Rename& column : renames.columns) {
      if (key == column.from) key = column.to;
    }
  }
  back.push_back({{batched_block(backfill, context.options.batch_rows, copies)}, {}, Shape::Committing});
  for (const CreateIndex& index : renames.indexes) {
    CreateIndex again = index;
    for (std::size_t i = 0; i < copies.size(); ++i)
      again = on_other_column(again, renames.columns[i].to, copies[i]);
    back.push_back({{create_index_sql(again)}, {}, Shape::Alone});
  }
  back.push_back({{validate(renames)},
                  {{renames.table->name, LockMode::ShareUpdateExclusive, std::string(kScan)}},
                  Shape::Together});
  ReverseStep swap;
  swap.locks = {exclusive(renames)};
  swap.statements = names_back;
  for (const Sql& statement : enforce_not_null(renames)) swap.statements.push_back(statement);
  swap.statements.push_back(two_way_function(renames.mirror, true));
  back.push_back(swap);
  return back;
}

std::vector<ReverseStep> regrow_old(const Renames& renames, const RecipeContext& context) {
  const TableName& table = renames.table->name;
  std::vector<MirrorPair> pairs;
  std::vector<Rename> olds;
  std::vector<Identifier> copies;
  for (std::size_t i = 0; i < renames.columns.size(); ++i) {
    MirrorPair pair = renames.mirror.pairs[i];
    std::swap(pair.from, pair.to);
    std::swap(pair.from_type, pair.to_type);
    std::swap(pair.up, pair.down);
    std::swap(pair.from_default, pair.to_default);
    pairs.push_back(pair);
    Rename old = renames.columns[i];
    old.transition_default = old.old_default;
    old.collation = old.old_column->collation;
    old.type = old.old_column->type;
    old.dropped_and_added = false;
    olds.push_back(old);
    copies.push_back(old.from);
  }
  Mirror reversed = renames.mirror;
  reversed.pairs = pairs;
  ReverseStep grow;
  grow.locks = {exclusive(renames)};
  std::vector<Sql> actions, proofs, set, drop;
  for (std::size_t i = 0; i < olds.size(); ++i) {
    const Rename& column = renames.columns[i];
    for (const Sql& action : add_actions(olds[i], copies[i])) actions.push_back(action);
    if (!stable(*renames.schema, column.final_default) || column.transition_default.empty()) {
      if (column.final_default != column.transition_default) {
        actions.push_back(column.transition_default.empty() ? sql("ALTER COLUMN {} DROP DEFAULT", column.to)
                                                            : sql("ALTER COLUMN {} SET DEFAULT {}", column.to,
                                                                  column.transition_default.text()));
      }
    }
    if (column.old_column->not_null && column.not_null) {
      const Identifier proof = planner_name("not_null_again", column.from.str());
      proofs.push_back(add_proof(table, proof, column.from));
      set.push_back(sql("ALTER COLUMN {} SET NOT NULL", column.from));
      drop.push_back(sql("DROP CONSTRAINT {}", proof));
    }
    if (!column.dropped_and_added) proofs.push_back(carry_privileges(table, column.to, column.from));
    if (!column.old_column->comment.empty()) {
      proofs.push_back(
          sql("COMMENT ON COLUMN {}.{} IS {}", table, column.from, Literal(column.old_column->comment)));
    }
  }
  grow.statements = {alter(table, actions), one_way_function(reversed)};
  for (const Sql& statement : create_counter(renames.mirror)) grow.statements.push_back(statement);
  for (const Sql& statement : create_trigger(renames.mirror)) grow.statements.push_back(statement);
  grow.statements.push_back(add_sync_check(renames.mirror));
  grow.statements.insert(grow.statements.end(), proofs.begin(), proofs.end());
  std::vector<ReverseStep> back{grow};
  back.push_back({{batched_block(copy_of(reversed, *renames.table), context.options.batch_rows, copies)},
                  {},
                  Shape::Committing});
  std::vector<Sql> validations{sql("VALIDATE CONSTRAINT {}", renames.mirror.constraint_name)};
  for (const Rename& column : renames.columns) {
    if (column.old_column->not_null && column.not_null) {
      validations.push_back(sql("VALIDATE CONSTRAINT {}", planner_name("not_null_again", column.from.str())));
    }
  }
  back.push_back({{alter(table, validations), two_way_function(renames.mirror, true)},
                  {{table, LockMode::ShareUpdateExclusive, std::string(kScan)}},
                  Shape::Together});
  if (!set.empty())
    back.push_back({{alter(table, set), alter(table, drop)}, {exclusive(renames)}, Shape::Together});
  return back;
}

}  // namespace planner::plans
