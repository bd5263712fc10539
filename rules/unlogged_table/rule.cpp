#include "rules/about.h"

namespace planner::rules {
namespace {

std::vector<Verdict> check(const Subject& subject) {
  TableName table;
  if (const auto* create = std::get_if<CreateTable>(&subject.intention.operation)) {
    if (create->persistence == Persistence::Unlogged) table = create->table;
  } else if (const auto* as = std::get_if<CreateTableAs>(&subject.intention.operation)) {
    if (as->persistence == Persistence::Unlogged) table = as->table;
  } else if (const auto* set = std::get_if<SetPersistence>(&subject.intention.operation)) {
    const Table* now = subject.before.table(set->table);
    const bool already = now != nullptr && now->persistence == Persistence::Unlogged;
    if (set->persistence == Persistence::Unlogged && !already) table = set->table;
  }
  if (table.empty()) return {};
  Verdict verdict;
  verdict.object = display(table);
  verdict.message =
      "An unlogged table is emptied after every crash of the server, and replicas have none of its rows: " +
      name_of(table);
  verdict.help = "Use an ordinary table unless its rows can be made again";
  std::vector<Verdict> verdicts;
  verdicts.push_back(std::move(verdict));
  return verdicts;
}

}  // namespace

extern const Rule unlogged_table;
const Rule unlogged_table{.id = "unlogged-table",
                          .summary = "An unlogged table is emptied after a crash",
                          .severity = Severity::Warning,
                          .category = Category::LosesData,
                          .check = check};

}  // namespace planner::rules
