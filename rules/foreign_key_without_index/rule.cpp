#include <algorithm>
#include <cstddef>

#include "rules/about.h"
#include "rules/keys.h"

namespace planner::rules {
namespace {

/// Does an index find the rows that point at one row of the other table? Its first columns must be the key's,
/// in any order.
bool finds(const Index& index, const std::vector<Identifier>& columns) {
  if (index.method != "btree" && index.method != "hash") return false;
  if (index.predicate && !std::all_of(columns.begin(), columns.end(), [&](const Identifier& column) {
        return proves_not_null(index.predicate, column);
      }))
    return false;
  if (index.elements.size() < columns.size()) return false;
  return std::all_of(columns.begin(), columns.end(), [&](const Identifier& column) {
    const auto end = index.elements.begin() + static_cast<std::ptrdiff_t>(columns.size());
    return std::any_of(index.elements.begin(), end,
                       [&](const IndexElement& element) { return element.column == column; });
  });
}

bool has_index(const Table& table, const std::vector<Identifier>& columns) {
  return std::any_of(table.indexes.begin(), table.indexes.end(),
                     [&](const Index& index) { return finds(index, columns); });
}

std::string what_scans(const ForeignKeyTarget& target) {
  switch (target.on_delete) {
    case ForeignKeyAction::Cascade:
      return "deleting";
    case ForeignKeyAction::SetNull:
    case ForeignKeyAction::SetDefault:
      return "clearing";
    default:
      return "looking for";
  }
}

bool is_missing(const Schema& end, const RuleSettings& settings, const ForeignKey& key) {
  const Table* table = end.table(key.table);
  if (table == nullptr || table->certainty != Certainty::Known || key.columns.empty()) return false;
  // A key that a later migration replaced is that one's business.
  const bool kept =
      std::any_of(table->constraints.begin(), table->constraints.end(), [&](const Constraint& constraint) {
        return constraint.definition.kind == ConstraintKind::ForeignKey &&
               constraint.definition.columns == key.columns;
      });
  return kept && !has_index(*table, key.columns) && !is_small(end, settings, key.table);
}

/// Judged when the whole history is known: the index may come in a later migration, built concurrently.
std::vector<OpenVerdict> check(const MigrationSubject& subject) {
  std::vector<OpenVerdict> verdicts;
  for (const Intention& intention : subject.intentions) {
    for (ForeignKey& key : foreign_keys_of(intention.operation)) {
      Verdict verdict;
      verdict.at = intention.sources.front();
      verdict.object =
          key.columns.size() == 1 ? object_of(key.table, key.columns.front()) : display(key.table);
      verdict.message = "No index begins with " + list_of(key.columns) + " of " + name_of(key.table) +
                        ": every DELETE of a row of " + name_of(key.target.table) +
                        ", and every change of its key, reads the whole table, " + what_scans(key.target) +
                        " the rows that point at it";
      verdict.help = "Create an index on " + list_of(key.columns) + ", CONCURRENTLY when the table has rows";
      verdicts.push_back(
          {std::move(verdict), [key = std::move(key), &settings = subject.settings](const Schema& end) {
             return is_missing(end, settings, key);
           }});
    }
  }
  return verdicts;
}

}  // namespace

extern const Rule foreign_key_without_index;
const Rule foreign_key_without_index{.id = "foreign-key-without-index",
                                     .summary = "A foreign key whose columns no index begins with",
                                     .severity = Severity::Info,
                                     .category = Category::Hygiene,
                                     .check_open = check};

}  // namespace planner::rules
