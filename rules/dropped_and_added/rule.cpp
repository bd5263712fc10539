#include <algorithm>

#include "rules/about.h"

namespace planner::rules {
namespace {

std::string reasons_of(const Intention& intention) {
  return intention.evidence ? join_words(intention.evidence->reasons) : std::string();
}

/// The migration itself carries the values over.
bool has_update(const Intention& intention, const ParsedFile& file) {
  return std::any_of(intention.sources.begin(), intention.sources.end(), [&](const SourceRef& source) {
    return source.nested < 0 &&
           std::holds_alternative<Update>(file.statements[source.statement].operations[source.operation]);
  });
}

Verdict column_verdict(const RenameColumn& rename, const Intention& intention,
                       const MigrationSubject& subject, bool sure) {
  const bool copied = has_update(intention, subject.file);
  Verdict verdict;
  verdict.object = object_of(rename.table, rename.from);
  verdict.at = intention.sources.front();
  const std::string pair =
      "Dropping " + column_of(rename.table, rename.from) + " and adding \"" + rename.to.str() + "\"";
  const std::string loss =
      (copied ? std::string() : "every value in \"" + rename.from.str() + "\" is lost, and ") +
      "the running release fails on the missing column";
  const bool required = intention.added_column && intention.added_column->not_null &&
                        intention.added_column->default_value.empty();
  const Table* table = subject.start.table(rename.table);
  const Column* old_column = table != nullptr ? table->column(rename.from) : nullptr;
  const bool new_required = required || (!intention.added_column && old_column != nullptr &&
                                         old_column->not_null && old_column->default_value.empty());
  const std::string fails = new_required ? "; on a table with rows the migration fails, because \"" +
                                               rename.to.str() + "\" is required"
                                         : std::string();
  if (sure) {
    verdict.message = pair + (copied ? " is a rename: " : " is a rename written as a loss: ") + loss + fails;
    verdict.help = "Rename it in phases that keep the values";
  } else {
    verdict.message = pair + " may be a rename. As written " + loss + fails;
    const std::string option = display(rename.table) + "." + rename.from.str();
    verdict.help =
        "Say which it is, --rename " + option + "=" + rename.to.str() + " or --no-rename " + option;
  }
  const std::string reasons = reasons_of(intention);
  if (!reasons.empty()) verdict.notes.push_back("why it looks like a rename: " + reasons);
  return verdict;
}

Verdict table_verdict(const RenameTable& rename, const Intention& intention, bool sure) {
  Verdict verdict;
  const TableName now{rename.table.schema, rename.to};
  verdict.object = display(rename.table);
  verdict.at = intention.sources.front();
  verdict.recipe = "rename-table";
  const std::string pair = "Dropping " + name_of(rename.table) + " and creating " + name_of(now);
  const std::string loss = "every row of " + name_of(rename.table) +
                           " is lost, and the running release fails on the missing table";
  if (sure) {
    verdict.message = pair + " is a rename written as a loss: " + loss;
    verdict.help = "Rename it in phases that keep the rows";
  } else {
    verdict.message = pair + " may be a rename. As written " + loss;
    verdict.help = "Say which it is, --rename " + display(rename.table) + "=" + rename.to.str() +
                   " or --no-rename " + display(rename.table);
  }
  const std::string reasons = reasons_of(intention);
  if (!reasons.empty()) verdict.notes.push_back("why it looks like a rename: " + reasons);
  return verdict;
}

std::vector<Verdict> check(const MigrationSubject& subject) {
  std::vector<Verdict> verdicts;
  const auto look = [&](const Intention& intention, bool sure) {
    if (!intention.evidence) return;
    std::optional<Verdict> verdict;
    if (const auto* rename = std::get_if<RenameColumn>(&intention.operation)) {
      const Table* table = subject.start.table(rename->table);
      // Added and dropped again by the same migration: it held nothing and nobody read it.
      if (table != nullptr && table->certainty == Certainty::Known && table->column(rename->from) == nullptr)
        return;
      verdict = about_table(subject.start, subject.settings, rename->table, Matters::Anyway, Severity::Error,
                            column_verdict(*rename, intention, subject, sure));
    } else if (const auto* renamed = std::get_if<RenameTable>(&intention.operation)) {
      verdict = about_table(subject.start, subject.settings, renamed->table, Matters::Anyway, Severity::Error,
                            table_verdict(*renamed, intention, sure));
    }
    if (verdict) verdicts.push_back(std::move(*verdict));
  };
  for (const Intention& intention : subject.intentions) look(intention, true);
  for (const Intention& question : subject.questions) look(question, false);
  return verdicts;
}

}  // namespace

extern const Rule dropped_and_added;
const Rule dropped_and_added{
    .id = "dropped-and-added",
    .summary = "A column or table is dropped and one like it added: a rename that loses its data",
    .severity = Severity::Error,
    .category = Category::LosesData,
    .recipe = "rename-column",
    .check_migration = check};

}  // namespace planner::rules
