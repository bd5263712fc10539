#include "rules/about.h"

namespace planner::rules {
namespace {

std::optional<Verdict> check(const DropType& op, const Subject& subject) {
  if (op.cascade != Cascade::Cascade) return std::nullopt;
  std::vector<std::string> columns;
  for (auto it = subject.before.tables.begin(); it != subject.before.tables.end(); ++it) {
    const Table& table = *it->second;
    if (table.is_new) continue;
    for (const Column& column : table.columns) {
      if (column.type.name == op.type) columns.push_back(column_of(table.name, column.name));
    }
  }
  if (columns.empty()) return std::nullopt;
  Verdict verdict;
  verdict.object = display(op.type);
  verdict.message =
      "DROP TYPE " + name_of(op.type) + " CASCADE also drops " + join_words(columns) + ", with all values";
  verdict.help = "Drop the columns first, each when no running release names it any more";
  return verdict;
}

}  // namespace

extern const Rule drop_type;
const Rule drop_type{.id = "drop-type",
                     .summary = "DROP TYPE ... CASCADE drops the columns of the type",
                     .severity = Severity::Error,
                     .category = Category::LosesData,
                     .recipe = "drop-type",

                     .check = on<check>};

}  // namespace planner::rules
