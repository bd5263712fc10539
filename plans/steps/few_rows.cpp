#include "plans/steps/few_rows.h"

#include <algorithm>

#include "planner/sql/conditions.h"

namespace planner::plans {

bool few_rows(const Table& table, const Expression& where) {
  if (where.empty()) return false;
  const auto found = alternatives(where);
  return !found.empty() && std::all_of(found.begin(), found.end(), [&](const std::vector<Comparison>& all) {
    const auto fixed = [&](const Identifier& column) {
      return std::any_of(all.begin(), all.end(), [&](const Comparison& one) {
        return one.column == column && (one.comparison == "=" || one.comparison == "in") &&
               one.constants.size() <= 100;
      });
    };
    return std::any_of(table.indexes.begin(), table.indexes.end(), [&](const Index& index) {
      return index.unique && index.valid && index.predicate.empty() &&
             std::all_of(index.elements.begin(), index.elements.end(), [&](const IndexElement& element) {
               return !element.column.empty() && fixed(element.column);
             });
    });
  });
}

}  // namespace planner::plans
