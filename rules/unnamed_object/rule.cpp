#include <type_traits>

#include "rules/about.h"

namespace planner::rules {
namespace {

std::vector<Verdict> check(const Subject& subject) {
  std::vector<Verdict> verdicts;
  const auto add = [&](const std::string& object, const std::string& what) {
    Verdict verdict;
    verdict.object = object;
    verdict.message = what +
                      " has no name: PostgreSQL makes one up, which may differ between databases, and the "
                      "migration that changes it later has to guess";
    verdict.help = "Name it";
    verdicts.push_back(std::move(verdict));
  };
  std::visit(
      [&](const auto& op) {
        using Op = std::decay_t<decltype(op)>;
        if constexpr (std::is_same_v<Op, AddForeignKey> || std::is_same_v<Op, AddCheck> ||
                      std::is_same_v<Op, AddUnique> || std::is_same_v<Op, AddExclusion>) {
          if (op.constraint.name.empty()) add(display(op.table), "The constraint on " + name_of(op.table));
        }
        if constexpr (std::is_same_v<Op, CreateIndex>) {
          if (op.name.empty()) add(display(op.table), "The index on " + name_of(op.table));
        }
      },
      subject.intention.operation);
  return verdicts;
}

}  // namespace

extern const Rule unnamed_object;
const Rule unnamed_object{.id = "unnamed-object",
                          .summary = "A constraint or index without a name",
                          .severity = Severity::Info,
                          .category = Category::Hygiene,
                          .opt_in = true,
                          .check = check};

}  // namespace planner::rules
