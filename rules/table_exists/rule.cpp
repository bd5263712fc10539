#include "rules/about.h"

namespace planner::rules {
namespace {

std::optional<Verdict> check(const CreateTable& op, const Subject& subject) {
  if (!op.if_not_exists) return std::nullopt;
  const Table* table = subject.before.table(op.table);
  if (table == nullptr || table->is_new) return std::nullopt;
  for (const ColumnDefinition& column : op.columns) {
    if (table->column(column.name) != nullptr) continue;
    Verdict verdict;
    verdict.object = display(op.table);
    verdict.message = name_of(op.table) +
                      " exists: CREATE TABLE IF NOT EXISTS does nothing, and the column \"" +
                      column.name.str() + "\" it asks for is not there afterwards";
    verdict.help = "Add the column with ALTER TABLE";
    return verdict;
  }
  return std::nullopt;
}

}  // namespace

extern const Rule table_exists;
const Rule table_exists{.id = "table-exists",
                        .summary = "CREATE TABLE IF NOT EXISTS of a table that is there does nothing",
                        .severity = Severity::Warning,
                        .category = Category::Fails,

                        .check = on<check>};

}  // namespace planner::rules
