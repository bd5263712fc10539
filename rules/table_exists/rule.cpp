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

std::optional<Verdict> check_query(const CreateTableAs& op, const Subject& subject) {
  const Table* table = op.if_not_exists ? subject.before.table(op.table) : nullptr;
  if (table == nullptr || table->is_new) return std::nullopt;
  Verdict verdict;
  verdict.object = display(op.table);
  verdict.message = name_of(op.table) +
                    " exists: CREATE TABLE IF NOT EXISTS ... AS does nothing, and the rows of its query are "
                    "not in it afterwards";
  verdict.help = "Insert them with INSERT ... SELECT";
  return verdict;
}

std::vector<Verdict> check_any(const Subject& subject) {
  std::vector<Verdict> one = on<check>(subject);
  if (one.empty()) one = on<check_query>(subject);
  return one;
}

}  // namespace

extern const Rule table_exists;
const Rule table_exists{.id = "table-exists",
                        .summary = "CREATE TABLE IF NOT EXISTS of a table that is there does nothing",
                        .severity = Severity::Warning,
                        .category = Category::Fails,

                        .check = check_any};

}  // namespace planner::rules
