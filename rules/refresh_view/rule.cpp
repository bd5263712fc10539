#include <algorithm>

#include "rules/about.h"

namespace planner::rules {
namespace {

std::optional<Verdict> check(const RefreshMaterializedView& op, const Subject& subject) {
  if (op.concurrently) return std::nullopt;
  const View* view = subject.migration_start.view(op.view);
  if (view == nullptr) return std::nullopt;  // made in this migration: nobody reads it yet
  Verdict verdict;
  verdict.object = display(op.view);
  verdict.message = "REFRESH MATERIALIZED VIEW runs the whole query of " + name_of(op.view) +
                    " while nobody can read the view";
  const bool has_unique = std::any_of(view->indexes.begin(), view->indexes.end(),
                                      [](const Index& index) { return index.unique && !index.predicate; });
  verdict.help = has_unique ? "REFRESH MATERIALIZED VIEW CONCURRENTLY"
                            : "Give it a unique index, then REFRESH MATERIALIZED VIEW CONCURRENTLY";
  return verdict;
}

}  // namespace

extern const Rule refresh_view;
const Rule refresh_view{.id = "refresh-view",
                        .summary = "REFRESH MATERIALIZED VIEW lets nobody read the view meanwhile",
                        .severity = Severity::Error,
                        .category = Category::Blocks,
                        .recipe = "refresh-view",

                        .check = on<check>};

}  // namespace planner::rules
