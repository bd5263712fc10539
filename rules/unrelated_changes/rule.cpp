#include <algorithm>
#include <cstddef>
#include <utility>

#include "rules/about.h"

namespace planner::rules {
namespace {

constexpr std::size_t kTogether = 2;

std::vector<Verdict> check(const MigrationSubject& subject) {
  std::vector<TableName> changed;
  std::optional<SourceRef> where;
  std::vector<std::pair<TableName, TableName>> links;
  for (const Intention& intention : subject.intentions) {
    const ObjectName* target = target_relation(intention.operation);
    if (target == nullptr || subject.start.table(*target) == nullptr) continue;
    if (const auto* foreign = std::get_if<AddForeignKey>(&intention.operation))
      links.emplace_back(*target, foreign->constraint.references.table);
    if (std::find(changed.begin(), changed.end(), *target) != changed.end()) continue;
    changed.push_back(*target);
    if (changed.size() > kTogether && !where) where = intention.sources.front();
  }
  // Tables that a new foreign key ties together are one change.
  const auto tied = [&](const TableName& table) {
    return std::any_of(links.begin(), links.end(), [&](const auto& link) {
      return (link.first == table &&
              std::find(changed.begin(), changed.end(), link.second) != changed.end()) ||
             (link.second == table && std::find(changed.begin(), changed.end(), link.first) != changed.end());
    });
  };
  const auto alone =
      std::count_if(changed.begin(), changed.end(), [&](const TableName& table) { return !tied(table); });
  if (!where || alone <= static_cast<std::ptrdiff_t>(kTogether)) return {};
  Verdict verdict;
  verdict.at = where;
  verdict.object = subject.migration.name;
  verdict.message = "This migration changes " + count_of(changed.size(), "table") +
                    " that have nothing to do with each other (" + list_of(changed) +
                    "): it can only be deployed, and undone, as a whole";
  verdict.help = "Give each change its own migration";
  std::vector<Verdict> one;
  one.push_back(std::move(verdict));
  return one;
}

}  // namespace

extern const Rule unrelated_changes;
const Rule unrelated_changes{.id = "unrelated-changes",
                             .summary = "Several unrelated changes in one migration",
                             .severity = Severity::Info,
                             .category = Category::Hygiene,
                             .opt_in = true,
                             .check_migration = check};

}  // namespace planner::rules
