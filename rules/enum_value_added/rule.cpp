#include <algorithm>

#include "rules/about.h"

namespace planner::rules {
namespace {

std::optional<Verdict> check(const AddEnumValue& op, const Subject& subject) {
  const EnumType* type = subject.before.enum_type(op.type);
  if (type == nullptr || type->is_new) return std::nullopt;
  if (std::find(type->labels.begin(), type->labels.end(), op.label) != type->labels.end())
    return std::nullopt;
  Verdict verdict;
  verdict.object = display(op.type) + "." + op.label;
  verdict.message = "Adding '" + op.label + "' to " + name_of(op.type) +
                    " locks no table, but the running release does not know the value: clients such as "
                    "Prisma's fail when they read a row with it";
  verdict.help = "Deploy a release that understands the value before anything writes it";
  return verdict;
}

}  // namespace

extern const Rule enum_value_added;
const Rule enum_value_added{.id = "enum-value-added",
                            .summary = "A new enum value that the running release does not know",
                            .severity = Severity::Info,
                            .category = Category::BreaksRelease,

                            .check = on<check>};

}  // namespace planner::rules
