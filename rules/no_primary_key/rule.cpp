#include "rules/about.h"

namespace planner::rules {
namespace {

std::optional<Verdict> check(const CreateTable& op, const Subject& subject) {
  if (op.persistence == Persistence::Temporary || op.partition_of || !op.inherits.empty() ||
      !op.foreign_server.empty())
    return std::nullopt;
  const Table* end = subject.migration_end.table(op.table);
  if (end == nullptr || !end->is_new || end->primary_key() != nullptr || end->columns.empty())
    return std::nullopt;
  Verdict verdict;
  verdict.object = display(op.table);
  verdict.message = name_of(op.table) +
                    " has no primary key: its rows cannot be told apart, logical replication cannot update "
                    "them, and a backfill has no cursor";
  verdict.help = "Give it a primary key";
  for (const Constraint& constraint : end->constraints) {
    if (constraint.definition.kind == ConstraintKind::Unique) {
      verdict.notes.push_back("\"" + constraint.definition.name.str() +
                              "\" is unique: with NOT NULL columns it can be the primary key");
      break;
    }
  }
  return verdict;
}

}  // namespace

extern const Rule no_primary_key;
const Rule no_primary_key{.id = "no-primary-key",
                          .summary = "A table without a primary key",
                          .severity = Severity::Warning,
                          .category = Category::Hygiene,
                          .opt_in = true,
                          .check = on<check>};

}  // namespace planner::rules
