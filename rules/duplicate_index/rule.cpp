#include <algorithm>
#include <cstddef>

#include "rules/about.h"

namespace planner::rules {
namespace {

bool same_elements(const Index& a, const Index& b) {
  if (a.elements.size() > b.elements.size()) return false;
  for (std::size_t i = 0; i < a.elements.size(); ++i) {
    if (a.elements[i].column.empty() || a.elements[i].column != b.elements[i].column ||
        a.elements[i].opclass != b.elements[i].opclass ||
        a.elements[i].descending != b.elements[i].descending)
      return false;
  }
  return true;
}

bool is_covered(const Schema& end, const TableName& table_name, const Identifier& name) {
  const Table* table = end.table(table_name);
  const Index* index = table != nullptr ? table->index(name) : nullptr;
  if (index == nullptr || index->method != "btree" || index->unique || index->predicate ||
      !index->included.empty())
    return false;
  return std::any_of(table->indexes.begin(), table->indexes.end(), [&](const Index& other) {
    if (other.name == index->name || other.method != "btree" || other.predicate ||
        !same_elements(*index, other))
      return false;
    // Of two that are alike, one is told.
    return !(same_elements(other, *index) && other.name < index->name && !other.unique);
  });
}

std::vector<OpenVerdict> check(const MigrationSubject& subject) {
  std::vector<OpenVerdict> verdicts;
  for (const Intention& intention : subject.intentions) {
    const auto* made = std::get_if<CreateIndex>(&intention.operation);
    if (made == nullptr || made->name.empty()) continue;
    Verdict verdict;
    verdict.at = intention.sources.front();
    verdict.object = display(made->table) + "." + made->name.str();
    verdict.message = "Another index of " + name_of(made->table) + " begins with the columns of \"" +
                      made->name.str() + "\": it finds the same rows, and every write maintains both";
    verdict.help = "Leave it out";
    verdicts.push_back({std::move(verdict), [table = made->table, name = made->name](const Schema& end) {
                          return is_covered(end, table, name);
                        }});
  }
  return verdicts;
}

}  // namespace

extern const Rule duplicate_index;
const Rule duplicate_index{.id = "duplicate-index",
                           .summary = "An index that another one makes superfluous",
                           .severity = Severity::Info,
                           .category = Category::Hygiene,
                           .opt_in = true,
                           .check_open = check};

}  // namespace planner::rules
