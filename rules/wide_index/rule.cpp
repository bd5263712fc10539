#include <cstddef>

#include "rules/about.h"

namespace planner::rules {
namespace {

constexpr std::size_t kWidest = 3;

std::optional<Verdict> check(const CreateIndex& op, const Subject&) {
  if (op.unique || op.elements.size() <= kWidest) return std::nullopt;
  Verdict verdict;
  verdict.object = display(op.table) + (op.name.empty() ? std::string() : "." + op.name.str());
  verdict.message = "An index over " + count_of(op.elements.size(), "column") + " of " + name_of(op.table) +
                    " is large, and only queries on its first columns use it";
  verdict.help = "Keep the columns that narrow the search down, at most three";
  return verdict;
}

}  // namespace

extern const Rule wide_index;
const Rule wide_index{.id = "wide-index",
                      .summary = "An index over more than three columns",
                      .severity = Severity::Info,
                      .category = Category::Hygiene,
                      .opt_in = true,
                      .check = on<check>};

}  // namespace planner::rules
