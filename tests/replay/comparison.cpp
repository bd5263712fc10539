#include "tests/replay/comparison.h"

#include <algorithm>
#include <set>

#include "planner/schema_diff.h"

namespace planner::test {
namespace {

std::string reads_text(const View& view) {
  std::string out;
  for (const auto& [relation, columns] : view.reads) {
    std::set<Identifier> sorted(columns.begin(), columns.end());
    out += (out.empty() ? "" : "; ") + display(relation) + "(" +
           display(std::vector<Identifier>(sorted.begin(), sorted.end())) + ")";
  }
  return out;
}

}  // namespace

std::vector<std::string> disagreements(const Schema& replayed, const Schema& live) {
  CompareOptions options;
  options.name_a = "replay";
  options.name_b = "PostgreSQL";
  options.column_order = true;
  options.publications = true;
  std::vector<std::string> out;
  for (const SchemaDifference& difference : compare(replayed, live, options)) {
    const Table* table = replayed.tables.find(difference.object);
    const View* view = replayed.views.find(difference.object);
    const bool uncertain = (table != nullptr && table->certainty == Certainty::Uncertain) ||
                           (view != nullptr && view->certainty == Certainty::Uncertain);
    if (!uncertain) out.push_back(difference.sentence);
  }
  for (const auto& [name, view] : replayed.views) {
    const View* other = live.views.find(name);
    if (other == nullptr || view->certainty == Certainty::Uncertain || !view->reads_all_of.empty()) continue;
    if (reads_text(*view) != reads_text(*other)) {
      out.push_back("view " + display(name) + ": reads " + reads_text(*view) + " in replay, " +
                    reads_text(*other) + " in PostgreSQL");
    }
    for (std::size_t i = 0; i < view->column_types.size() && i < other->column_types.size(); ++i) {
      if (view->column_types[i].empty() || view->column_types[i] == other->column_types[i]) continue;
      out.push_back("view " + display(name) + ": column " + view->columns[i].str() + " is " +
                    display(view->column_types[i]) + " in replay, " + display(other->column_types[i]) +
                    " in PostgreSQL");
    }
  }
  return out;
}

}  // namespace planner::test
