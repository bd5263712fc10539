#include <algorithm>

#include "rules/about.h"

namespace planner::rules {
namespace {

std::optional<Verdict> check(const Grant& op, const Subject&) {
  if (op.revoke || op.role_membership) return std::nullopt;
  const bool everyone = std::any_of(op.grantees.begin(), op.grantees.end(),
                                    [](const std::string& who) { return who == "public"; });
  if (!everyone) return std::nullopt;
  Verdict verdict;
  verdict.object = op.objects.empty() ? std::string() : display(op.objects.front());
  verdict.message = "Every role that can connect, those of the future too, gets these rights" +
                    (op.objects.empty() ? std::string() : " on " + list_of(op.objects));
  verdict.help = "Grant to the roles that need it";
  return verdict;
}

}  // namespace

extern const Rule granted_to_all;
const Rule granted_to_all{.id = "granted-to-all",
                          .summary = "Rights for every role there is and will be",
                          .severity = Severity::Info,
                          .category = Category::Hygiene,
                          .opt_in = true,
                          .check = on<check>};

}  // namespace planner::rules
