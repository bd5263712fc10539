#include "rules/about.h"

namespace planner::rules {
namespace {

std::vector<Verdict> check(const Subject& subject) {
  std::vector<std::string> names;
  std::visit(
      [&](const auto& op) {
        if constexpr (requires { op.to.str(); }) names.push_back(op.to.str());
        if constexpr (requires { op.constraint.name.str(); }) names.push_back(op.constraint.name.str());
        if constexpr (requires { op.column.name.str(); }) names.push_back(op.column.name.str());
        using Op = std::decay_t<decltype(op)>;
        if constexpr (std::is_same_v<Op, CreateIndex> || std::is_same_v<Op, CreateTrigger> ||
                      std::is_same_v<Op, CreatePolicy>) {
          names.push_back(op.name.str());
        }
        if constexpr (std::is_same_v<Op, CreateTable>) {
          names.push_back(op.table.name.str());
          for (const ColumnDefinition& column : op.columns) names.push_back(column.name.str());
          for (const ConstraintDefinition& constraint : op.constraints)
            names.push_back(constraint.name.str());
        }
      },
      subject.intention.operation);
  std::vector<Verdict> verdicts;
  for (const std::string& name : names) {
    if (name.size() <= kMaxNameBytes) continue;
    Verdict verdict;
    verdict.object = name;
    verdict.message = "PostgreSQL keeps only 63 bytes of a name: this one becomes \"" + truncated_name(name) +
                      "\", and a later statement that names it in another way misses it";
    verdict.help = "Give it a shorter name";
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

}  // namespace

extern const Rule name_too_long;
const Rule name_too_long{.id = "name-too-long",
                         .summary = "A name longer than PostgreSQL keeps",
                         .severity = Severity::Warning,
                         .category = Category::Hygiene,
                         .check = check};

}  // namespace planner::rules
