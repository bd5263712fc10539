#include "rules/about.h"

namespace planner::rules {
namespace {

std::string plain_name(const TypeName& type) { return type.name.name.str(); }

std::optional<Verdict> check(const AddForeignKey& op, const Subject& subject) {
  const Table* table = subject.before.table(op.table);
  const Table* target = subject.before.table(op.constraint.references.table);
  if (table == nullptr || target == nullptr) return std::nullopt;
  const std::vector<Identifier>& from = op.constraint.columns;
  const std::vector<Identifier>& to = op.constraint.references.columns;
  for (std::size_t i = 0; i < from.size() && i < to.size(); ++i) {
    const Column* a = table->column(from[i]);
    const Column* b = target->column(to[i]);
    if (a == nullptr || b == nullptr || a->type.name == b->type.name) continue;
    // Within one ALTER TABLE the type changes run before the constraints; a later statement may change it
    // too.
    const Table* left = subject.migration_end.table(op.table);
    const Column* then = left != nullptr ? left->column(from[i]) : nullptr;
    if (then != nullptr && then->type.name == b->type.name) continue;
    const auto textual = [](const TypeName& type) { return type.is("text") || type.is("varchar"); };
    if (textual(a->type) && textual(b->type)) continue;
    Verdict verdict;
    verdict.object = object_of(op.table, from[i]);
    verdict.message =
        column_of(op.table, from[i]) + " is " + display(a->type) + ", but " + column_of(target->name, to[i]) +
        " that it points at is " + display(b->type) +
        ": every check converts, and values that only one of them can hold cannot be referenced";
    verdict.help = "Give both columns the type " + plain_name(b->type);
    return verdict;
  }
  return std::nullopt;
}

}  // namespace

extern const Rule foreign_key_types;
const Rule foreign_key_types{.id = "foreign-key-types",
                             .summary = "A foreign key between columns of different types",
                             .severity = Severity::Warning,
                             .category = Category::Hygiene,
                             .check = on<check>};

}  // namespace planner::rules
