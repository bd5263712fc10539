#include <cstddef>

#include "rules/about.h"

namespace planner::rules {
namespace {

bool covers(const CreateIndex& made, const Index& dropped) {
  if (made.elements.size() < dropped.elements.size() || dropped.elements.empty()) return false;
  for (std::size_t i = 0; i < dropped.elements.size(); ++i) {
    if (dropped.elements[i].column.empty() || made.elements[i].column != dropped.elements[i].column)
      return false;
  }
  return true;
}

std::vector<Verdict> check(const MigrationSubject& subject) {
  std::vector<Verdict> verdicts;
  for (std::size_t i = 0; i < subject.intentions.size(); ++i) {
    const auto* drop = std::get_if<DropIndex>(&subject.intentions[i].operation);
    if (drop == nullptr) continue;
    const std::size_t statement = subject.intentions[i].sources.front().statement;
    const Schema& met = *subject.before_statement[statement];
    const Index* dropped = met.index(drop->index);
    if (dropped == nullptr) continue;
    for (std::size_t j = i + 1; j < subject.intentions.size(); ++j) {
      const auto* made = std::get_if<CreateIndex>(&subject.intentions[j].operation);
      if (made == nullptr || made->table != dropped->table || !covers(*made, *dropped)) continue;
      // In one transaction the table stays locked in between: queries wait, none runs without an index.
      if (always_share_transaction(subject.deliveries, statement,
                                   subject.intentions[j].sources.front().statement))
        continue;
      Verdict verdict;
      verdict.at = subject.intentions[i].sources.front();
      verdict.object = display(dropped->table) + "." + dropped->name.name.str();
      verdict.message = "Between the drop of \"" + dropped->name.name.str() +
                        "\" and the end of the build of its successor no index serves the queries on " +
                        name_of(dropped->table) + " that used it";
      verdict.help = "Build the new index first, then drop the old one";
      if (auto fitted = about_table(met, subject.settings, dropped->table, Matters::Size, Severity::Info,
                                    std::move(verdict)))
        verdicts.push_back(std::move(*fitted));
      break;
    }
  }
  return verdicts;
}

}  // namespace

extern const Rule index_dropped_first;
const Rule index_dropped_first{.id = "index-dropped-first",
                               .summary = "An index is dropped before the one that replaces it is built",
                               .severity = Severity::Info,
                               .category = Category::Blocks,
                               .check_migration = check};

}  // namespace planner::rules
