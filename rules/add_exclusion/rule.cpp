#include "rules/about.h"

namespace planner::rules {
namespace {

std::optional<Verdict> check(const AddExclusion& added, const Subject& subject) {
  Verdict verdict;
  verdict.object = display(added.table) +
                   (added.constraint.name.empty() ? std::string() : "." + added.constraint.name.str());
  verdict.message = "Adding an exclusion constraint to " + name_of(added.table) +
                    " builds its index and compares every row while nobody can read or write the table";
  verdict.help =
      "PostgreSQL has no way to build it in the background: add it while the table is small or in a quiet "
      "window";
  return about_table(subject, added.table, Matters::Size, std::move(verdict));
}

}  // namespace

extern const Rule add_exclusion;
const Rule add_exclusion{.id = "add-exclusion",
                         .summary = "An exclusion constraint builds its index while nobody can use the table",
                         .severity = Severity::Error,
                         .category = Category::Blocks,
                         .recipe = "add-exclusion",
                         .check = on<check>};

}  // namespace planner::rules
