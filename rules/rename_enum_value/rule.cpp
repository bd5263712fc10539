#include "rules/about.h"

namespace planner::rules {
namespace {

std::optional<Verdict> check(const RenameEnumValue& op, const Subject& subject) {
  const EnumType* type = subject.before.enum_type(op.type);
  if (type != nullptr && type->is_new) return std::nullopt;
  Verdict verdict;
  verdict.object = display(op.type) + "." + op.from;
  verdict.message =
      "Renaming the value '" + op.from + "' of " + name_of(op.type) + " to '" + op.to +
      "' breaks the running release: it still writes the old value and does not know the new one";
  verdict.help =
      "Add the new value, let every release understand both, move the rows, and stop writing the old one";
  return verdict;
}

}  // namespace

extern const Rule rename_enum_value;
const Rule rename_enum_value{.id = "rename-enum-value",
                             .summary = "A renamed enum value breaks the release that is running",
                             .severity = Severity::Error,
                             .category = Category::BreaksRelease,

                             .check = on<check>};

}  // namespace planner::rules
