#include "plans/steps/rename.h"

#include "plans/steps/build.h"
#include "plans/steps/ddl.h"
#include "plans/steps/text.h"

namespace planner::plans {

bool stable(const Schema& schema, const Expression& value) {
  if (value.empty()) return false;
  const auto volatility = schema.volatility(value);
  return volatility == Schema::ExpressionVolatility::Immutable ||
         volatility == Schema::ExpressionVolatility::Stable;
}

StepLock exclusive(const Renames& renames) {
  return {renames.table->name, LockMode::AccessExclusive, std::string(kMoment)};
}

std::string pairs_said(const Renames& renames) {
  std::string out;
  for (const Rename& column : renames.columns)
    out += (out.empty() ? "" : ", ") + said(column.from) + " to " + said(column.to);
  return out;
}

std::string names_said(const Renames& renames, bool new_ones) {
  std::string out;
  for (const Rename& column : renames.columns)
    out += (out.empty() ? "" : ", ") + said(new_ones ? column.to : column.from);
  return out;
}

Identifier proof_name(const Identifier& column) { return planner_name("not_null", column.str()); }

Sql alter(const TableName& table, const std::vector<Sql>& actions) {
  return sql("ALTER TABLE {} {}", table, join(actions, ", "));
}

std::vector<Sql> add_actions(const Rename& rename, const Identifier& as) {
  std::vector<Sql> actions{
      sql("ADD COLUMN {} {}{}", as, type_sql(rename.type), collate_sql(rename.collation))};
  if (!rename.transition_default.empty())
    actions.push_back(sql("ALTER COLUMN {} SET DEFAULT {}", as, rename.transition_default.text()));
  if (rename.dropped_and_added) return actions;
  const Column& old_column = *rename.old_column;
  if (!old_column.storage.empty())
    actions.push_back(sql("ALTER COLUMN {} SET STORAGE {}", as, Identifier(old_column.storage)));
  if (!old_column.compression.empty())
    actions.push_back(sql("ALTER COLUMN {} SET COMPRESSION {}", as, Identifier(old_column.compression)));
  if (old_column.statistics_target >= 0)
    actions.push_back(sql("ALTER COLUMN {} SET STATISTICS {}", as, old_column.statistics_target));
  return actions;
}

std::vector<Sql> install(const Mirror& mirror, const std::vector<Rename>& columns,
                         const std::vector<Identifier>& copies) {
  std::vector<Sql> actions;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    for (const Sql& action : add_actions(columns[i], copies[i])) actions.push_back(action);
  }
  std::vector<Sql> statements{alter(mirror.table, actions), one_way_function(mirror)};
  for (const Sql& statement : create_counter(mirror)) statements.push_back(statement);
  for (const Sql& statement : create_trigger(mirror)) statements.push_back(statement);
  statements.push_back(add_sync_check(mirror));
  return statements;
}

Sql add_proof(const TableName& table, const Identifier& proof, const Identifier& column) {
  return sql("ALTER TABLE {} ADD CONSTRAINT {} CHECK ({} IS NOT NULL) NOT VALID", table, proof, column);
}

Sql validate(const Renames& renames) {
  std::vector<Sql> actions{sql("VALIDATE CONSTRAINT {}", renames.mirror.constraint_name)};
  for (const Rename& column : renames.columns) {
    if (column.not_null) actions.push_back(sql("VALIDATE CONSTRAINT {}", proof_name(column.to)));
  }
  return alter(renames.table->name, actions);
}

std::vector<Sql> enforce_not_null(const Renames& renames) {
  std::vector<Sql> set, drop;
  for (const Rename& column : renames.columns) {
    if (!column.not_null) continue;
    set.push_back(sql("ALTER COLUMN {} SET NOT NULL", column.to));
    drop.push_back(sql("DROP CONSTRAINT {}", proof_name(column.to)));
  }
  if (set.empty()) return {};
  return {alter(renames.table->name, set), alter(renames.table->name, drop)};
}

}  // namespace planner::plans
