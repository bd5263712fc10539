#include "rules/about.h"

namespace planner::rules {
namespace {

std::optional<Verdict> check(const AddColumn& op, const Subject& subject) {
  if (!op.column.type.is("json")) return std::nullopt;
  Verdict verdict;
  verdict.object = object_of(op.table, op.column.name);
  verdict.message = "json has no equality: every SELECT DISTINCT, UNION or GROUP BY of whole rows of " +
                    name_of(op.table) + " fails once " + column_of(op.table, op.column.name) + " is there";
  verdict.help = "Use jsonb";
  return about_table(subject, op.table, Matters::Anyway, std::move(verdict));
}

}  // namespace

extern const Rule json_column;
const Rule json_column{.id = "json-column",
                       .summary = "A json column breaks DISTINCT and UNION on the table",
                       .severity = Severity::Warning,
                       .category = Category::BreaksRelease,

                       .check = on<check>};

}  // namespace planner::rules
