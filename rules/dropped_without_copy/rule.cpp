#include <algorithm>
#include <cstddef>

#include "rules/about.h"

namespace planner::rules {
namespace {

/// Does any statement in front of it read the table, to keep what it holds somewhere else?
bool is_read(const MigrationSubject& subject, std::size_t before, const ObjectName& table,
             const Identifier& column) {
  const auto reads = [&](const Expression& query) {
    if (!query) return false;
    const ExpressionFacts& facts = query.facts();
    const bool names_table =
        std::any_of(facts.relations.begin(), facts.relations.end(),
                    [&](const ObjectName& relation) { return relation.name == table.name; });
    return names_table && (column.empty() || facts.whole_row || query.mentions(column));
  };
  for (const Intention& intention : subject.intentions) {
    if (intention.sources.front().statement >= before) break;
    if (const auto* as = std::get_if<CreateTableAs>(&intention.operation); as != nullptr && reads(as->query))
      return true;
    if (const auto* insert = std::get_if<Insert>(&intention.operation)) {
      if (insert->from_query && std::find(insert->source_tables.begin(), insert->source_tables.end(),
                                          table) != insert->source_tables.end())
        return true;
    }
    if (const auto* update = std::get_if<Update>(&intention.operation)) {
      if (reads(update->statement)) return true;
      if (update->table == table && !column.empty() && update->statement.mentions(column) &&
          std::find(update->columns.begin(), update->columns.end(), column) == update->columns.end())
        return true;
    }
  }
  return false;
}

std::vector<Verdict> check(const MigrationSubject& subject) {
  std::vector<Verdict> verdicts;
  for (const Intention& intention : subject.intentions) {
    TableName table;
    Identifier column;
    if (const auto* drop = std::get_if<DropColumn>(&intention.operation)) {
      table = drop->table;
      column = drop->column;
      if (is_new_column(*subject.before_statement[intention.sources.front().statement], table, column))
        continue;
    } else if (const auto* gone = std::get_if<DropTable>(&intention.operation)) {
      table = gone->table;
    } else {
      continue;
    }
    const Table* known = subject.start.table(table);
    if (known == nullptr || (!column.empty() && known->column(column) == nullptr)) continue;
    const std::size_t statement = intention.sources.front().statement;
    if (is_read(subject, statement, known->name, column)) continue;
    Verdict verdict;
    verdict.at = intention.sources.front();
    verdict.object = column.empty() ? display(table) : object_of(table, column);
    verdict.message =
        "Nothing in this migration copies " +
        (column.empty() ? "the rows of " + name_of(table) : "the values of " + column_of(table, column)) +
        " before they are gone for good";
    verdict.help = "Copy them first (CREATE TABLE ... AS SELECT), or make sure that a backup holds them";
    if (auto fitted = about_table(subject.start, subject.settings, table, Matters::Anyway, Severity::Warning,
                                  std::move(verdict)))
      verdicts.push_back(std::move(*fitted));
  }
  return verdicts;
}

}  // namespace

extern const Rule dropped_without_copy;
const Rule dropped_without_copy{.id = "dropped-without-copy",
                                .summary = "Data is dropped and nothing keeps a copy",
                                .severity = Severity::Warning,
                                .category = Category::LosesData,
                                .opt_in = true,
                                .check_migration = check};

}  // namespace planner::rules
