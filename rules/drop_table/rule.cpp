#include "rules/about.h"

namespace planner::rules {
namespace {

std::optional<Verdict> check(const DropTable& drop, const Subject& subject) {
  if (is_questioned(subject.questions, drop.table)) return std::nullopt;
  // The list of rows that a batch kept for itself.
  if (drop.table.schema.str() == "planner" && drop.table.name.str().starts_with("rows_")) return std::nullopt;
  const Table* table = subject.before.table(drop.table);
  // IF EXISTS on something no migration creates: nothing is known to be lost.
  if (table == nullptr && drop.if_exists) return std::nullopt;
  Verdict verdict;
  verdict.object = display(drop.table);
  const Table* made_again = subject.migration_end.table(drop.table);
  if (made_again != nullptr && made_again != table && made_again->is_new) {
    verdict.message = "Dropping " + name_of(drop.table) +
                      " and creating it again loses every row, and the running release fails in between "
                      "and on whatever the new table no longer has";
    verdict.help = "Change the table that is there with ALTER TABLE";
    verdict.splittable = false;
  } else {
    verdict.message = "Dropping " + name_of(drop.table) +
                      " loses its rows, and every running application that still uses the table fails from "
                      "this statement on";
    verdict.help = "Drop it when no running release uses it any more, with the rows kept for the way back";
  }
  const std::vector<Schema::Reference> references = subject.before.references_to(drop.table);
  if (drop.cascade == Cascade::Cascade) {
    std::vector<std::string> gone;
    for (const Schema::Reference& reference : references) {
      if (reference.from != drop.table)
        gone.push_back("foreign key \"" + reference.constraint.str() + "\" of " + name_of(reference.from));
    }
    for (const ObjectName& view : subject.before.views_reading(drop.table))
      gone.push_back("view " + name_of(view));
    if (!gone.empty()) verdict.notes.push_back("CASCADE also drops " + join_words(gone));
  }
  return about_table(subject, drop.table, Matters::Anyway, std::move(verdict));
}

}  // namespace

extern const Rule drop_table;
const Rule drop_table{
    .id = "drop-table",
    .summary = "A dropped table breaks the release that still uses it, and its rows are gone",
    .severity = Severity::Error,
    .category = Category::LosesData,
    .recipe = "drop-table",
    .check = on<check>};

}  // namespace planner::rules
