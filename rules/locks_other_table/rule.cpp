#include <algorithm>

#include "rules/about.h"

namespace planner::rules {
namespace {

/// Partitions are named up to this many, then counted.
constexpr std::size_t kNamed = 3;

bool references_another(const AddColumn& add) {
  return std::any_of(
      add.column.constraints.begin(), add.column.constraints.end(),
      [](const ConstraintDefinition& constraint) { return constraint.kind == ConstraintKind::ForeignKey; });
}

/// Its name, cut to 63 bytes perhaps, is that of another constraint: an exception handler swallows the
/// refusal, and no key is made.
bool is_never_made(const AddForeignKey& foreign, const Schema& left) {
  const Table* table = left.table(foreign.table);
  const Constraint* held = table != nullptr ? table->constraint(foreign.constraint.name) : nullptr;
  return held != nullptr && held->definition.kind != ConstraintKind::ForeignKey;
}

bool points_at(const Table* table, const TableName& other) {
  return table == nullptr ||
         std::any_of(table->constraints.begin(), table->constraints.end(), [&](const Constraint& constraint) {
           return constraint.definition.kind == ConstraintKind::ForeignKey &&
                  constraint.definition.references.table == other;
         });
}

std::vector<Verdict> check(const MigrationSubject& subject) {
  std::vector<Verdict> verdicts;
  std::vector<ObjectName> reported;
  for (const Intention& intention : subject.intentions) {
    const std::size_t statement = intention.sources.front().statement;
    const Schema& met = *subject.before_statement[statement];
    const bool drops = std::holds_alternative<DropTable>(intention.operation) ||
                       std::holds_alternative<DropConstraint>(intention.operation) ||
                       std::holds_alternative<DropColumn>(intention.operation);
    const auto* create = std::get_if<CreateTable>(&intention.operation);
    const auto* foreign = std::get_if<AddForeignKey>(&intention.operation);
    const auto* column = std::get_if<AddColumn>(&intention.operation);
    const bool creates = (create != nullptr && !create->partition_of) ||
                         (foreign != nullptr && is_new(met, foreign->table) &&
                          !is_never_made(*foreign, *subject.before_statement[statement + 1])) ||
                         (column != nullptr && references_another(*column));
    const ObjectName* target = target_relation(intention.operation);
    const auto* drop_column = std::get_if<DropColumn>(&intention.operation);
    const auto* drop_constraint = std::get_if<DropConstraint>(&intention.operation);
    const TableName* parent = column != nullptr            ? &column->table
                              : drop_column != nullptr     ? &drop_column->table
                              : drop_constraint != nullptr ? &drop_constraint->table
                                                           : nullptr;
    const std::vector<TableName> children =
        parent != nullptr ? met.partitions_and_children(*parent) : std::vector<TableName>();
    const bool locks_children = std::any_of(children.begin(), children.end(), [&](const TableName& child) {
      return blocks_writes(subject.statement_effects[statement].lock_on(child));
    });
    if (locks_children) {
      Verdict verdict;
      verdict.at = intention.sources.front();
      verdict.object = display(*parent);
      verdict.severity = Severity::Info;
      verdict.message =
          (column != nullptr        ? "Adding a column to "
           : drop_column != nullptr ? "Dropping a column of "
                                    : "Dropping a constraint of ") +
          name_of(*parent) + " also locks " +
          (children.size() > kNamed ? count_of(children.size(), "table") + " below it" : list_of(children)) +
          ": nobody can read or write " + (children.size() == 1 ? "it" : "any of them") +
          " until the transaction ends";
      verdict.help = "Keep the transaction short, with a lock_timeout and retries";
      verdict.splittable = false;
      if (auto fitted = about_table(met, subject.settings, *parent, Matters::Anyway, Severity::Info,
                                    std::move(verdict))) {
        verdicts.push_back(std::move(*fitted));
      }
    }
    // A type that changes for nothing still has the foreign keys over the column made anew.
    const auto* change = std::get_if<ChangeType>(&intention.operation);
    const std::vector<TableName> family =
        change != nullptr ? family_of(met, change->table) : std::vector<TableName>();
    const bool retypes = change != nullptr && !rewrites_any(subject.statement_effects[statement], family) &&
                         subject.statement_effects[statement].failures.empty();
    if (!drops && !creates && !retypes) continue;
    for (const RelationLock& lock : felt_locks(subject.statement_effects[statement], met)) {
      if (target == nullptr || lock.relation == *target || lock.kind != LockedKind::Table) continue;
      if (std::find(family.begin(), family.end(), lock.relation) != family.end()) continue;
      if (lock.dropped) continue;  // another table of the same DROP TABLE
      const Table* dropped = drops ? met.table(*target) : nullptr;
      if (dropped != nullptr && dropped->partition_of == lock.relation) continue;  // see partition
      if (std::find(reported.begin(), reported.end(), lock.relation) != reported.end()) continue;
      if (std::find(children.begin(), children.end(), lock.relation) != children.end()) continue;
      reported.push_back(lock.relation);
      Verdict verdict;
      verdict.at = intention.sources.front();
      verdict.object = display(lock.relation);
      verdict.severity = drops ? Severity::Warning : Severity::Info;
      const std::string who = who_waits_on(lock.mode, lock.relation) + " until the transaction ends";
      if (drops && !points_at(dropped, lock.relation)) {
        verdict.message = "CASCADE also drops the foreign key of " + name_of(lock.relation) +
                          " that points here, so nothing keeps its values right any more: " + who +
                          ", and it waits for every query on the table first";
      } else if (drops) {
        verdict.message = "Dropping a foreign key also locks the table it points at: " + who +
                          ", and it waits for every query on the table first";
      } else if (retypes) {
        verdict.message =
            "The foreign key between the column and " + name_of(lock.relation) + " is made anew: " + who;
      } else {
        verdict.message = "A foreign key to " + name_of(lock.relation) + " is made: " + who;
      }
      verdict.help = drops ? "Keep the transaction short, with a lock_timeout and retries"
                           : "Keep the transaction short";
      verdict.splittable = drops;
      verdict.recipe = std::holds_alternative<DropTable>(intention.operation)    ? "drop-table"
                       : std::holds_alternative<DropColumn>(intention.operation) ? "drop-column"
                                                                                 : "drop-constraint";
      if (auto fitted = about_table(met, subject.settings, lock.relation, Matters::Anyway, Severity::Warning,
                                    std::move(verdict))) {
        verdicts.push_back(std::move(*fitted));
      }
    }
  }
  return verdicts;
}

}  // namespace

extern const Rule locks_other_table;
const Rule locks_other_table{.id = "locks-other-table",
                             .summary = "A lock on a table that the statement does not name",
                             .severity = Severity::Warning,
                             .category = Category::Blocks,
                             .check_migration = check};

}  // namespace planner::rules
