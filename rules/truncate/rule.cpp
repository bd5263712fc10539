#include <algorithm>

#include "rules/about.h"

namespace planner::rules {
namespace {

std::optional<Verdict> check(const Truncate& op, const Subject& subject) {
  std::vector<ObjectName> tables;
  for (const TableName& table : op.tables) {
    if (!is_new(subject.before, table)) tables.push_back(table);
  }
  if (tables.empty()) return std::nullopt;
  Verdict verdict;
  verdict.object = display(tables.front());
  verdict.message = "TRUNCATE deletes every row of " + list_of(tables) + ", and nobody can read or write " +
                    (tables.size() == 1 ? "it" : "them") + " until the transaction ends";
  if (op.cascade == Cascade::Cascade) {
    std::vector<ObjectName> others;
    for (const TableName& table : tables) {
      for (const Schema::Reference& reference : subject.before.references_to(table)) {
        if (std::find(tables.begin(), tables.end(), reference.from) == tables.end() &&
            std::find(others.begin(), others.end(), reference.from) == others.end()) {
          others.push_back(reference.from);
        }
      }
    }
    if (!others.empty()) verdict.notes.push_back("CASCADE also empties " + list_of(others));
  }
  verdict.help = "Keep a copy if the rows matter, or delete them in batches";
  return about_table(subject, tables.front(), Matters::Anyway, std::move(verdict));
}

}  // namespace

extern const Rule truncate;
const Rule truncate{.id = "truncate",
                    .summary = "TRUNCATE deletes all rows and locks the table",
                    .severity = Severity::Error,
                    .category = Category::LosesData,

                    .check = on<check>};

}  // namespace planner::rules
