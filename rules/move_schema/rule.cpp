#include "rules/about.h"

namespace planner::rules {
namespace {

std::optional<Verdict> check(const SetSchema& op, const Subject& subject) {
  const bool stands_in = subject.migration_end.view(op.name) != nullptr;
  bool known = false;
  switch (op.kind) {
    case ObjectKind::Table:
      known =
          subject.migration_start.table(op.name) != nullptr && !is_new(subject.before, op.name) && !stands_in;
      break;
    case ObjectKind::View:
    case ObjectKind::MaterializedView:
      known = subject.migration_start.view(op.name) != nullptr && !stands_in;
      break;
    case ObjectKind::Function:
      known = subject.migration_start.functions_named(op.name) != nullptr;
      break;
    case ObjectKind::Sequence:
      known = subject.migration_start.sequence(op.name) != nullptr;
      break;
    case ObjectKind::Type:
    case ObjectKind::Domain:
      known = subject.migration_start.enum_type(op.name) != nullptr ||
              subject.migration_start.domain(op.name) != nullptr;
      break;
    default:
      break;
  }
  if (!known) return std::nullopt;
  Verdict verdict;
  verdict.object = display(op.name);
  verdict.splittable =
      op.kind == ObjectKind::Table || op.kind == ObjectKind::View || op.kind == ObjectKind::MaterializedView;
  verdict.message = "Moving " + name_of(op.name) + " to the schema \"" + op.to.str() +
                    "\" breaks every running application that finds it under its old name";
  verdict.help = verdict.splittable ? "Leave a view under the old name until no release uses it"
                                    : "Put both schemas into the search path of every release first";
  return verdict;
}

}  // namespace

extern const Rule move_schema;
const Rule move_schema{.id = "move-schema",
                       .summary = "An object moved to another schema is gone for the running release",
                       .severity = Severity::Error,
                       .category = Category::BreaksRelease,
                       .recipe = "move-object",
                       .check = on<check>};

}  // namespace planner::rules
