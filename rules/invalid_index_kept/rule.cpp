#include "rules/about.h"

namespace planner::rules {
namespace {

std::optional<Verdict> check(const CreateIndex& op, const Subject& subject) {
  if (!op.concurrently || !op.if_not_exists) return std::nullopt;
  if (is_new(subject.before, op.table)) return std::nullopt;
  Verdict verdict;
  verdict.object = display(op.table) + (op.name.empty() ? std::string() : "." + op.name.str());
  verdict.message = "When the build of " +
                    (op.name.empty() ? std::string("the index") : "\"" + op.name.str() + "\"") +
                    " is interrupted it leaves an invalid index, and the next try sees that one, skips the "
                    "build and reports success";
  verdict.help = "Leave IF NOT EXISTS out, and drop an invalid index before the next try";
  return verdict;
}

}  // namespace

extern const Rule invalid_index_kept;
const Rule invalid_index_kept{
    .id = "invalid-index-kept",
    .summary = "CREATE INDEX CONCURRENTLY IF NOT EXISTS takes an invalid index for a good one",
    .severity = Severity::Warning,
    .category = Category::Fails,
    .recipe = "create-index",

    .check = on<check>};

}  // namespace planner::rules
