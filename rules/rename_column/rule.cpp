#include "rules/planners.h"

namespace planner::rules {
namespace {

std::optional<Verdict> check(const RenameColumn& rename, const Subject& subject) {
  if (subject.intention.evidence) return std::nullopt;  // DROP + ADD: the rule dropped-and-added
  if (is_new_column(subject.before, rename.table, rename.from)) return std::nullopt;
  if (is_planners(rename.from)) return std::nullopt;
  Verdict verdict;
  verdict.object = object_of(rename.table, rename.from);
  const auto taken_over = [&](const Operation& other) {
    const auto* next = std::get_if<RenameColumn>(&other);
    return next != nullptr && next->to == rename.from &&
           subject.before.resolve_relation(next->table) == rename.table;
  };
  if (taken_over_at_once(subject, taken_over)) {
    verdict.severity = is_planners(rename.to) ? Severity::Info : Severity::Warning;
    verdict.splittable = false;
    verdict.message = "Another column takes the name of " + column_of(rename.table, rename.from) +
                      " in the same transaction: running applications go on finding \"" + rename.from.str() +
                      "\", with the other column's values and type";
    verdict.help = "Keep the values of both columns in step before the names change";
    return about_table(subject, rename.table, Matters::Anyway, std::move(verdict));
  }
  verdict.message = "Renaming " + column_of(rename.table, rename.from) + " to \"" + rename.to.str() +
                    "\" breaks every running application that still reads or writes \"" + rename.from.str() +
                    "\", from this statement until the new release has replaced it everywhere";
  verdict.help = "Keep both columns and their values in step while the releases change";
  if (subject.before.view(rename.table) != nullptr) {
    verdict.help = "Create the view again with the column under both names, and drop the old one later";
    verdict.splittable = false;
  }
  // PostgreSQL renames in views, indexes and constraints, but not inside functions.
  const Table* table = subject.before.table(rename.table);
  if (table != nullptr && !table->triggers.empty()) {
    std::vector<ObjectName> functions;
    for (const Trigger& trigger : table->triggers) functions.push_back(trigger.definition.function);
    verdict.notes.push_back("PostgreSQL does not rename inside function bodies: the triggers of " +
                            name_of(rename.table) + " call " + list_of(functions));
  }
  return about_table(subject, rename.table, Matters::Anyway, std::move(verdict));
}

}  // namespace

extern const Rule rename_column;
const Rule rename_column{.id = "rename-column",
                         .summary = "A renamed column breaks the release that is running",
                         .severity = Severity::Error,
                         .category = Category::BreaksRelease,
                         .recipe = "rename-column",
                         .check = on<check>};

}  // namespace planner::rules
