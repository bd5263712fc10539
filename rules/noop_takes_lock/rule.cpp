#include "rules/about.h"

namespace planner::rules {
namespace {

/// What the statement finds already done, or empty.
std::string already(const Operation& operation, const Schema& met) {
  if (const auto* add = std::get_if<AddColumn>(&operation)) {
    const Table* table = met.table(add->table);
    if (add->if_not_exists && table != nullptr && table->column(add->column.name) != nullptr)
      return "the column \"" + add->column.name.str() + "\" is there";
  } else if (const auto* drop = std::get_if<DropColumn>(&operation)) {
    const Table* table = met.table(drop->table);
    if (drop->if_exists && table != nullptr && table->certainty == Certainty::Known &&
        table->column(drop->column) == nullptr) {
      return "there is no column \"" + drop->column.str() + "\"";
    }
  } else if (const auto* constraint = std::get_if<DropConstraint>(&operation)) {
    const Table* table = met.table(constraint->table);
    if (constraint->if_exists && table != nullptr && table->certainty == Certainty::Known &&
        table->constraint(constraint->constraint) == nullptr) {
      return "there is no constraint \"" + constraint->constraint.str() + "\"";
    }
  } else if (const auto* required = std::get_if<SetNotNull>(&operation)) {
    const Table* table = met.table(required->table);
    const Column* column = table != nullptr ? table->column(required->column) : nullptr;
    if (column != nullptr && column->not_null) return "\"" + required->column.str() + "\" is NOT NULL";
  }
  return {};
}

std::vector<Verdict> check(const Subject& subject) {
  std::vector<Verdict> verdicts;
  const std::string what = already(subject.intention.operation, subject.before);
  const ObjectName* table = target_relation(subject.intention.operation);
  if (what.empty() || table == nullptr) return verdicts;
  // The other sub-commands of the statement take the lock anyway.
  if (subject.file.statements[subject.intention.sources.front().statement].operations.size() > 1)
    return verdicts;
  Verdict verdict;
  verdict.object = display(*table);
  verdict.message = "There is nothing to do (" + what + "), but the statement waits for every query on " +
                    name_of(*table) + " all the same, and holds up those behind it";
  verdict.help = "Remove it";
  if (auto fitted = about_table(subject, *table, Matters::Anyway, std::move(verdict)))
    verdicts.push_back(std::move(*fitted));
  return verdicts;
}

}  // namespace

extern const Rule noop_takes_lock;
const Rule noop_takes_lock{.id = "noop-takes-lock",
                           .summary = "A statement with nothing to do still takes its lock",
                           .severity = Severity::Info,
                           .category = Category::Blocks,
                           .check = check};

}  // namespace planner::rules
