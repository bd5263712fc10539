#include <algorithm>

#include "rules/about.h"

namespace planner::rules {
namespace {

std::optional<Verdict> check(const CreateFunction& op, const Subject&) {
  if (!op.security_definer) return std::nullopt;
  const bool fixed = std::any_of(op.settings.begin(), op.settings.end(),
                                 [](const Option& setting) { return setting.name == "search_path"; });
  if (fixed) return std::nullopt;
  Verdict verdict;
  verdict.object = display(op.name);
  verdict.message = "The SECURITY DEFINER function " + name_of(op.name) +
                    " resolves names through its caller's search_path: a caller can put objects of its own "
                    "in front and have them run with the owner's rights";
  verdict.help = "Add SET search_path = ... to it";
  return verdict;
}

}  // namespace

extern const Rule function_search_path;
const Rule function_search_path{.id = "function-search-path",
                                .summary = "A SECURITY DEFINER function without a search_path of its own",
                                .severity = Severity::Warning,
                                .category = Category::Hygiene,
                                .opt_in = true,
                                .check = on<check>};

}  // namespace planner::rules
