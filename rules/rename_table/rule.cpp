#include <algorithm>

#include "rules/planners.h"

namespace planner::rules {
namespace {

/// The columns of the renamed table that the view under its old name does not have, as far as both are known.
std::vector<Identifier> missing_in(const View* view, const Table* table) {
  if (view == nullptr || table == nullptr || view->columns.empty() || view->certainty != Certainty::Known)
    return {};
  std::vector<Identifier> missing;
  for (const Column& column : table->columns) {
    if (std::find(view->columns.begin(), view->columns.end(), column.name) == view->columns.end())
      missing.push_back(column.name);
  }
  return missing;
}

std::optional<Verdict> check(const RenameTable& rename, const Subject& subject) {
  if (subject.intention.evidence) return std::nullopt;  // DROP + CREATE: the rule dropped-and-added
  if (subject.before.sequence(rename.table) != nullptr) return std::nullopt;  // the rule rename-object
  if (is_planners(rename.table)) return std::nullopt;
  const TableName now{rename.table.schema, rename.to};
  Verdict verdict;
  verdict.object = display(rename.table);
  const View* kept = subject.migration_end.view(rename.table);
  const std::vector<Identifier> missing = missing_in(kept, subject.before.table(rename.table));
  if (!missing.empty()) {
    verdict.splittable = false;
    verdict.message = "Renaming " + name_of(rename.table) + " to " + name_of(now) +
                      " leaves a view under the old name without " + list_of(missing) +
                      ": every running application that uses " + (missing.size() == 1 ? "it" : "them") +
                      " fails from this statement on";
    verdict.help = "Give the view all columns that the table had";
    return about_table(subject, rename.table, Matters::Anyway, std::move(verdict));
  }
  if (kept != nullptr) {
    verdict.severity = Severity::Info;
    verdict.splittable = false;
    verdict.message = "Renaming " + name_of(rename.table) + " to " + name_of(now) +
                      " leaves a view under the old name: running applications can go on reading and writing "
                      "through it, but not "
                      "TRUNCATE, ALTER or reference it";
    return about_table(subject, rename.table, Matters::Anyway, std::move(verdict));
  }
  verdict.message = "Renaming " + name_of(rename.table) + " to " + name_of(now) +
                    " breaks every running application that still uses the old name, from this statement "
                    "until the new release has "
                    "replaced it everywhere";
  verdict.help = "Keep both names usable while the releases change";
  return about_table(subject, rename.table, Matters::Anyway, std::move(verdict));
}

}  // namespace

extern const Rule rename_table;
const Rule rename_table{.id = "rename-table",
                        .summary = "A renamed table breaks the release that is running",
                        .severity = Severity::Error,
                        .category = Category::BreaksRelease,
                        .recipe = "rename-table",
                        .check = on<check>};

}  // namespace planner::rules
